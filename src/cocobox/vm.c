// SPDX-License-Identifier: GPL-2.0-only
/* The machine on the KVM API (Documentation/virt/kvm/api.rst).  The shared bit is an address bit as
 * any other to it: guest memory has one slot at its address and another, of the same pages, at its
 * address with that bit.
 */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "boot.h"
#include "box.h"
#include "cpuid.h"
#include "err.h"
#include "util.h"
#include "vcpu.h"

#define TSS_ADDR	0xfffbd000ULL	/* three pages that Intel's real mode wants, in the hole */
#define HYPERV_MSRS	0x200
#define WIDTH_MIN	38	/* the shared bit lies above CW_MMIO_HIGH and its window */
#define GHCB_MSRS	8
#define READ_WRITE	(KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)

struct cap {
	int cap;
	const char *name;
};

/* What cocobox cannot do without. */
static const struct cap caps[] = {
	{ KVM_CAP_USER_MEMORY, "user memory slots" },
	{ KVM_CAP_IRQCHIP, "an in-kernel interrupt controller" },
	{ KVM_CAP_PIT2, "an in-kernel timer" },
	{ KVM_CAP_IMMEDIATE_EXIT, "immediate exits" },
	{ KVM_CAP_SYNC_REGS, "synchronised registers" },
	{ KVM_CAP_X86_USER_SPACE_MSR, "MSR exits (KVM_CAP_X86_USER_SPACE_MSR)" },
	{ KVM_CAP_X86_MSR_FILTER, "an MSR filter (KVM_CAP_X86_MSR_FILTER)" },
	{ KVM_CAP_SIGNAL_MSI, "message signalled interrupts" },
	{ KVM_CAP_GET_TSC_KHZ, "a known TSC frequency" },
	{ KVM_CAP_COALESCED_PIO, "coalesced port writes" },
};

static int check_caps(int kvm)
{
	size_t i;

	for (i = 0; i < CW_NR(caps); i++)
		if (ioctl(kvm, KVM_CHECK_EXTENSION, caps[i].cap) <= 0)
			return cw_say(-ENOTSUP, "this host's KVM lacks %s", caps[i].name);
	if (!(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_XEN_HVM) &
	      KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL))
		return cw_say(-ENOTSUP, "this host's KVM lacks Xen hypercall exits, by which VMGEXIT is seen "
			      "(its kernel needs CONFIG_KVM_XEN)");
	return 0;
}

static struct kvm_cpuid2 *cpuid_alloc(void)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + CW_CPUID_MAX * sizeof(c->entries[0]));

	if (c)
		c->nent = CW_CPUID_MAX;
	return c;
}

static int check_cpu(struct cw_vm *vm, unsigned int *shared_bit)
{
	unsigned int width;
	char vendor[13];

	vm->host_cpuid = cpuid_alloc();
	if (!vm->host_cpuid)
		return cw_err(-ENOMEM, "cannot make a machine");
	if (ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, vm->host_cpuid))
		return cw_err(-errno, "cannot ask KVM for its CPU features");
	cw_cpuid_vendor(vm->host_cpuid, vendor);
	if (strcmp(vendor, "AuthenticAMD") && strcmp(vendor, "HygonGenuine"))
		return cw_say(-ENOTSUP, "this CPU is a %s: an SNP guest calls its host by VMMCALL, which is an invalid "
			      "instruction here, and KVM would answer it by patching kernel text that is read-only",
			      vendor);
	width = cw_cpuid_width(vm->host_cpuid);
	if (width < WIDTH_MIN)
		return cw_say(-ENOTSUP, "this host has %u bits of guest physical address, too few for a shared bit",
			      width);
	*shared_bit = width - 1;
	return 0;
}

static int open_kvm(struct cw_box *box, unsigned int *shared_bit)
{
	struct cw_vm *vm = calloc(1, sizeof(*vm));
	int err;

	if (!vm)
		return cw_err(-ENOMEM, "cannot make a machine");
	box->vm = vm;
	pthread_mutex_init(&vm->life, NULL);
	vm->fd = -1;
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return cw_err(-errno, "cannot open /dev/kvm");
	if (ioctl(vm->kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return cw_say(-ENOTSUP, "/dev/kvm speaks another version of the KVM API");
	err = check_caps(vm->kvm);
	return err ? err : check_cpu(vm, shared_bit);
}

int cw_vm_open(struct cw_box *box, unsigned int *shared_bit)
{
	int err = open_kvm(box, shared_bit);

	box->kvm_failed = err;
	return err;
}

/* ---- making it ---- */

static int set_slot(const struct cw_vm *vm, __u32 slot, __u64 gpa, __u64 bytes, const void *at)
{
	struct kvm_userspace_memory_region r = { .slot = slot,
						.guest_phys_addr = gpa,
						.memory_size = bytes,
						.userspace_addr = (__u64)(uintptr_t)at };

	return bytes && ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r) ? -errno : 0;
}

static int set_memory(struct cw_box *box)
{
	const struct cw_mem *m = &box->mem;
	unsigned int alias;
	int err = 0;

	for (alias = 0; alias < CW_ALIAS_NR && !err; alias++) {
		__u64 bit = alias == CW_ALIAS_SHARED ? 1ULL << m->shared_bit : 0;

		err = set_slot(box->vm, alias * 2, bit, m->low_size, m->alias[alias]);
		if (!err)
			err = set_slot(box->vm, alias * 2 + 1, CW_HOLE_END | bit,
				       m->size - m->low_size, m->alias[alias] + m->low_size);
	}
	return err;
}

/* Hyper-V's MSRs and the GHCB's come to us, whatever KVM knows of them. */
static int set_msr_filter(const struct cw_vm *vm)
{
	static __u8 none[HYPERV_MSRS / 8];	/* no bit set: nothing in these ranges is KVM's */
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR,
				     .args = {KVM_MSR_EXIT_REASON_FILTER}};
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges = {
			{ READ_WRITE, HYPERV_MSRS, 0x40000000, none },
			{ READ_WRITE, GHCB_MSRS, CW_MSR_GHCB, none },
		},
	};

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap) || ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &filter))
		return -errno;
	return 0;
}

static int set_devices(const struct cw_vm *vm)
{
	/* KVM wants an MSR with it; this one is behind the filter, so that no guest reaches KVM by
	 * it */
	struct kvm_xen_hvm_config xen = { .flags = KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL,
					  .msr = 0x40000000 + HYPERV_MSRS - 1 };
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_coalesced_mmio_zone com1 = { .addr = 0x3f8, .size = 1, .pio = 1 };
	struct kvm_coalesced_mmio_zone com2 = { .addr = 0x2f8, .size = 1, .pio = 1 };

	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDR) || ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) ||
	    ioctl(vm->fd, KVM_CREATE_PIT2, &pit) || ioctl(vm->fd, KVM_XEN_HVM_CONFIG, &xen) ||
	    ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &com1) ||
	    ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &com2))
		return -errno;
	return 0;
}

int cw_vm_create(struct cw_box *box, __u64 entry)
{
	struct cw_vm *vm = box->vm;
	unsigned int i;
	int err;

	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	err = vm->fd < 0 ? -errno : 0;
	if (!err)
		err = set_msr_filter(vm);
	if (!err)
		err = set_devices(vm);
	if (!err)
		err = set_memory(box);
	for (i = 0; i < box->config->nr_cpus && !err; i++)
		err = cw_vcpu_init(box, i, entry);
	return err ? cw_err(err, "KVM refuses this machine") : 0;
}

void cw_vm_stop(struct cw_box *box)
{
	unsigned int i;

	for (i = 0; box->vm && i < CW_CPUS_MAX; i++)
		cw_vcpu_stop(&box->vm->vcpu[i]);
}

void cw_vm_free(struct cw_box *box)
{
	struct cw_vm *vm = box->vm;
	unsigned int i;

	if (!vm)
		return;
	for (i = 0; i < CW_CPUS_MAX; i++)
		cw_vcpu_exit(&vm->vcpu[i]);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm >= 0)
		close(vm->kvm);
	free(vm->host_cpuid);
	pthread_mutex_destroy(&vm->life);
	free(vm);
	box->vm = NULL;
}

/* ---- interrupts ---- */

int cw_vm_msi(struct cw_box *box, __u64 address, __u32 data)
{
	struct kvm_msi msi = {
		.address_lo = (__u32)address, .address_hi = (__u32)(address >> 32), .data = data};

	return ioctl(box->vm->fd, KVM_SIGNAL_MSI, &msi) < 0 ? -errno : 0;
}

int cw_vm_interrupt(struct cw_box *box, unsigned int apic_id, __u8 vector)
{
	return cw_vm_msi(box, 0xfee00000 | apic_id << 12, vector);
}

void cw_vm_irq_line(struct cw_box *box, unsigned int irq, unsigned int source, bool level)
{
	__u8 before = box->vm->line[irq],
	     after = level ? before | 1 << source : before & ~(1 << source);
	struct kvm_irq_level line = { .irq = irq, .level = after != 0 };

	box->vm->line[irq] = after;
	if (!before == !after)
		return;
	ioctl(box->vm->fd, KVM_IRQ_LINE, &line);
}

__u64 cw_vm_tsc_hz(const struct cw_box *box)
{
	int khz = ioctl(box->vm->vcpu[0].fd, KVM_GET_TSC_KHZ, 0);

	return khz > 0 ? khz * 1000ULL : 0;
}
