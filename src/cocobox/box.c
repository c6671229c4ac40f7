// SPDX-License-Identifier: GPL-2.0-only
/* A run from beginning to end. */
#include "box.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "boot.h"
#include "clock.h"
#include "console.h"
#include "dev.h"
#include "err.h"
#include "hostile.h"
#include "hyperv.h"
#include "loop_run.h"
#include "referee.h"
#include "util.h"
#include "vm.h"
#include "vmbus.h"

#define LAST_LINES 40
#define PANIC_NS 10000000000ULL	/* a guest that reboots at once (panic=-1) needs none of it */
#define SHARED_BIT_UNASKED 39	/* until KVM has said which it is */

void cw_box_end(struct cw_box *box, int status)
{
	if (box->ended)
		return;
	box->status = status;
	box->ended = true;
	cw_vm_kick(box);
	cw_loop_wake(box);
}

static void on_panic_over(struct cw_watch *watch, __u32 events)
{
	(void)events;
	cw_box_end(watch->arg, CW_BOX_PANIC);
}

void cw_box_panicked(struct cw_box *box)
{
	if (box->panicked)
		return;
	box->panicked = true;
	box->panic_over = (struct cw_watch){ .fd = -1, .ready = on_panic_over, .arg = box };
	if (cw_loop_add_timer(box, &box->panic_over, PANIC_NS))
		cw_box_end(box, CW_BOX_PANIC);
}

__u64 cw_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000ULL + (__u64)ts.tv_nsec;
}

/* ---- signals and time ---- */

struct clocks {
	struct cw_watch signals, timeout, shutdown;
};

static void on_signal(struct cw_watch *watch, __u32 events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) == sizeof(info))
		cw_box_end(watch->arg, 128 + (int)info.ssi_signo);
}

static void on_timeout(struct cw_watch *watch, __u32 events)
{
	(void)events;
	cw_box_end(watch->arg, CW_BOX_TIMEOUT);
}

/* Asked again until the guest has opened the device. */
static void on_shutdown(struct cw_watch *watch, __u32 events)
{
	__u64 expired;

	(void)events;
	if (read(watch->fd, &expired, sizeof(expired)) > 0 && cw_dev_shutdown_ask(watch->arg))
		cw_loop_remove(watch->arg, watch);
}

static int clocks_init(struct cw_box *box, struct clocks *c)
{
	const struct cw_config *config = box->config;
	sigset_t set;
	int err;

	c->signals = (struct cw_watch){ .fd = -1, .ready = on_signal, .arg = box };
	c->timeout = (struct cw_watch){ .fd = -1, .ready = on_timeout, .arg = box };
	c->shutdown = (struct cw_watch){ .fd = -1, .ready = on_shutdown, .arg = box };
	signal(SIGPIPE, SIG_IGN);	/* nobody reads the console any more: the guest goes on */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	err = c->signals.fd < 0 ? -errno : cw_loop_add(box, &c->signals, EPOLLIN);
	if (!err && config->timeout_ns)
		err = cw_loop_add_timer(box, &c->timeout, config->timeout_ns);
	if (!err && config->shutdown_ns)
		err = cw_loop_add_timer(box, &c->shutdown, config->shutdown_ns);
	return err ? cw_err(err, "cannot make a timer") : 0;
}

static void clocks_exit(struct clocks *c)
{
	struct cw_watch *w[] = { &c->signals, &c->timeout, &c->shutdown };
	size_t i;

	for (i = 0; i < CW_NR(w); i++)
		if (w[i]->fd >= 0)
			close(w[i]->fd);
}

/* ---- devices ---- */

static int add_refused(struct cw_box *box)
{
	const struct cw_dev_ops *ops;
	int err = 0;

	for (ops = cw_dev_refused; ops->name && !err; ops++)
		err = cw_vmbus_add(box, ops, NULL);
	return err;
}

static int add_devices(struct cw_box *box)
{
	const struct cw_config *c = box->config;
	unsigned int i;
	int err;

	err = cw_vmbus_add(box, &cw_dev_heartbeat, NULL);
	if (!err)
		err = cw_vmbus_add(box, &cw_dev_timesync, NULL);
	if (!err)
		err = cw_vmbus_add(box, &cw_dev_shutdown, NULL);
	for (i = 0; i < c->nr_disks && !err; i++)
		err = cw_vmbus_add(box, &cw_dev_scsi, (void *)(uintptr_t)c->disk[i]);
	if (!err && c->net)
		err = cw_vmbus_add(box, &cw_dev_net, (void *)(uintptr_t)c->tap);
	if (!err && c->pci)
		err = cw_vmbus_add(box, &cw_dev_pci, NULL);
	if (!err && c->refused)
		err = add_refused(box);
	return err;
}

/* ---- the run ---- */

/* The pages that the paravisor supplies are the host's to see from the first moment. */
static int supply_pages(struct cw_box *box)
{
	int err = cw_referee_supply(box, cw_boot_supplied(box, 0) >> CW_PAGE_SHIFT,
				    CW_SUPPLIED_BYTES >> CW_PAGE_SHIFT);

	return err ? cw_err(err, "cannot share the paravisor's pages") : 0;
}

/* What the user's files decide; KVM comes after it, so that a wrong file is named on any machine.
 */
static int prepare_parts(struct cw_box *box, struct clocks *clocks, __u64 *entry)
{
	int err;

	err = cw_mem_init(&box->mem, box->config->memory, SHARED_BIT_UNASKED);
	if (err)
		return cw_err(err, "cannot map %llu MiB of guest memory", box->config->memory >> 20);
	/* with more CPUs one could map a frame with its neighbours while another shares that frame,
	 * and accesses to it by the wrong alias would not be seen
	 */
	if (box->config->nr_cpus == 1)
		cw_mem_use_huge(&box->mem);
	err = cw_loop_init(box);
	if (err)
		return cw_err(err, "cannot make an event loop");
	err = clocks_init(box, clocks);
	if (!err)
		err = cw_console_init(box);
	if (!err)
		err = cw_boot_load(box, entry);
	/* before the referee watches it */
	if (!err)
		cw_mem_map_written(&box->mem);
	if (!err)
		err = cw_referee_init(box);
	if (!err)
		err = cw_vmbus_init(box);
	return err ? err : add_devices(box);
}

static int prepare(struct cw_box *box, struct clocks *clocks)
{
	__u64 entry = 0;
	int err;

	err = prepare_parts(box, clocks, &entry);
	if (err)
		return err;
	err = cw_vm_open(box, &box->mem.shared_bit);
	if (!err)
		err = cw_synic_init(box);
	if (!err)
		err = cw_vm_create(box, entry);
	return err ? err : supply_pages(box);
}

static int run(struct cw_box *box)
{
	int err = cw_console_start(box);

	/* a vCPU that ends the run must find all of them started, or it could not stop the rest */
	pthread_mutex_lock(&box->lock);
	if (!err)
		err = cw_vm_start(box);
	pthread_mutex_unlock(&box->lock);
	if (!err) {
		err = cw_loop_run(box);
		if (err)
			cw_err(err, "the event loop ended");
	}
	pthread_mutex_lock(&box->lock);
	cw_box_end(box, CW_BOX_CANNOT);
	pthread_mutex_unlock(&box->lock);
	return err;
}

/* A guest that panics reboots; before it can use the crash MSRs that shows on its console only. */
static void tell_end(struct cw_box *box)
{
	static const char *const why[] = {
		[CW_BOX_REBOOT] = "the guest rebooted", [CW_BOX_PANIC] = "the guest panicked",
		[CW_BOX_TIMEOUT] = "the time limit passed" };

	cw_console_flush(box);
	if (box->status == CW_BOX_REBOOT && (box->panicked || cw_console_panicked(box)))
		box->status = CW_BOX_PANIC;
	if (box->status == CW_BOX_REBOOT || box->status == CW_BOX_PANIC ||
	    box->status == CW_BOX_TIMEOUT)
		cw_say(0, "%s", why[box->status]);
	if (!box->hyperv->seen && box->status != CW_BOX_CANNOT)
		cw_say(0, "the guest never looked for Hyper-V: %s has no support for it, or stopped before that",
		       box->config->kernel);
	if (box->status == CW_BOX_PANIC || box->status == CW_BOX_TIMEOUT)
		cw_console_last(box, LAST_LINES);
}

int cw_box_run(const struct cw_config *config)
{
	struct cw_hyperv hyperv = { .seen = false };
	struct cw_box box = {
		.config = config, .host = config->host, .hyperv = &hyperv, .mem.fd = -1 };
	struct clocks clocks = { .signals.fd = -1, .timeout.fd = -1, .shutdown.fd = -1 };
	int err;

	pthread_mutex_init(&box.lock, NULL);
	err = prepare(&box, &clocks);
	if (err) {
		box.ended = true;
		box.status = CW_BOX_CANNOT;
	} else {
		run(&box);
	}
	cw_vm_stop(&box);
	cw_vmbus_exit(&box);
	if (!err) {
		tell_end(&box);
		cw_referee_close(&box);
	}
	if (box.kvm_failed)
		cw_say(0, "no usable KVM here: scripts/box in cocobox's source tree takes the same options and emulates one (see cocobox(1))");
	cw_synic_exit(&box);
	cw_referee_exit(&box);
	cw_vm_free(&box);
	cw_console_exit(&box);
	clocks_exit(&clocks);
	if (box.panicked)
		close(box.panic_over.fd);
	cw_loop_exit(&box);
	cw_mem_exit(&box.mem);
	pthread_mutex_destroy(&box.lock);
	return box.status;
}
