// SPDX-License-Identifier: GPL-2.0-only
/* Tasks, which are threads whose end can be waited for: no code of the module runs in them any
 * more, and whoever watches the exit of tasks has seen theirs.  And jobs: a scenario, run by one or
 * more worker threads for a number of loops or until stopped.
 */
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>

#include "cocovm.h"

static int task_fn(void *arg)
{
	struct cw_task *task = arg;

	task->ret = task->fn(task->arg);
	complete_all(&task->done);
	return 0;
}

int cw_task_start(struct cw_task *task, int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *t;

	task->fn = fn;
	task->arg = arg;
	init_completion(&task->done);
	if (cw_alloc_fails())
		return -ENOMEM;
	t = kthread_create(task_fn, task, CW_NAME "/%s", name);
	if (IS_ERR(t))
		return PTR_ERR(t);
	task->task = get_task_struct(t);
	wake_up_process(t);
	return 0;
}

/* kthread_stop() would not do: it keeps a thread that has not run yet from running, and returns
 * before sched_process_exit, when pages restored now would seem to overlap its transition.
 */
int cw_task_join(struct cw_task *task)
{
	wait_for_completion(&task->done);
	while (!READ_ONCE(task->task->exit_state))
		schedule_timeout_uninterruptible(1);
	put_task_struct(task->task);
	task->task = NULL;
	return task->ret;
}

/* ---- jobs ---- */

#define JOBS_MAX 128	/* started and not stopped */

struct job {
	struct list_head link;
	struct cw_run run;
	bool stop;
	u32 nr;			/* workers that were started */
	struct cw_task worker[];
};

static LIST_HEAD(jobs);
static u32 nr_jobs;
static DEFINE_MUTEX(jobs_lock);

static int worker_fn(void *arg)
{
	struct job *job = arg;
	struct cw_run run = job->run;
	int err = 0;

	while (!err && !READ_ONCE(job->stop) && (!run.loops || run.loop < run.loops)) {
		err = cw_scenario_run(&run);
		run.loop++;
		/* a worker that never sleeps would hold up whoever detaches a probe */
		cond_resched_tasks_rcu_qs();
	}
	atomic64_dec(&cw_counters.running);
	return err;
}

/* Ends once no worker runs code of the module.  The first error of them. */
static int job_reap(struct job *job)
{
	int err = 0, worker_err;
	u32 i;

	for (i = 0; i < job->nr; i++) {
		worker_err = cw_task_join(&job->worker[i]);
		err = err ?: worker_err;
	}
	kvfree(job);
	return err;
}

static struct job *job_new(const struct cw_run *run)
{
	struct job *job = cw_zalloc(1, struct_size(job, worker, run->workers));
	int err;

	if (!job)
		return ERR_PTR(-ENOMEM);
	job->run = *run;
	for (; job->nr < run->workers; job->nr++) {
		atomic64_inc(&cw_counters.running);
		err = cw_task_start(&job->worker[job->nr], worker_fn, job, run->sc->name);
		if (err)
			goto err_running;
	}
	return job;
err_running:
	atomic64_dec(&cw_counters.running);
	WRITE_ONCE(job->stop, true);
	job_reap(job);
	return ERR_PTR(err);
}

int cw_job_run(const struct cw_run *run)
{
	struct job *job = job_new(run);
	int killed = 0, err;
	u32 i;

	if (IS_ERR(job))
		return PTR_ERR(job);
	/* a shell would write again after EINTR, and run everything twice */
	for (i = 0; i < job->nr && !killed; i++)
		killed = wait_for_completion_killable(&job->worker[i].done);
	WRITE_ONCE(job->stop, true);
	err = job_reap(job);
	return killed ? -EINTR : err;
}

static bool job_is_done(struct job *job)
{
	u32 i;

	for (i = 0; i < job->nr; i++)
		if (!completion_done(&job->worker[i].done))
			return false;
	return true;
}

/* Those that have come to their end on their own, or all. */
static void jobs_reap(bool all)
{
	struct job *job, *next;

	list_for_each_entry_safe(job, next, &jobs, link) {
		if (!all && !job_is_done(job))
			continue;
		list_del(&job->link);
		nr_jobs--;
		job_reap(job);
	}
}

int cw_job_start(const struct cw_run *run)
{
	struct job *job = ERR_PTR(-EBUSY);

	mutex_lock(&jobs_lock);
	jobs_reap(false);
	if (nr_jobs < JOBS_MAX)
		job = job_new(run);
	if (!IS_ERR(job)) {
		list_add_tail(&job->link, &jobs);
		nr_jobs++;
	}
	mutex_unlock(&jobs_lock);
	return PTR_ERR_OR_ZERO(job);
}

void cw_job_stop_all(void)
{
	struct job *job;

	mutex_lock(&jobs_lock);
	list_for_each_entry(job, &jobs, link)
		WRITE_ONCE(job->stop, true);
	jobs_reap(true);
	mutex_unlock(&jobs_lock);
}
