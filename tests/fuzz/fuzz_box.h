/* SPDX-License-Identifier: GPL-2.0-only */
/* A box without KVM, threads or clocks, made anew for each input: memory, referee, SynIC, bus and
 * devices are the real ones.  Memory that the code under test must not touch is poisoned, so that
 * ASan reports an access to it.
 */
#ifndef CW_FUZZ_BOX_H
#define CW_FUZZ_BOX_H

#include "fuzz.h"

#include <unistd.h>
#include <sanitizer/asan_interface.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "boot.h"
#include "dev.h"
#include "err.h"
#include "hyperv.h"
#include "referee_impl.h"
#include "synic.h"
#include "vm.h"
#include "vmbus_impl.h"

#define GUEST_BYTES	(2ULL << 20)
#define NR_GFNS		(GUEST_BYTES >> CW_PAGE_SHIFT)
#define SHARED_BIT	39
#define VISIBLE_GFN	0x10		/* from here on the guest has shared its frames, */
#define PRIVATE_GFN	0xa0		/* up to here */
#define NR_VPS		2
#define DISK_BYTES	(64 * 1024)
#define ROUNDS_MAX	4		/* of the loop, for each thing that the guest does */

static struct cw_config config = { .nr_cpus = NR_VPS, .subchannels = 2 };
static struct cw_host host = { .name = "honest" };
static struct cw_hyperv hyperv;
static struct cw_box box;
static struct cw_watch *timers[4], *event_watch;
static unsigned int nr_timers;
static __u64 now_ns;

/* ---- what stands around the parts under test ---- */

int cw_vm_interrupt(struct cw_box *b, unsigned int apic_id, __u8 vector)
{
	(void)b;
	(void)vector;
	CHECK(apic_id < NR_VPS);
	return 0;
}

int cw_vm_msi(struct cw_box *b, __u64 address, __u32 data)
{
	(void)b;
	(void)address;
	(void)data;
	return 0;
}

__u64 cw_vm_tsc_hz(const struct cw_box *b)
{
	(void)b;
	return 2000000000;
}

void cw_box_end(struct cw_box *b, int status)
{
	b->status = b->ended ? b->status : status;
	b->ended = true;
}

void cw_box_panicked(struct cw_box *b)
{
	b->panicked = true;
}

__u64 cw_now_ns(void)
{
	return now_ns;
}

int cw_loop_add(struct cw_box *b, struct cw_watch *watch, __u32 events)
{
	(void)b;
	(void)events;
	event_watch = watch;
	return 0;
}

int cw_loop_add_timer(struct cw_box *b, struct cw_watch *watch, __u64 period_ns)
{
	(void)b;
	CHECK(period_ns && nr_timers < NR(timers));
	watch->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	timers[nr_timers++] = watch;
	return watch->fd < 0 ? -1 : 0;
}

void cw_loop_remove(struct cw_box *b, struct cw_watch *watch)
{
	(void)b;
	(void)watch;
}

/* The alias watch needs a guest that runs. */
void cw_alias_init(struct cw_referee *r)
{
	r->watch.on = false;
}

void cw_alias_exit(struct cw_referee *r)
{
	(void)r;
}

static bool guarded;	/* see memory_guard() */

/* Where VMBus is at the paravisor, that writes the vCPUs' message and event pages, which may be
 * private, whoever posts or signals.  MSRs: TLFS, HV_X64_MSR_SIEFP and HV_X64_MSR_SIMP.
 */
static void paravisor_pages_allow(void)
{
	__u64 msr, value, gpa;
	unsigned int vp;

	for (vp = 0; config.confidential && vp < NR_VPS; vp++) {
		for (msr = 0x40000082; msr <= 0x40000083; msr++) {
			CHECK(cw_synic_msr(&box, vp, CW_SIDE_PARAVISOR, (__u32)msr, false, &value));
			gpa = cw_mem_gpa(&box.mem, value & ~0xfffULL);
			if ((value & 1) && gpa < GUEST_BYTES)
				ASAN_UNPOISON_MEMORY_REGION(box.mem.host + gpa, CW_PAGE_SIZE);
		}
	}
}

void cw_alias_drop(struct cw_referee *r, int alias, __u64 offset, __u64 len)
{
	(void)r;
	CHECK(alias >= 0 && alias < CW_ALIAS_NR && len && offset + len <= GUEST_BYTES);
	if (!guarded || alias != CW_ALIAS_SHARED)
		return;
	ASAN_POISON_MEMORY_REGION(box.mem.host + offset, len);
	paravisor_pages_allow();
}

void cw_alias_fill(struct cw_referee *r, int alias, __u64 offset, __u64 len)
{
	(void)r;
	CHECK(alias >= 0 && alias < CW_ALIAS_NR && len && offset + len <= GUEST_BYTES);
	if (guarded && alias == CW_ALIAS_SHARED)
		ASAN_UNPOISON_MEMORY_REGION(box.mem.host + offset, len);
}

int cw_err(int err, const char *format, ...)
{
	(void)format;
	return err;
}

int cw_say(int ret, const char *format, ...)
{
	(void)format;
	return ret;
}

/* ---- memory ---- */

/* From now on only what the guest shares, and the paravisor's, may be touched, or all of it. */
static void memory_guard(bool on)
{
	const __u8 *mem = box.mem.host;

	guarded = on;
	ASAN_UNPOISON_MEMORY_REGION(mem, GUEST_BYTES);
	for (__u64 gfn = 0; on && gfn < NR_GFNS; gfn++)
		if (!cw_mem_is_visible(&box.mem, gfn))
			ASAN_POISON_MEMORY_REGION(mem + (gfn << CW_PAGE_SHIFT), CW_PAGE_SIZE);
	if (on)
		paravisor_pages_allow();
}

/* The guest writes where it likes, poisoned or not: so ASan must not see it. */
static void guest_write(__u64 gpa, const void *from, __u64 len)
{
	__u8 *to = box.mem.host + gpa % GUEST_BYTES;

	if (len > GUEST_BYTES - gpa % GUEST_BYTES)
		len = GUEST_BYTES - gpa % GUEST_BYTES;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
}

static __u32 guest_read32(__u64 gpa)
{
	const __u8 *from = box.mem.host + gpa % GUEST_BYTES / 4 * 4;
	__u32 v;

	__asm__ volatile("movl %1, %0" : "=r"(v) : "m"(*from));
	return v;
}

static void memory_reset(void)
{
	if (!box.mem.host) {
		CHECK(!cw_mem_init(&box.mem, GUEST_BYTES, SHARED_BIT));
		/* the mappings lie side by side: what runs out of one is seen in the other */
		for (int i = 0; i < CW_ALIAS_NR; i++)
			ASAN_POISON_MEMORY_REGION(box.mem.alias[i], GUEST_BYTES);
	}
	memory_guard(false);
	memset(box.mem.host, 0, GUEST_BYTES);
	memset(box.mem.visible, 0, NR_GFNS / 8);
}

/* ---- devices ---- */

static struct cw_dev_ops private_net;	/* what a confidential channel lets a device do */

static const char *disk_path(void)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz-disk", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	CHECK(!ftruncate(fd, 0) && !ftruncate(fd, DISK_BYTES));
	return path;
}

/* Relids from 1 on, in this order. */
enum { RELID_HEARTBEAT = 1, RELID_TIMESYNC, RELID_SHUTDOWN, RELID_SCSI, RELID_NET, RELID_PCI,
       RELID_NEXT, RELID_MAX = 12 };

static void devices_add(void)
{
	const struct cw_dev_ops *ops[] = { &cw_dev_heartbeat, &cw_dev_timesync, &cw_dev_shutdown,
					   &cw_dev_scsi, &cw_dev_net, &cw_dev_pci };

	private_net = cw_dev_net;
	private_net.chn_flags = CW_OFFER_PRIVATE_RING | CW_OFFER_PRIVATE_MEMORY;
	if (config.confidential)
		ops[RELID_NET - 1] = &private_net;
	for (size_t i = 0; i < NR(ops); i++)
		CHECK(!cw_vmbus_add(&box, ops[i],
				    ops[i] == &cw_dev_scsi ? (void *)disk_path() : NULL));
}

/* ---- the box ---- */

static void box_make(bool confidential)
{
	static const struct cw_hyperv fresh;

	config.confidential = confidential;
	memory_reset();
	hyperv = fresh;
	nr_timers = 0;
	now_ns = 1;
	box = (struct cw_box){
		.config = &config,
		.host = &host,
		.hyperv = &hyperv,
		.mem = box.mem,
	};
	CHECK(!cw_referee_init(&box));
	CHECK(!cw_synic_init(&box));
	CHECK(!cw_vmbus_init(&box));
	devices_add();
	CHECK(!cw_referee_supply(&box, cw_boot_supplied(&box, 0) >> CW_PAGE_SHIFT,
				 CW_SUPPLIED_BYTES >> CW_PAGE_SHIFT));
}

static void box_free(void)
{
	__u64 visible = 0;

	for (__u64 gfn = 0; gfn < NR_GFNS; gfn++)
		visible += cw_mem_is_visible(&box.mem, gfn);
	CHECK(visible == box.referee->nr_visible);
	cw_vmbus_exit(&box);
	cw_synic_exit(&box);
	cw_referee_exit(&box);
	memory_guard(false);
}

static bool is_due(void)
{
	for (__u32 relid = 1; relid <= CW_VMBUS_RELIDS_MAX; relid++)
		if (box.vmbus->channel[relid] && box.vmbus->channel[relid]->due)
			return true;
	return false;
}

/* The loop, as long as a channel wants it. */
static void serve(void)
{
	for (int i = 0; i < ROUNDS_MAX && is_due(); i++)
		event_watch->ready(event_watch, 1);
}

/* The referee's timer looks through memory, which costs more than all the rest. */
static void tick(__u64 passed_ns, bool with_referee)
{
	__u64 one = 1;

	now_ns += passed_ns;
	for (unsigned int i = with_referee ? 0 : 1; i < nr_timers; i++) {
		CHECK(write(timers[i]->fd, &one, sizeof(one)) == sizeof(one));
		timers[i]->ready(timers[i], 1);
	}
	serve();
}

static bool host_msr(unsigned int vp, __u32 msr, bool write, __u64 value)
{
	return cw_hyperv_msr(&box, vp, config.confidential ? CW_SIDE_PARAVISOR : CW_SIDE_HOST, msr,
			     write, &value);
}

static __u64 message_page(unsigned int vp)
{
	return config.confidential ? (VISIBLE_GFN + 2 * vp) << CW_PAGE_SHIFT :
				     cw_boot_supplied(&box, vp) + CW_PAGE_SIZE;
}

static void synic_enable(void)
{
	for (unsigned int vp = 0; vp < NR_VPS; vp++) {
		if (config.confidential) {
			host_msr(vp, 0x40000083, true, message_page(vp) | 1);
			host_msr(vp, 0x40000082, true, (message_page(vp) + CW_PAGE_SIZE) | 1);
		} else {
			/* the paravisor gave the pages; the guest turns them on */
			host_msr(vp, 0x40000083, true, message_page(vp) | 1ULL << SHARED_BIT | 1);
			host_msr(vp, 0x40000082, true,
				 (message_page(vp) + CW_PAGE_SIZE) | 1ULL << SHARED_BIT | 1);
		}
		host_msr(vp, 0x40000090 + CW_VMBUS_SINT, true, 0x50);
		host_msr(vp, 0x40000080, true, 1);
	}
}

/* Takes the messages that came, unseen. */
static void messages_take(void)
{
	const __u32 none = 0;
	__u64 slot;

	for (unsigned int vp = 0; vp < NR_VPS; vp++) {
		slot = message_page(vp) + CW_VMBUS_SINT * 256;
		for (int i = 0; i < 64 && guest_read32(slot); i++) {
			guest_write(slot, &none, sizeof(none));
			host_msr(vp, 0x40000084, true, 0);
		}
	}
}

#endif
