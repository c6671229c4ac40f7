// SPDX-License-Identifier: GPL-2.0-only
/* Jobs: a scenario, run by one or more worker threads for a number of loops or until stopped. */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "cocovm.h"

#define JOBS_MAX 128	/* started and not stopped */

struct worker {
	struct job *job;
	struct cw_task task;
};

struct job {
	struct list_head link;
	struct cw_options opt;
	bool stop;
	int err;		/* the first one */
	atomic_t left;		/* workers that have not finished */
	struct completion done;
	u32 nr;			/* workers that were started */
	struct worker worker[];
};

static LIST_HEAD(jobs);
static u32 nr_jobs;
static DEFINE_MUTEX(jobs_lock);

static int worker_loop(struct job *job)
{
	const struct cw_options *opt = &job->opt;
	struct cw_run run = {
		.sc = opt->sc,
		.pages = opt->pages,
		.misbehave = opt->misbehave,
		.keep = opt->keep,
	};
	int err = 0;

	while (!err && !READ_ONCE(job->stop) && (!opt->loops || run.loop < opt->loops)) {
		err = cw_scenario_run(&run);
		run.loop++;
		/* a worker that never sleeps would hold up whoever detaches a probe */
		cond_resched_tasks_rcu_qs();
	}
	return err;
}

static int worker_fn(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;
	int err;

	err = worker_loop(job);
	if (err)
		cmpxchg(&job->err, 0, err);
	atomic_dec(&cw_counters.running);
	if (atomic_dec_and_test(&job->left))
		complete(&job->done);
	return 0;
}

/* Ends once no worker runs code of the module. */
static int job_reap(struct job *job)
{
	int err;
	u32 i;

	for (i = 0; i < job->nr; i++)
		cw_task_join(&job->worker[i].task);
	err = job->err;
	kvfree(job);
	return err;
}

static struct job *job_new(const struct cw_options *opt)
{
	struct job *job = cw_zalloc(1, struct_size(job, worker, opt->workers));
	int err;

	if (!job)
		return ERR_PTR(-ENOMEM);
	job->opt = *opt;
	init_completion(&job->done);
	atomic_set(&job->left, opt->workers);
	for (; job->nr < opt->workers; job->nr++) {
		struct worker *worker = &job->worker[job->nr];

		worker->job = job;
		atomic_inc(&cw_counters.running);
		err = cw_task_start(&worker->task, worker_fn, worker, opt->sc->name);
		if (err)
			goto err_running;
	}
	return job;
err_running:
	atomic_dec(&cw_counters.running);
	WRITE_ONCE(job->stop, true);
	job_reap(job);
	return ERR_PTR(err);
}

int cw_job_run(const struct cw_options *opt)
{
	struct job *job = job_new(opt);
	int wait_err, err;

	if (IS_ERR(job))
		return PTR_ERR(job);
	/* a shell would write again after EINTR, and run everything twice */
	wait_err = wait_for_completion_killable(&job->done);
	WRITE_ONCE(job->stop, true);
	err = job_reap(job);
	return wait_err ? -EINTR : err;
}

/* Jobs that have come to their end on their own. */
static void jobs_sweep(void)
{
	struct job *job, *next;

	list_for_each_entry_safe(job, next, &jobs, link) {
		if (!completion_done(&job->done))
			continue;
		list_del(&job->link);
		nr_jobs--;
		job_reap(job);
	}
}

int cw_job_start(const struct cw_options *opt)
{
	struct job *job;
	int err = -EBUSY;

	mutex_lock(&jobs_lock);
	jobs_sweep();
	if (nr_jobs >= JOBS_MAX)
		goto out_lock;
	job = job_new(opt);
	err = PTR_ERR_OR_ZERO(job);
	if (err)
		goto out_lock;
	list_add_tail(&job->link, &jobs);
	nr_jobs++;
out_lock:
	mutex_unlock(&jobs_lock);
	return err;
}

void cw_job_stop_all(void)
{
	struct job *job, *next;

	mutex_lock(&jobs_lock);
	list_for_each_entry(job, &jobs, link)
		WRITE_ONCE(job->stop, true);
	list_for_each_entry_safe(job, next, &jobs, link) {
		list_del(&job->link);
		nr_jobs--;
		job_reap(job);
	}
	mutex_unlock(&jobs_lock);
}
