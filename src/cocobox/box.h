/* SPDX-License-Identifier: GPL-2.0-only */
/* One virtual machine and all that stands around it: what the parts of cocobox share. */
#ifndef CW_BOX_H
#define CW_BOX_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>

#include "loop.h"
#include "mem.h"

#define CW_CPUS_MAX	4
#define CW_DISKS_MAX	4

/* cocobox's own exit statuses; any other is the guest's. */
enum cw_box_exit {
	CW_BOX_OK	= 0,	/* powered off and left no status */
	CW_BOX_USAGE	= 2,
	CW_BOX_REBOOT	= 121,
	CW_BOX_PANIC	= 122,
	CW_BOX_TIMEOUT	= 124,
	CW_BOX_CANNOT	= 125,
};

/* As the command line gives it. */
struct cw_config {
	const char *kernel;
	const char *initrd;		/* NULL: none */
	const char *append;		/* NULL: none */
	const char *exec;		/* NULL: the initramfs decides */
	bool no_drivers;		/* exec loads what it needs itself */
	const char *disk[CW_DISKS_MAX];
	unsigned int nr_disks;
	bool net;
	const char *tap;		/* NULL: the peer inside cocobox */
	bool pci;
	bool refused;			/* offer what a confidential guest must refuse, too */
	bool confidential;		/* VMBus 6.0 with confidential channels */
	bool stop_on_finding;
	unsigned int subchannels;
	__u64 memory;
	unsigned int nr_cpus;
	__u64 timeout_ns;
	__u64 shutdown_ns;		/* ask the guest to shut down after that; 0: never */
	const char *referee;		/* NULL: summary only */
	const char *console;		/* NULL: stdout (or stderr with exec) */
	const struct cw_host *host;
};

struct cw_box {
	const struct cw_config *config;
	const struct cw_host *host;
	struct cw_mem mem;
	struct cw_vm *vm;
	struct cw_hyperv *hyperv;
	struct cw_synic *synic;
	struct cw_vmbus *vmbus;
	struct cw_referee *referee;
	struct cw_console *console;
	struct cw_loop *loop;
	pthread_mutex_t lock;		/* all of the above but mem's contents */
	int guest_status;		/* the last byte it sent to its third UART; 0 until then */
	int status;			/* enum cw_box_exit or the guest's, once ended */
	bool ended;
	bool panicked;			/* it said so, and now tells its console why */
	struct cw_watch panic_over;	/* then it has had its time */
	bool kvm_failed;		/* it is KVM that could not go on */
	unsigned int nr_mmio_notes;
	__u64 nr_chances;		/* times that a hostile host could have lied */
	__u8 rtc_index;
	__u16 pm1_enable;
};

/* Ends the run: the first call's status stays.  From any thread with the lock held. */
void cw_box_end(struct cw_box *box, int status);

/* The guest says that it panicked: it has a moment to tell its console why, until it reboots or
 * that is over.  With the lock held.
 */
void cw_box_panicked(struct cw_box *box);

/* Runs a machine from beginning to end; errors are printed.  The exit status. */
int cw_box_run(const struct cw_config *config);

__u64 cw_now_ns(void);	/* CLOCK_MONOTONIC */

#endif
