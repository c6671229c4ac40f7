// SPDX-License-Identifier: GPL-2.0-only
/* The host's event loop: epoll, each ready watch served with the box's lock held. */
#include "loop_run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "box.h"

#define EVENTS_MAX 16

struct cw_loop {
	int epoll;
	int wake;
};

int cw_loop_init(struct cw_box *box)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct cw_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	box->loop = loop;
	loop->wake = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &ev))
		return -errno;
	return 0;
}

void cw_loop_exit(struct cw_box *box)
{
	struct cw_loop *loop = box->loop;

	if (!loop)
		return;
	if (loop->wake >= 0)
		close(loop->wake);
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop);
	box->loop = NULL;
}

int cw_loop_add(struct cw_box *box, struct cw_watch *watch, __u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	return epoll_ctl(box->loop->epoll, EPOLL_CTL_ADD, watch->fd, &ev) ? -errno : 0;
}

void cw_loop_remove(struct cw_box *box, struct cw_watch *watch)
{
	epoll_ctl(box->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}

int cw_loop_add_timer(struct cw_box *box, struct cw_watch *watch, __u64 period_ns)
{
	struct timespec ts = { (time_t)(period_ns / 1000000000), (long)(period_ns % 1000000000) };
	struct itimerspec its = { .it_interval = ts, .it_value = ts };
	int err;

	watch->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0)
		return -errno;
	err = timerfd_settime(watch->fd, 0, &its, NULL) ? -errno : cw_loop_add(box, watch, EPOLLIN);
	if (err) {
		close(watch->fd);
		watch->fd = -1;
	}
	return err;
}

void cw_loop_wake(struct cw_box *box)
{
	__u64 one = 1;

	if (write(box->loop->wake, &one, sizeof(one)) < 0)
		return;	/* full: it wakes up anyway */
}

int cw_loop_run(struct cw_box *box)
{
	struct epoll_event ev[EVENTS_MAX];
	int n, i;

	for (;;) {
		n = epoll_wait(box->loop->epoll, ev, EVENTS_MAX, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		pthread_mutex_lock(&box->lock);
		for (i = 0; i < n && !box->ended; i++) {
			struct cw_watch *watch = ev[i].data.ptr;

			if (watch)
				watch->ready(watch, ev[i].events);
		}
		n = box->ended;
		pthread_mutex_unlock(&box->lock);
		if (n)
			return 0;
	}
}
