// SPDX-License-Identifier: GPL-2.0-only
/* One vCPU: its first state, its loop, what each exit means. */
#include "vcpu.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "boot.h"
#include "cpuid.h"
#include "err.h"
#include "hyperv.h"
#include "ports.h"
#include "referee.h"
#include "vm.h"

#define KICK_SIGNAL	SIGUSR1
#define WHERE_TRIES	3
#define WHERE_NS	100000000L

/* CR0.PE PG, CR4.PAE, EFER.LME LMA */
#define CR0_PE		(1ULL << 0)
#define CR0_NE		(1ULL << 5)
#define CR0_PG		(1ULL << 31)
#define CR4_PAE		(1ULL << 5)
#define EFER_LME	(1ULL << 8)
#define EFER_LMA	(1ULL << 10)

/* ---- first state ---- */

static void set_segments(struct kvm_sregs *s)
{
	struct kvm_segment code = { .limit = 0xffffffff,
				   .selector = 0x10,
				   .type = 0xb,
				   .present = 1,
				   .s = 1,
				   .l = 1,
				   .g = 1 };
	struct kvm_segment data = { .limit = 0xffffffff,
				   .selector = 0x18,
				   .type = 0x3,
				   .present = 1,
				   .s = 1,
				   .db = 1,
				   .g = 1 };

	s->cs = code;
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->gdt.base = CW_GPA_GDT;
	s->gdt.limit = 4 * 8 - 1;
}

static int set_boot_state(const struct cw_vcpu *v, __u64 entry)
{
	struct kvm_regs regs = { .rip = entry, .rsi = CW_GPA_BOOT_PARAMS, .rflags = 2 };
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s))
		return -errno;
	set_segments(&s);
	s.cr3 = CW_GPA_PAGE_TABLES;
	s.cr4 = CR4_PAE;
	s.cr0 = CR0_PE | CR0_NE | CR0_PG;
	s.efer = EFER_LME | EFER_LMA;
	return ioctl(v->fd, KVM_SET_SREGS, &s) || ioctl(v->fd, KVM_SET_REGS, &regs) ? -errno : 0;
}

static int set_cpuid(const struct cw_vcpu *v)
{
	const struct cw_box *box = v->box;
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + CW_CPUID_MAX * sizeof(c->entries[0]));
	int err;

	if (!c)
		return -ENOMEM;
	cw_cpuid_build(c, box->vm->host_cpuid, v->id, box->config->nr_cpus, box->mem.shared_bit,
		       box->config->confidential);
	err = ioctl(v->fd, KVM_SET_CPUID2, c) ? -errno : 0;
	free(c);
	return err;
}

/* All features at once.  QEMU's emulated SVM does not intercept XSETBV, so KVM would go by the
 * value at reset when it tells the size of the state, and the kernel finds that its own sum is
 * another.
 */
static int set_xcr0(const struct cw_vcpu *v)
{
	__u64 all = cw_cpuid_xcr0(v->box->vm->host_cpuid);
	struct kvm_xcrs x = { .nr_xcrs = 1, .xcrs[0].value = all };

	return all && ioctl(v->fd, KVM_SET_XCRS, &x) ? -errno : 0;
}

int cw_vcpu_init(struct cw_box *box, unsigned int id, __u64 entry)
{
	struct cw_vm *vm = box->vm;
	struct cw_vcpu *v = &vm->vcpu[id];
	int size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), err;

	v->box = box;
	v->id = id;
	v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (v->fd < 0)
		return -errno;
	sem_init(&v->answered, 0, 0);
	v->run_size = size > 0 ? (size_t)size : 0;
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		return -errno;
	}
	if (!id)
		vm->ring = (void *)((__u8 *)v->run + KVM_COALESCED_MMIO_PAGE_OFFSET * CW_PAGE_SIZE);
	v->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	box->hyperv->vp[id].ghcb = cw_boot_supplied(box, id) | 1ULL << box->mem.shared_bit;
	err = set_cpuid(v);
	if (!err)
		err = set_xcr0(v);
	return err || id ? err : set_boot_state(v, entry);
}

void cw_vcpu_stop(struct cw_vcpu *v)
{
	if (v->started)
		pthread_join(v->thread, NULL);
	v->started = false;
}

void cw_vcpu_exit(struct cw_vcpu *v)
{
	if (!v->box || v->fd < 0)
		return;
	if (v->run)
		munmap(v->run, v->run_size);
	close(v->fd);
	sem_destroy(&v->answered);
}

/* ---- exits; all with the lock held ---- */

void cw_vm_drain(struct cw_box *box)
{
	struct kvm_coalesced_mmio_ring *r = box->vm ? box->vm->ring : NULL;
	unsigned int max = (CW_PAGE_SIZE - sizeof(*r)) / sizeof(struct kvm_coalesced_mmio);

	while (r && r->first != __atomic_load_n(&r->last, __ATOMIC_ACQUIRE)) {
		struct kvm_coalesced_mmio *m = &r->coalesced_mmio[r->first];

		cw_port_access(box, (__u16)m->phys_addr, true, m->data, 1);
		__atomic_store_n(&r->first, (r->first + 1) % max, __ATOMIC_RELEASE);
	}
}

/* The hypercall page's OUT: arguments and result are in registers. */
static void exit_hypercall_page(struct cw_vcpu *v)
{
	struct kvm_regs *regs = &v->run->s.regs.regs;
	struct cw_hypercall call = { .side = CW_SIDE_PARAVISOR,
				    .vp = v->id,
				    .control = regs->rcx,
				    .input = regs->rdx,
				    .output = regs->r8 };

	regs->rax = cw_hyperv_call(v->box, &call);
	v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

static void exit_io(struct cw_vcpu *v)
{
	struct kvm_run *run = v->run;
	__u8 *data = (__u8 *)run + run->io.data_offset;
	__u32 i;

	if (run->io.port == CW_PORT_HYPERCALL && run->io.direction == KVM_EXIT_IO_OUT &&
	    run->io.size == 1) {
		exit_hypercall_page(v);
		return;
	}
	for (i = 0; i < run->io.count; i++, data += run->io.size)
		cw_port_access(v->box, run->io.port, run->io.direction == KVM_EXIT_IO_OUT, data,
			       run->io.size);
}

/* There is no device memory but KVM's own: anything else reads as all ones. */
static void exit_mmio(struct cw_vcpu *v)
{
	struct kvm_run *run = v->run;
	char text[64];

	if (!run->mmio.is_write)
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
	if (v->box->nr_mmio_notes++ < 16) {
		snprintf(text, sizeof(text), "%s of %u bytes at gpa 0x%llx", run->mmio.is_write ? "write" : "read",
			 run->mmio.len, run->mmio.phys_addr);
		cw_referee_note(v->box, "mmio", text);
	}
}

static void exit_msr(struct cw_vcpu *v, bool write)
{
	struct kvm_run *run = v->run;
	__u64 value = run->msr.data;
	bool ok;

	if (run->msr.index == CW_MSR_GHCB)
		ok = cw_ghcb_msr(v->box, v->id, write, &value);
	else
		ok = cw_hyperv_msr(v->box, v->id, CW_SIDE_PARAVISOR, run->msr.index, write, &value);
	run->msr.error = !ok;
	run->msr.data = value;
}

/* A VMMCALL is a VMGEXIT here; user programs have none to make. */
static void exit_vmmcall(struct cw_vcpu *v)
{
	struct kvm_run *run = v->run;

	if (run->xen.type == KVM_EXIT_XEN_HCALL) {
		run->xen.u.hcall.result = run->xen.u.hcall.input; /* VMGEXIT leaves RAX alone */
		if (!run->xen.u.hcall.cpl)
			cw_ghcb_exit(v->box, v->id);
	}
}

/* Once the guest is on its way it may be its own doing, which another KVM would not mend. */
static void kvm_blame(struct cw_box *box)
{
	box->kvm_failed = !box->hyperv->seen;
}

static void exit_failed(struct cw_vcpu *v, const char *what, __u64 reason)
{
	cw_say(0, "vCPU %u: %s %llu at rip 0x%llx", v->id, what, reason, v->run->s.regs.regs.rip);
	cw_box_end(v->box, CW_BOX_CANNOT);
}

static void exit_dispatch(struct cw_vcpu *v)
{
	struct kvm_run *run = v->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit_io(v);
		break;
	case KVM_EXIT_MMIO:
		exit_mmio(v);
		break;
	case KVM_EXIT_X86_RDMSR:
		exit_msr(v, false);
		break;
	case KVM_EXIT_X86_WRMSR:
		exit_msr(v, true);
		break;
	case KVM_EXIT_XEN:
		exit_vmmcall(v);
		break;
	case KVM_EXIT_SHUTDOWN:	/* a triple fault: the last of the ways to reboot */
		cw_box_end(v->box, CW_BOX_REBOOT);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		kvm_blame(v->box);
		exit_failed(v, "KVM ended it with internal error", run->internal.suberror);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		kvm_blame(v->box);
		exit_failed(v, "KVM cannot enter the guest, reason", run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_INTR:
		break;
	default:
		exit_failed(v, "unknown KVM exit", run->exit_reason);
	}
}

/* ---- the loop ---- */

static void on_kick(int sig)
{
	(void)sig;	/* it is enough that KVM_RUN ends */
}

static void answer_where(struct cw_vcpu *v)
{
	struct kvm_mp_state mp;
	struct kvm_regs regs;

	if (!__atomic_exchange_n(&v->asked, false, __ATOMIC_SEQ_CST))
		return;
	v->halted = !ioctl(v->fd, KVM_GET_MP_STATE, &mp) && mp.mp_state != KVM_MP_STATE_RUNNABLE;
	v->rip = ioctl(v->fd, KVM_GET_REGS, &regs) ? 0 : regs.rip;
	sem_post(&v->answered);
}

static void *vcpu_loop(void *arg)
{
	struct cw_vcpu *v = arg;
	struct cw_box *box = v->box;
	bool ended = false;
	int err;

	cw_referee_vcpu(box, v->id);
	while (!ended) {
		answer_where(v);
		err = ioctl(v->fd, KVM_RUN, 0) ? -errno : 0;
		__atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
		pthread_mutex_lock(&box->lock);
		cw_vm_drain(box);
		if (!err && !box->ended)
			exit_dispatch(v);
		else if (err && err != -EINTR && err != -EAGAIN && !box->ended) {
			cw_err(err, "vCPU %u cannot run", v->id);
			if (err != -EFAULT)
				kvm_blame(box);
			cw_box_end(box, CW_BOX_CANNOT);
		}
		ended = box->ended;
		pthread_mutex_unlock(&box->lock);
	}
	pthread_mutex_lock(&box->vm->life);
	v->running = false;
	pthread_mutex_unlock(&box->vm->life);
	return NULL;
}

/* False when its thread has ended, or never began. */
static bool kick(struct cw_vm *vm, struct cw_vcpu *v)
{
	bool running;

	pthread_mutex_lock(&vm->life);
	running = v->running;
	if (running) {
		__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		pthread_kill(v->thread, KICK_SIGNAL);
	}
	pthread_mutex_unlock(&vm->life);
	return running;
}

static int thread_start(struct cw_vm *vm, struct cw_vcpu *v)
{
	int err;

	pthread_mutex_lock(&vm->life);
	err = -pthread_create(&v->thread, NULL, vcpu_loop, v);
	v->started = v->running = !err;
	pthread_mutex_unlock(&vm->life);
	return err;
}

void cw_vm_kick(struct cw_box *box)
{
	unsigned int i;

	for (i = 0; box->vm && i < CW_CPUS_MAX; i++)
		kick(box->vm, &box->vm->vcpu[i]);
}

int cw_vm_start(struct cw_box *box)
{
	struct sigaction sa = { .sa_handler = on_kick };
	unsigned int i;
	int err;

	sigaction(KICK_SIGNAL, &sa, NULL);
	for (i = 0; i < box->config->nr_cpus; i++) {
		err = thread_start(box->vm, &box->vm->vcpu[i]);
		if (err)
			return cw_err(err, "cannot start a thread for vCPU %u", i);
	}
	return 0;
}

int cw_vm_where(struct cw_box *box, unsigned int vp, __u64 *rip, bool *halted)
{
	struct cw_vcpu *v;
	struct timespec ts;
	int i, err = -ETIMEDOUT;

	if (vp >= box->config->nr_cpus)
		return -EINVAL;
	v = &box->vm->vcpu[vp];
	__atomic_store_n(&v->asked, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < WHERE_TRIES; i++) {
		if (!kick(box->vm, v)) {
			err = -ESRCH;
			break;
		}
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += WHERE_NS;
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
		if (!sem_timedwait(&v->answered, &ts)) {
			*rip = v->rip;
			*halted = v->halted;
			return 0;
		}
	}
	/* an answer that comes late must not be taken for the next one's */
	if (!__atomic_exchange_n(&v->asked, false, __ATOMIC_SEQ_CST))
		sem_wait(&v->answered);
	return err;
}
