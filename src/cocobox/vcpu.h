/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs: for vm.c, which owns them. */
#ifndef CW_BOX_VCPU_H
#define CW_BOX_VCPU_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <linux/types.h>

#include "box.h"

#define CW_MSR_GHCB	0xc0010130	/* MSR_AMD64_SEV_ES_GHCB, asm/msr-index.h */

struct kvm_run;
struct kvm_cpuid2;
struct kvm_coalesced_mmio_ring;

struct cw_vcpu {
	struct cw_box *box;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started;	/* and not yet waited for */
	bool running;	/* cw_vm's life */
	/* a question of cw_vm_where() and its answer */
	bool asked;
	sem_t answered;
	__u64 rip;
	bool halted;
};

struct cw_vm {
	int kvm;
	int fd;
	pthread_mutex_t life;	/* of threads: no signal goes to one that has ended; taken last */
	struct kvm_cpuid2 *host_cpuid;
	struct kvm_coalesced_mmio_ring *ring;
	__u8 line[16];	/* a bit for each source that drives it */
	struct cw_vcpu vcpu[CW_CPUS_MAX];
};

/* A vCPU before its first instruction; the first one stands at entry, in long mode.  0 or -errno.
 */
int cw_vcpu_init(struct cw_box *box, unsigned int id, __u64 entry);

/* Both do nothing to one that was never made. */
void cw_vcpu_stop(struct cw_vcpu *v);	/* waits for its thread */
void cw_vcpu_exit(struct cw_vcpu *v);

#endif
