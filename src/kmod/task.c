// SPDX-License-Identifier: GPL-2.0-only
/* Threads whose end can be waited for: no code of the module runs in them any more, and
 * whoever watches the exit of tasks has seen theirs.
 */
#include <linux/err.h>
#include <linux/kthread.h>
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
