// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hooks inside pci-hyperv: whether an access to config space went by hypercall (R2).  The
 * hypercalls of an access are counted from its entry to its exit.
 */
#include <linux/ptrace.h>

#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_KERNEL

#include "engine.bpf.h"
#include "kern_vmbus.h"
#include <cocowatch/engine_ring.h>

const volatile __u64 cfg_sym_ms_hyperv;	/* what the kernel read of CPUID, 0: not known */

#define USE_MMIO_HYPERCALLS (1U << 21)	/* TLFS, CPUID 0x40000004 EAX */

/* An access under way.  Its hypercalls are made with interrupts off, by the same task. */
struct config_open {
	__u64 dev;
	__u64 gpa;
	__u32 where;
	__u32 size;
	__u32 calls;
	__u32 write;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct config_open);
} config_opens SEC(".maps");

struct config_scratch {
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_config ev;
	} sent;
};

/* One for reads, one for writes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct config_scratch);
} config_scratches SEC(".maps");

static __always_inline __u64 config_arg(void *ctx, __u32 nr)
{
	__u64 value = 0;

	bpf_get_func_arg(ctx, nr, &value);
	return value;
}

static __always_inline int config_in(__u64 dev, __u32 where, __u32 size, __u32 write)
{
	struct config_open open = { .dev = dev, .where = where, .size = size, .write = write };
	__u64 task = bpf_get_current_pid_tgid();

	/* an older entry is that of an access whose exit was missed, or one that this interrupts:
	 * whoever finds another's entry at its exit has no evidence
	 */
	if (bpf_map_update_elem(&config_opens, &task, &open, BPF_ANY))
		loss_add_alone(CW_EV_CONFIG, CW_LOSS_TABLE);
	return 0;
}

static __always_inline int config_call(__u64 gpa)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct config_open *open = bpf_map_lookup_elem(&config_opens, &task);

	if (!open)
		return 0;
	open->gpa = gpa;
	open->calls++;
	return 0;
}

static __always_inline __u8 config_asked(void)
{
	struct ms_hyperv_info___cw *info = (void *)cfg_sym_ms_hyperv;
	__u32 hints;

	if (!info || bpf_core_read(&hints, sizeof(hints), &info->hints))
		return CW_ASKED_UNKNOWN;
	return hints & USE_MMIO_HYPERCALLS ? CW_ASKED_YES : CW_ASKED_NO;
}

static __always_inline void config_driver(struct cw_ev_config *ev, __u64 dev)
{
	struct hv_pci_dev___cw *d = (void *)dev;
	struct hv_pcibus_device___cw *hbus = NULL;

	bpf_core_read(&ev->slot, sizeof(ev->slot), &d->desc.win_slot.slot);
	if (!bpf_core_field_exists(hbus->use_calls))
		return;
	bpf_core_read(&hbus, sizeof(hbus), &d->hbus);
	bpf_core_read(&ev->by_calls, 1, &hbus->use_calls);
}

static __always_inline void config_judge(void *ctx, struct config_scratch *s, __u64 dev)
{
	struct cw_ev_config *ev = &s->sent.ev;

	ev->space = CW_SPACE;
	ev->asked = config_asked();
	config_driver(ev, dev);
	__builtin_memset(&s->out, 0, sizeof(s->out));
	cw_step_config(ev, &s->out);
	out_count(&s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	hdr_fill(&ev->hdr, CW_EV_CONFIG, sizeof(*ev));
	rec_send(CW_EV_CONFIG, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_CONFIG, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

static __always_inline void config_take(struct cw_ev_config *ev, const struct config_open *open)
{
	__u64 task = bpf_get_current_pid_tgid();

	ev->calls = open->calls;
	ev->gpa = open->gpa;
	bpf_map_delete_elem(&config_opens, &task);
}

static __always_inline int config_out(__u64 *ctx, __u32 write)
{
	struct config_scratch *s = work_get(&config_scratches, &write);
	__u64 task = bpf_get_current_pid_tgid(), dev = config_arg(ctx, 0);
	struct config_open *open = bpf_map_lookup_elem(&config_opens, &task);
	struct cw_ev_config *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->where = config_arg(ctx, 1);
	ev->size = config_arg(ctx, 2);
	ev->write = write;
	ev->calls = CW_NO_INDEX;
	if (open && open->dev == dev && open->where == ev->where && open->size == ev->size &&
	    open->write == write)
		config_take(ev, open);
	config_judge(ctx, s, dev);
	return 0;
}

/* A return probe knows no arguments: what the task began last is what ends. */
static __always_inline int config_out_k(void *ctx, __u32 write)
{
	struct config_scratch *s = work_get(&config_scratches, &write);
	__u64 task = bpf_get_current_pid_tgid(), dev;
	struct config_open *open = bpf_map_lookup_elem(&config_opens, &task);
	struct cw_ev_config *ev;

	if (!s || !open || open->write != write)
		return 0;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	dev = open->dev;
	ev->where = open->where;
	ev->size = open->size;
	ev->write = write;
	config_take(ev, open);
	config_judge(ctx, s, dev);
	return 0;
}

/* void _hv_pcifront_read_config(struct hv_pci_dev *, int where, int size, u32 *val) */
SEC("fentry/_hv_pcifront_read_config")
int on_config_read_in(__u64 *ctx)
{
	return config_in(config_arg(ctx, 0), config_arg(ctx, 1), config_arg(ctx, 2), 0);
}

SEC("fexit/_hv_pcifront_read_config")
int on_config_read_out(__u64 *ctx)
{
	return config_out(ctx, 0);
}

SEC("kprobe/_hv_pcifront_read_config")
int on_config_read_in_k(struct pt_regs *ctx)
{
	return config_in(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), 0);
}

SEC("kretprobe/_hv_pcifront_read_config")
int on_config_read_out_k(struct pt_regs *ctx)
{
	return config_out_k(ctx, 0);
}

/* void _hv_pcifront_write_config(struct hv_pci_dev *, int where, int size, u32 val) */
SEC("fentry/_hv_pcifront_write_config")
int on_config_write_in(__u64 *ctx)
{
	return config_in(config_arg(ctx, 0), config_arg(ctx, 1), config_arg(ctx, 2), 1);
}

SEC("fexit/_hv_pcifront_write_config")
int on_config_write_out(__u64 *ctx)
{
	return config_out(ctx, 1);
}

SEC("kprobe/_hv_pcifront_write_config")
int on_config_write_in_k(struct pt_regs *ctx)
{
	return config_in(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), 1);
}

SEC("kretprobe/_hv_pcifront_write_config")
int on_config_write_out_k(struct pt_regs *ctx)
{
	return config_out_k(ctx, 1);
}

/* void hv_pci_read_mmio(struct device *, phys_addr_t gpa, int size, u32 *val); 6.4 and later */
SEC("fentry/hv_pci_read_mmio")
int on_mmio_read(__u64 *ctx)
{
	return config_call(config_arg(ctx, 1));
}

SEC("kprobe/hv_pci_read_mmio")
int on_mmio_read_k(struct pt_regs *ctx)
{
	return config_call(PT_REGS_PARM2(ctx));
}

/* void hv_pci_write_mmio(struct device *, phys_addr_t gpa, int size, u32 val) */
SEC("fentry/hv_pci_write_mmio")
int on_mmio_write(__u64 *ctx)
{
	return config_call(config_arg(ctx, 1));
}

SEC("kprobe/hv_pci_write_mmio")
int on_mmio_write_k(struct pt_regs *ctx)
{
	return config_call(PT_REGS_PARM2(ctx));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
