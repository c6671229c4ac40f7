// SPDX-License-Identifier: GPL-2.0-only
/* The referee's state: which frames changed sides, who handed which over, and the end of the
 * account.  The other files look: referee_alias.c at accesses, referee_canary.c at bytes.
 */
#include "referee_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "err.h"

#define TICK_NS		200000000ULL
/* A frame that changes sides loses its contents, as it does where memory is encrypted: the host
 * gets no private bytes, and a guest that relies on old ones finds neither them nor zeroes, but
 * this.
 */
#define SCRAMBLED	0xd6c3b5e9a7f1938dULL
#define SCRAMBLE_IOV	256

__u64 cw_referee_gfn(const struct cw_mem *mem, __u64 offset)
{
	if (offset >= mem->low_size)
		offset += CW_HOLE_END - CW_HOLE_START;
	return offset >> CW_PAGE_SHIFT;
}

__u64 cw_referee_findings(const struct cw_referee *r)
{
	__u64 sum = 0;
	int i;

	for (i = CW_LINE_WRONG_ALIAS; i < CW_LINE_NR; i++)
		sum += r->nr_lines[i];
	return sum;
}

static void stop_on_finding(struct cw_box *box)
{
	if (box->config->stop_on_finding)
		cw_box_end(box, CW_BOX_CANNOT);
}

static void on_tick(struct cw_watch *timer, __u32 events)
{
	struct cw_referee *r = timer->arg;
	__u64 times;
	bool found;

	(void)events;
	if (read(timer->fd, &times, sizeof(times)) != sizeof(times))
		return;
	pthread_mutex_lock(&r->lock);
	found = cw_canary_tick(r);
	pthread_mutex_unlock(&r->lock);
	if (found)
		stop_on_finding(r->box);
}

int cw_referee_init(struct cw_box *box)
{
	struct cw_referee *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return cw_err(-ENOMEM, "cannot make a referee");
	r->box = box;
	r->start_ns = cw_now_ns();
	r->timer = (struct cw_watch){ .fd = -1, .ready = on_tick, .arg = r };
	pthread_mutex_init(&r->lock, NULL);
	box->referee = r;
	r->said = calloc(box->mem.nr_gfns, 1);
	if (!r->said) {
		err = cw_err(-ENOMEM, "cannot make a referee");
		goto out;
	}
	err = cw_out_open(r, box->config->referee);
	if (err)
		goto out;
	err = cw_loop_add_timer(box, &r->timer, TICK_NS);
	if (err) {
		cw_err(err, "cannot make the referee's timer");
		goto out;
	}
	cw_alias_init(r);
out:
	if (err)
		cw_referee_exit(box);
	return err;
}

/* Waits until all accesses so far are in the account, without a lock; from then on nobody looks at
 * one.
 */
static void watch_stop(struct cw_alias_watch *w)
{
	__u64 one = 1;

	if (w->running && write(w->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(w->thread, NULL);
	w->running = false;
}

void cw_referee_exit(struct cw_box *box)
{
	struct cw_referee *r = box->referee;

	if (!r)
		return;
	watch_stop(&r->watch);
	cw_alias_exit(r);
	if (r->timer.fd >= 0) {
		cw_loop_remove(box, &r->timer);
		close(r->timer.fd);
	}
	cw_out_close(r);
	free(r->said);
	pthread_mutex_destroy(&r->lock);
	free(r);
	box->referee = NULL;
}

void cw_referee_vcpu(struct cw_box *box, unsigned int vp)
{
	struct cw_referee *r = box->referee;

	if (vp >= CW_CPUS_MAX)
		return;
	pthread_mutex_lock(&r->lock);
	r->tid[vp] = gettid();
	pthread_mutex_unlock(&r->lock);
}

/* ---- frames that change sides ---- */

/* Through the file, not through a mapping: there is no page fault to take for each frame. */
static int scramble(const struct cw_mem *mem, __u64 offset, __u64 len)
{
	static __u64 page[CW_PAGE_SIZE / sizeof(__u64)];
	struct iovec iov[SCRAMBLE_IOV];
	ssize_t done;
	size_t i;

	for (i = 0; i < CW_PAGE_SIZE / sizeof(__u64); i++)
		page[i] = SCRAMBLED;
	for (i = 0; i < SCRAMBLE_IOV; i++)
		iov[i] = (struct iovec){ page, CW_PAGE_SIZE };
	while (len) {
		i = len / CW_PAGE_SIZE < SCRAMBLE_IOV ? len / CW_PAGE_SIZE : SCRAMBLE_IOV;
		done = pwritev(mem->fd, iov, i, offset);
		if (done < 0 && errno == EINTR)
			continue;
		/* a write that is cut within a page is done again from that page on */
		if (done < (ssize_t)CW_PAGE_SIZE)
			return done < 0 ? -errno : -EIO;
		done -= done % CW_PAGE_SIZE;
		offset += done;
		len -= done;
	}
	return 0;
}

/* All frames of the run are on the other side and lie in one piece. */
static int move_run(struct cw_referee *r, __u64 gfn, __u64 nr, bool visible)
{
	struct cw_mem *mem = &r->box->mem;
	__u64 len = nr << CW_PAGE_SHIFT, offset, i;
	int err;

	if (!cw_mem_offset(mem, gfn << CW_PAGE_SHIFT, len, &offset))
		return -EINVAL;
	cw_alias_drop(r, visible ? CW_ALIAS_PRIVATE : CW_ALIAS_SHARED, offset, len);
	err = scramble(mem, offset, len);
	if (err)
		return err;
	for (i = gfn; i < gfn + nr; i++) {
		cw_mem_set_visible(mem, i, visible);
		r->said[i] &= CW_SAID_SUPPLIED;
	}
	cw_alias_fill(r, visible ? CW_ALIAS_SHARED : CW_ALIAS_PRIVATE, offset, len);
	r->nr_converted += nr;
	r->nr_visible += visible ? nr : -nr;
	if (r->nr_visible > r->nr_visible_max)
		r->nr_visible_max = r->nr_visible;
	return 0;
}

/* Frames that are there already stay as they are, with their contents. */
static int move_range(struct cw_referee *r, __u64 gfn, __u64 end, bool visible)
{
	const struct cw_mem *mem = &r->box->mem;
	__u64 first;
	int err = 0;

	while (gfn < end && !err) {
		while (gfn < end && cw_mem_is_visible(mem, gfn) == visible)
			gfn++;
		for (first = gfn; gfn < end && cw_mem_is_visible(mem, gfn) != visible;)
			gfn++;
		if (gfn > first)
			err = move_run(r, first, gfn - first, visible);
	}
	return err;
}

/* gfn as the guest gave it, perhaps with the shared bit; false when a frame is no RAM. */
static bool range_is_ram(const struct cw_mem *mem, __u64 *gfn, __u64 nr)
{
	__u64 offset;

	*gfn &= ~(1ULL << (mem->shared_bit - CW_PAGE_SHIFT));
	return nr && *gfn < mem->nr_gfns && nr <= mem->nr_gfns &&
	       cw_mem_offset(mem, *gfn << CW_PAGE_SHIFT, nr << CW_PAGE_SHIFT, &offset);
}

int cw_referee_convert(struct cw_box *box, __u64 gfn, __u64 nr, bool visible)
{
	struct cw_referee *r = box->referee;
	int err;

	if (!range_is_ram(&box->mem, &gfn, nr))
		return -EINVAL;
	pthread_mutex_lock(&r->lock);
	err = move_range(r, gfn, gfn + nr, visible);
	pthread_mutex_unlock(&r->lock);
	return err;
}

int cw_referee_supply(struct cw_box *box, __u64 gfn, __u64 nr)
{
	struct cw_referee *r = box->referee;
	__u64 i;
	int err;

	if (!range_is_ram(&box->mem, &gfn, nr))
		return -EINVAL;
	pthread_mutex_lock(&r->lock);
	err = move_range(r, gfn, gfn + nr, true);
	if (!err)
		memset(cw_mem_at(&box->mem, gfn << CW_PAGE_SHIFT, nr << CW_PAGE_SHIFT), 0,
		       nr << CW_PAGE_SHIFT);
	for (i = gfn; !err && i < gfn + nr; i++) {
		r->nr_supplied += !(r->said[i] & CW_SAID_SUPPLIED);
		r->said[i] |= CW_SAID_SUPPLIED;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

void cw_referee_call(struct cw_box *box, bool visible, __u32 asked, __u32 done, __u16 status)
{
	struct cw_referee *r = box->referee;

	pthread_mutex_lock(&r->lock);
	r->nr_refused += !!status;
	cw_out_visibility(r, visible, asked, done, status);
	pthread_mutex_unlock(&r->lock);
}

/* ---- frames that are handed over ---- */

/* What is no RAM is new each time. */
bool cw_referee_say_once(struct cw_referee *r, __u64 gfn, unsigned int what)
{
	if (gfn >= r->box->mem.nr_gfns)
		return true;
	if (r->said[gfn] & what)
		return false;
	r->said[gfn] |= what;
	return true;
}

bool cw_referee_handed(struct cw_box *box, enum cw_handed by, __u64 gfn)
{
	struct cw_referee *r = box->referee;
	bool found = false, is_ram, is_visible;

	is_ram = range_is_ram(&box->mem, &gfn, 1);
	is_visible = is_ram && cw_mem_is_visible(&box->mem, gfn);
	pthread_mutex_lock(&r->lock);
	r->nr_handed[by]++;
	if (!is_visible && cw_referee_say_once(r, gfn, CW_SAID_HANDED << by)) {
		cw_out_handed(r, by, gfn, is_ram);
		found = true;
	}
	/* now, while the bytes that it is to carry are in it */
	if (is_visible && by == CW_HANDED_BUFFER)
		found = cw_canary_search(r, gfn, 1);
	pthread_mutex_unlock(&r->lock);
	if (found)
		stop_on_finding(box);
	return is_visible;
}

void cw_referee_note(struct cw_box *box, const char *what, const char *detail)
{
	struct cw_referee *r = box->referee;

	pthread_mutex_lock(&r->lock);
	cw_out_note(r, what, detail);
	pthread_mutex_unlock(&r->lock);
}

void cw_referee_deed(struct cw_box *box, const char *name)
{
	struct cw_referee *r = box->referee;

	pthread_mutex_lock(&r->lock);
	if (!r->nr_deeds++)
		cw_out_note(r, "hostile", name);
	pthread_mutex_unlock(&r->lock);
}

__u64 cw_referee_deeds(const struct cw_box *box)
{
	return box->referee->nr_deeds;
}

/* ---- the end ---- */

static bool is_left(const struct cw_referee *r, __u64 gfn)
{
	return cw_mem_is_visible(&r->box->mem, gfn) && !(r->said[gfn] & CW_SAID_SUPPLIED);
}

static void left_visible(struct cw_referee *r)
{
	__u64 gfn, first, end = r->box->mem.nr_gfns;

	for (gfn = 0; gfn < end; gfn++) {
		if (!is_left(r, gfn))
			continue;
		for (first = gfn; gfn < end && is_left(r, gfn);)
			gfn++;
		cw_out_left_visible(r, first, gfn - first);
	}
}

static void say_summary(const struct cw_referee *r)
{
	unsigned long long found = cw_referee_findings(r);
	char findings[96] = "no findings", left_out[64] = "";

	if (found)
		snprintf(findings, sizeof(findings),
			 "%llu finding%s (wrong alias %llu, handed private %llu, canaries %llu)",
			 found, found == 1 ? "" : "s", (unsigned long long)r->nr_lines[CW_LINE_WRONG_ALIAS],
			 (unsigned long long)r->nr_lines[CW_LINE_HANDED_PRIVATE],
			 (unsigned long long)r->nr_lines[CW_LINE_CANARY]);
	if (r->nr_left_out)
		snprintf(left_out, sizeof(left_out), "; %llu lines left out of the account",
			 (unsigned long long)r->nr_left_out);
	cw_say(0, "referee: %s; %llu frames visible at most, %llu at the end%s%s%s", findings,
	       (unsigned long long)r->nr_visible_max, (unsigned long long)r->nr_visible, left_out,
	       r->watch.on ? "" : "; no alias watch: ", r->watch.on ? "" : r->watch.why_not);
}

__u64 cw_referee_close(struct cw_box *box)
{
	struct cw_referee *r = box->referee;
	__u64 found;

	/* whose access one is may still be in question */
	watch_stop(&r->watch);
	pthread_mutex_lock(&r->lock);
	if (!r->closed) {
		r->closed = true;
		cw_canary_search(r, 0, box->mem.nr_gfns);
		left_visible(r);
		cw_out_summary(r);
		say_summary(r);
	}
	found = cw_referee_findings(r);
	pthread_mutex_unlock(&r->lock);
	return found;
}
