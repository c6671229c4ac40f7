// SPDX-License-Identifier: GPL-2.0-only
/* Two conversions of one page at the same time.  Both go the same way, so that the page and the
 * host agree in the end whoever wins.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#include "misuse.h"

static int cpus_check(void)
{
	if (num_online_cpus() > 1)
		return 0;
	pr_warn("one CPU cannot convert a page twice at once (start the guest with two)\n");
	return -EOPNOTSUPP;
}

/* A thread that lives until it is joined, whatever becomes of its work. */
struct worker {
	struct task_struct *task;
	int (*work)(void *arg);
	void *arg;
	bool runs;
};

static int worker_main(void *arg)
{
	struct worker *w = arg;
	int err;

	WRITE_ONCE(w->runs, true);
	err = w->work(w->arg);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return err;
}

/* Returns when it runs: one that is stopped before never does. */
static int worker_start(struct worker *w, unsigned int cpu)
{
	w->task = kthread_create(worker_main, w, "cw_misuse/%u", cpu);
	if (IS_ERR(w->task))
		return PTR_ERR(w->task);
	kthread_bind(w->task, cpu);
	wake_up_process(w->task);
	while (!READ_ONCE(w->runs))
		cond_resched();
	return 0;
}

/* ---- one page, both at once, until their calls are seen to overlap ---- */

#define ROUNDS_MAX	1000
#define ROUNDS_WANTED	4

struct race {
	const void *va;
	atomic_t met;		/* how often one of the two came to a meeting */
	atomic_t nr_ids;
	struct mutex turn;	/* the honest ones wait for each other */
	ktime_t began[2];
	ktime_t ended[2];
	unsigned int rounds;
	unsigned int overlaps;
	bool over;
};

/* Both leave it at the same time, which is why they spin. */
static void race_meet(struct race *r)
{
	int nr = atomic_inc_return(&r->met);

	while (atomic_read(&r->met) < round_up(nr, 2)) {
		cpu_relax();
		cond_resched();
	}
}

static int race_convert(struct race *r, unsigned int id, bool to_shared)
{
	int err;

	race_meet(r);
	if (cw_honest)
		mutex_lock(&r->turn);
	r->began[id] = ktime_get();
	err = to_shared ? cw_share(r->va, 1) : cw_unshare(r->va, 1);
	r->ended[id] = ktime_get();
	if (cw_honest)
		mutex_unlock(&r->turn);
	race_meet(r);
	if (!id && ktime_before(r->began[0], r->ended[1]) && ktime_before(r->began[1], r->ended[0]))
		r->overlaps++;
	return err;
}

/* A failure is not passed on before the end: the other one waits at the next meeting. */
static int race_run(void *arg)
{
	struct race *r = arg;
	unsigned int id = atomic_inc_return(&r->nr_ids) - 1;
	int err = 0, now;

	while (!r->over) {
		now = race_convert(r, id, true);
		err = err ?: now;
		now = race_convert(r, id, false);
		err = err ?: now;
		if (!id)
			r->over = ++r->rounds == ROUNDS_MAX || r->overlaps >= ROUNDS_WANTED ||
				  (cw_honest && r->rounds == ROUNDS_WANTED);
		race_meet(r);
	}
	return err;
}

int cw_run_overlap(const struct cw_misuse *m)
{
	struct worker w[2];
	struct race r = { .met = ATOMIC_INIT(0) };
	unsigned int cpu = cpumask_first(cpu_online_mask);
	int err = cpus_check(), second;
	struct page *page;

	if (err)
		return err;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	r.va = page_address(page);
	mutex_init(&r.turn);
	w[0] = w[1] = (struct worker){ .work = race_run, .arg = &r };
	err = worker_start(&w[0], cpu);
	if (!err) {
		second = worker_start(&w[1], cpumask_next(cpu, cpu_online_mask));
		/* the first waits for company: whoever comes in here is as good */
		if (second)
			race_run(&r);
		err = kthread_stop(w[0].task);
		second = second ?: kthread_stop(w[1].task);
		err = err ?: second;
	}
	pr_info("%u of %u pairs of calls overlapped\n", r.overlaps, 2 * r.rounds);
	/* an undisturbed one each way, or no watcher could know what the page is at its free */
	err = err ?: cw_share(r.va, 1);
	err = err ?: cw_unshare(r.va, 1);
	if (err)
		return err;
	__free_page(page);
	return cw_honest || r.overlaps ? 0 : -EAGAIN;
}

/* ---- one page of a range whose window is open ---- */

#define RANGE_ORDER	9
#define RANGE_PAGES	(1U << RANGE_ORDER)
#define WINDOW_TRIES	20

struct window {
	const void *va;
	atomic_t begun;
	atomic_t ended;
};

static int window_share(void *arg)
{
	struct window *win = arg;
	int err;

	atomic_set(&win->begun, 1);
	err = cw_share(win->va, RANGE_PAGES);
	atomic_set(&win->ended, 1);
	return err;
}

/* Whether the window was seen before the conversion was over. */
static bool window_wait(struct window *win, const void *va)
{
	while (!atomic_read(&win->begun))
		cond_resched();
	while (!atomic_read(&win->ended)) {
		if (!cw_honest && !(cw_pte_of(va) & _PAGE_PRESENT))
			return true;
		cpu_relax();
		cond_resched();
	}
	return false;
}

/* 1 when the second conversion began inside the window of the first. */
static int window_try(const void *va)
{
	const void *last = va + (RANGE_PAGES - 1) * PAGE_SIZE;
	struct window win = { .va = va };
	struct worker w = { .work = window_share, .arg = &win };
	unsigned int cpu = get_cpu();
	int err, second, seen;

	put_cpu();
	cpu = cpumask_any_but(cpu_online_mask, cpu);
	err = worker_start(&w, cpu);
	if (err)
		return err;
	seen = window_wait(&win, last);
	second = seen || cw_honest ? cw_share(last, 1) : 0;
	err = kthread_stop(w.task);
	err = err ?: second;
	second = cw_unshare(va, RANGE_PAGES);
	err = err ?: second;
	return err ?: seen;
}

int cw_run_overlap_window(const struct cw_misuse *m)
{
	int err = cpus_check(), i;
	struct page *page;

	if (err)
		return err;
	page = alloc_pages(GFP_KERNEL, RANGE_ORDER);
	if (!page)
		return -ENOMEM;
	for (i = 0; !err && i < (cw_honest ? 1 : WINDOW_TRIES); i++)
		err = window_try(page_address(page));
	if (err < 0)
		return err;
	__free_pages(page, RANGE_ORDER);
	if (cw_honest || err)
		return 0;
	pr_warn("pages stay present while they change (no window before 6.8), see overlap\n");
	return -EOPNOTSUPP;
}
