// SPDX-License-Identifier: GPL-2.0-only
/* Watches the alias that is wrong for a frame, by userfaultfd on the two mappings that the guest's
 * memory slots show.  A frame has page table entries in its right alias only; an access through the
 * other one stops in the kernel until this thread has seen it.  Such an access is a finding once
 * each time the frame changes sides, then it goes on.
 *
 * All frames begin private.  Nobody is asked about a frame that the guest touches first through the
 * private alias (no MISSING there); through the shared alias any touch is asked about.
 */
#include "referee_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "err.h"
#include "util.h"
#include "vm.h"

#define AROUND_FRAMES	64	/* mapped with one that was rightly touched */
#define TRIES_MAX	1000
#define SETTLE_US	2000	/* KVM polls for some 200 us before a vCPU's thread sleeps */
#define LOOKS_MAX	8	/* each waits twice as long as the one before: a second in all */
#define MESSAGES	16

static const struct {
	__u64 bit;
	const char *name;
} features[] = {
	{ UFFD_FEATURE_MINOR_SHMEM, "MINOR_SHMEM" },
	{ UFFD_FEATURE_MISSING_SHMEM, "MISSING_SHMEM" },
	{ UFFD_FEATURE_THREAD_ID, "THREAD_ID" },
};

/* ---- mapping ---- */

static __u64 alias_addr(const struct cw_referee *r, int alias, __u64 offset)
{
	return (unsigned long)r->box->mem.alias[alias] + offset;
}

static void wake(struct cw_referee *r, __u64 addr)
{
	struct uffdio_range range = { addr, CW_PAGE_SIZE };

	ioctl(r->watch.fd, UFFDIO_WAKE, &range);
}

/* Bytes from addr on that are settled: mapped, or one page that had been mapped already.  0: try
 * again, < 0: no page there, or no hope.
 */
static long map_some(struct cw_referee *r, __u64 addr, __u64 len)
{
	struct uffdio_continue c = { .range = { addr, len } };

	if (!ioctl(r->watch.fd, UFFDIO_CONTINUE, &c))
		return len;
	if (errno == EEXIST) {
		wake(r, addr);
		return CW_PAGE_SIZE;
	}
	if (errno == EAGAIN)
		return c.mapped > 0 ? c.mapped : 0;
	return -errno;
}

void cw_alias_fill(struct cw_referee *r, int alias, __u64 offset, __u64 len)
{
	__u64 addr = alias_addr(r, alias, offset);
	unsigned int tries = 0;
	long done;

	if (!r->watch.on)
		return;
	while (len && tries < TRIES_MAX) {
		done = map_some(r, addr, len);
		/* what is not mapped now is when it is touched */
		if (done < 0)
			return;
		if (!done) {
			tries++;
			sched_yield();
		}
		addr += done;
		len -= done;
	}
}

void cw_alias_drop(struct cw_referee *r, int alias, __u64 offset, __u64 len)
{
	if (r->watch.on)
		madvise(r->box->mem.alias[alias] + offset, len, MADV_DONTNEED);
}

/* ---- one access ---- */

struct access {
	int alias;
	__u64 gfn;
	__u64 offset;
	pid_t tid;
	bool is_absent;	/* the memfd has no page there yet */
};

static bool access_read(const struct cw_mem *mem, const struct uffd_msg *msg, struct access *a)
{
	__u64 addr = msg->arg.pagefault.address & ~(CW_PAGE_SIZE - 1), base;
	int i;

	if (msg->event != UFFD_EVENT_PAGEFAULT)
		return false;
	for (i = 0; i < CW_ALIAS_NR; i++) {
		base = (unsigned long)mem->alias[i];
		if (addr < base || addr - base >= mem->size)
			continue;
		a->alias = i;
		a->offset = addr - base;
		a->gfn = cw_referee_gfn(mem, a->offset);
		a->tid = msg->arg.pagefault.feat.ptid;
		a->is_absent = !(msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR);
		return true;
	}
	return false;
}

static bool is_wrong(const struct cw_mem *mem, const struct access *a)
{
	return cw_mem_is_visible(mem, a->gfn) == (a->alias == CW_ALIAS_PRIVATE);
}

/* From proc_pid_stat(5).  One that is in the guest, or would be if it had a CPU, is not. */
static bool is_asleep(pid_t tid)
{
	char path[64], text[256] = "", *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	/* the name before it may hold anything */
	state = strrchr(text, ')');
	return state && !strncmp(state, ") S", 3);
}

/* Waits for something, but did not halt; *rip is where. */
static bool is_stuck(struct cw_box *box, unsigned int vp, pid_t tid, __u64 *rip)
{
	bool halted = false;

	return tid && is_asleep(tid) && !cw_vm_where(box, vp, rip, &halted) && !halted;
}

/* KVM may have a worker of its own take the fault (async_pf.c of Linux): its thread is no vCPU's,
 * and the vCPU sleeps in the kernel.  Seen twice, since a thread may also sleep for a moment in
 * this program.
 */
static int find_stuck(struct cw_box *box, const pid_t *tid, useconds_t settle, __u64 *rip)
{
	__u64 before[CW_CPUS_MAX], now;
	bool stuck[CW_CPUS_MAX];
	int vp, found = -1;

	usleep(settle);
	for (vp = 0; vp < CW_CPUS_MAX; vp++)
		stuck[vp] = is_stuck(box, vp, tid[vp], &before[vp]);
	usleep(settle);
	for (vp = 0; vp < CW_CPUS_MAX; vp++) {
		if (!stuck[vp] || !is_stuck(box, vp, tid[vp], &now) || now != before[vp])
			continue;
		if (found >= 0)
			return -1;
		found = vp;
		*rip = now;
	}
	return found;
}

/* Whose access it is, or -1; *rip_known tells whether rip is set.  Without a lock: the vCPU may
 * wait for one.
 */
static int find_vcpu(struct cw_referee *r, pid_t who, __u64 *rip, bool *rip_known)
{
	pid_t tid[CW_CPUS_MAX];
	bool halted;
	int vp, look;

	pthread_mutex_lock(&r->lock);
	memcpy(tid, r->tid, sizeof(tid));
	pthread_mutex_unlock(&r->lock);

	for (vp = 0; vp < CW_CPUS_MAX; vp++) {
		if (!tid[vp] || tid[vp] != who)
			continue;
		*rip_known = r->box->vm && !cw_vm_where(r->box, vp, rip, &halted);
		return vp;
	}
	if (r->box->config->nr_cpus == 1) {	/* whoever took the fault took it for this one */
		*rip_known = r->box->vm && !cw_vm_where(r->box, 0, rip, &halted);
		return 0;
	}
	/* an interrupt may have woken it in between, and a busy machine lets it wait for a CPU: it
	 * comes back to the same access
	 */
	for (vp = -1, look = 0; r->box->vm && vp < 0 && look < LOOKS_MAX; look++)
		vp = find_stuck(r->box, tid, SETTLE_US << look, rip);
	*rip_known = vp >= 0;
	return vp;
}

static void report(struct cw_referee *r, const struct access *a)
{
	struct cw_box *box = r->box;
	bool rip_known = false;
	__u64 rip = 0;
	int vp = find_vcpu(r, a->tid, &rip, &rip_known);

	pthread_mutex_lock(&r->lock);
	cw_out_wrong_alias(r, a->alias, a->gfn, vp, rip_known ? &rip : NULL);
	pthread_mutex_unlock(&r->lock);
	if (!box->config->stop_on_finding)
		return;
	/* safe: who holds it touches guest memory through mem->host only, and never waits for us */
	pthread_mutex_lock(&box->lock);
	cw_box_end(box, CW_BOX_CANNOT);
	pthread_mutex_unlock(&box->lock);
}

/* Frames after a rightly touched one that are on the same side are likely to be next. */
static void fill_around(struct cw_referee *r, const struct access *a)
{
	const struct cw_mem *mem = &r->box->mem;
	bool visible = cw_mem_is_visible(mem, a->gfn);
	__u64 nr = 1, offset;

	/* in one piece of RAM, or the offsets do not go with the frames */
	while (nr < AROUND_FRAMES && cw_mem_is_visible(mem, a->gfn + nr) == visible &&
	       cw_mem_offset(mem, a->gfn << CW_PAGE_SHIFT, (nr + 1) << CW_PAGE_SHIFT, &offset))
		nr++;
	if (nr > 1)
		map_some(r, alias_addr(r, a->alias, a->offset + CW_PAGE_SIZE),
			 (nr - 1) << CW_PAGE_SHIFT);
}

/* Lets the access go on.  When the frame changed sides meanwhile, it is made and looked at again.
 */
static void let_go(struct cw_referee *r, const struct access *a)
{
	bool wrong = is_wrong(&r->box->mem, a);

	if (wrong && !(r->said[a->gfn] & CW_SAID_WRONG_ALIAS)) {
		wake(r, alias_addr(r, a->alias, a->offset));
		return;
	}
	if (a->is_absent)
		fallocate(r->box->mem.fd, 0, a->offset, CW_PAGE_SIZE);
	cw_alias_fill(r, a->alias, a->offset, CW_PAGE_SIZE);
	if (!wrong)
		fill_around(r, a);
}

static void on_access(struct cw_referee *r, const struct access *a)
{
	bool is_new = false;

	/* a conversion under way ends first */
	pthread_mutex_lock(&r->lock);
	r->watch.events++;
	if (is_wrong(&r->box->mem, a))
		is_new = cw_referee_say_once(r, a->gfn, CW_SAID_WRONG_ALIAS);
	pthread_mutex_unlock(&r->lock);
	if (is_new)
		report(r, a);
	pthread_mutex_lock(&r->lock);
	let_go(r, a);
	pthread_mutex_unlock(&r->lock);
}

static void *watch_run(void *arg)
{
	struct cw_referee *r = arg;
	struct pollfd fds[] = { { r->watch.fd, POLLIN, 0 }, { r->watch.stop_fd, POLLIN, 0 } };
	struct uffd_msg msg[MESSAGES];
	struct access a;
	ssize_t len;
	size_t i;

	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		len = read(r->watch.fd, msg, sizeof(msg));
		for (i = 0; len > 0 && i < len / sizeof(msg[0]); i++) {
			if (access_read(&r->box->mem, &msg[i], &a))
				on_access(r, &a);
		}
		/* not before all that had come by then was looked at */
		if (fds[1].revents && len <= 0)
			break;
	}
	return NULL;
}

/* ---- setting it up ---- */

static int uffd_open(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), dev;

	if (fd >= 0 || errno != EPERM)
		return fd;
	/* for those who are not root, since Linux 6.1 */
	dev = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	if (dev >= 0) {
		fd = ioctl(dev, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
		close(dev);
	}
	return fd;
}

/* The handshake is for once on each descriptor: one to ask what there is, another to take it. */
static int uffd_features(__u64 want, __u64 *have, int *fd)
{
	struct uffdio_api api = { .api = UFFD_API, .features = want };
	int err;

	*fd = uffd_open();
	if (*fd < 0)
		return -errno;
	if (ioctl(*fd, UFFDIO_API, &api)) {
		err = -errno;
		close(*fd);
		*fd = -1;
		return err;
	}
	*have = api.features;
	return 0;
}

static int uffd_take(struct cw_alias_watch *w)
{
	__u64 have, want = 0;
	size_t i;
	int err;

	err = uffd_features(0, &have, &w->fd);
	if (err) {
		snprintf(w->why_not, sizeof(w->why_not), "userfaultfd: %s", strerror(-err));
		return err;
	}
	close(w->fd);
	w->fd = -1;
	for (i = 0; i < CW_NR(features); i++) {
		want |= features[i].bit;
		if (have & features[i].bit)
			continue;
		snprintf(w->why_not, sizeof(w->why_not), "this kernel's userfaultfd lacks %s",
			 features[i].name);
		return -EOPNOTSUPP;
	}
	err = uffd_features(want, &have, &w->fd);
	if (err)
		snprintf(w->why_not, sizeof(w->why_not), "userfaultfd features: %s",
			 strerror(-err));
	return err;
}

static int register_alias(struct cw_referee *r, int alias, __u64 mode)
{
	struct uffdio_register reg = {
		.range = { alias_addr(r, alias, 0), r->box->mem.size },
		.mode = mode,
	};

	return ioctl(r->watch.fd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

/* Signals are for the other threads. */
static int thread_start(struct cw_referee *r)
{
	sigset_t all, old;
	int err;

	/* before there is a first fault to settle */
	r->watch.on = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&r->watch.thread, NULL, watch_run, r);
	r->watch.running = !err;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

static int watch_start(struct cw_referee *r)
{
	struct cw_alias_watch *w = &r->watch;
	int err = uffd_take(w);

	if (err)
		return err;
	err = register_alias(r, CW_ALIAS_PRIVATE, UFFDIO_REGISTER_MODE_MINOR);
	if (!err)
		err = register_alias(r, CW_ALIAS_SHARED,
				     UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_MISSING);
	if (!err) {
		w->stop_fd = eventfd(0, EFD_CLOEXEC);
		err = w->stop_fd < 0 ? -errno : thread_start(r);
	}
	if (err)
		snprintf(w->why_not, sizeof(w->why_not), "userfaultfd on guest memory: %s",
			 strerror(-err));
	return err;
}

static void watch_close(struct cw_alias_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	if (w->stop_fd >= 0)
		close(w->stop_fd);
	w->fd = w->stop_fd = -1;
}

void cw_alias_init(struct cw_referee *r)
{
	struct cw_alias_watch *w = &r->watch;

	w->fd = w->stop_fd = -1;
	if (!watch_start(r))
		return;
	w->on = false;
	watch_close(w);
	cw_say(0, "the wrong alias is not watched: %s", w->why_not);
}

void cw_alias_exit(struct cw_referee *r)
{
	struct cw_alias_watch *w = &r->watch;

	if (!w->on)
		return;
	w->on = false;
	watch_close(w);
}
