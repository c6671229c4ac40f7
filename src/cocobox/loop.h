/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's event loop: one thread that serves file descriptors and timers with the box's lock
 * held.  vCPU threads take the same lock when they leave the guest.
 */
#ifndef CW_BOX_LOOP_H
#define CW_BOX_LOOP_H

#include <linux/types.h>

struct cw_box;

struct cw_watch {
	int fd;
	void (*ready)(struct cw_watch *watch, __u32 events);	/* EPOLLIN, ...; lock held */
	void *arg;						/* the owner's */
};

/* events as in epoll_ctl(2).  The watch stays the caller's.  0 or -errno. */
int cw_loop_add(struct cw_box *box, struct cw_watch *watch, __u32 events);
void cw_loop_remove(struct cw_box *box, struct cw_watch *watch);

/* Opens a timerfd that fires every period_ns and adds it.  0 or -errno. */
int cw_loop_add_timer(struct cw_box *box, struct cw_watch *watch, __u64 period_ns);

#endif
