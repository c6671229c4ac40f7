// SPDX-License-Identifier: GPL-2.0-only
/* A stray reader: load_unaligned_zeropad() from the last bytes of a page that stays present
 * into one that is in transition, so that the kernel's page-fault fixup really runs.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <asm/word-at-a-time.h>

#include "cocovm.h"
#include "trace.h"

#define OWN_BYTES	3	/* of the word that is read, in the page that stays present */
#define FILL		0x5a
#define PATIENCE_MS	500	/* for the reader on the other CPU to run into the window */

struct reader {
	unsigned long addr;
	unsigned int cpu;	/* that it reads on; nr_cpu_ids: there is no other, and no reader */
	bool stop;
	u32 reads;
	u32 fixed;		/* of these */
	u32 own_fixed;		/* by the task of the transition, from within the window */
};

static void reader_read(struct reader *r)
{
	unsigned long word = load_unaligned_zeropad((void *)r->addr);

	WRITE_ONCE(r->reads, r->reads + 1);
	/* the bytes of the second page are never zero in memory */
	if (!(word >> (8 * OWN_BYTES)))
		WRITE_ONCE(r->fixed, r->fixed + 1);
}

static int reader_fn(void *arg)
{
	struct reader *r = arg;

	/* a CPU that has gone offline meanwhile only costs the second CPU */
	set_cpus_allowed_ptr(current, cpumask_of(r->cpu));
	while (!READ_ONCE(r->stop)) {
		reader_read(r);
		usleep_range(10, 50);
	}
	return 0;
}

static void reads_count(u32 reads, u32 fixed)
{
	atomic64_add(reads, &cw_counters.zeropad_reads);
	atomic64_add(fixed, &cw_counters.zeropad_fixed);
	trace_cocovm_zeropad_read(reads, fixed);
}

/* With the pages out: waits for the reader, and where it does not come reads itself. */
static void zeropad_in_window(void *arg)
{
	struct reader *r = arg;
	unsigned long deadline = jiffies + msecs_to_jiffies(PATIENCE_MS);
	u32 before = READ_ONCE(r->fixed);
	struct reader self = { .addr = r->addr };

	while (r->cpu < nr_cpu_ids && READ_ONCE(r->fixed) == before &&
	       time_before(jiffies, deadline))
		usleep_range(10, 50);
	if (READ_ONCE(r->fixed) != before)
		return;
	reader_read(&self);
	reads_count(self.reads, self.fixed);
	r->own_fixed += self.fixed;
}

int cw_run_zeropad(const struct cw_run *run)
{
	struct cw_range *range = cw_pool_get(run->pages + 1), part;
	struct reader r = { .cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id()) };
	struct cw_quirks quirks = { .in_window = zeropad_in_window, .arg = &r };
	bool has_reader = r.cpu < nr_cpu_ids;
	struct cw_task task;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	part = *range;
	part.first++;
	part.nr--;
	/* it is shared first: what it is then filled with would be stale before */
	err = cw_transition(&part, true, NULL);
	if (err)
		return cw_range_finish(run, range, err, 0);
	memset((void *)cw_range_vaddr(range), FILL, 2 * PAGE_SIZE);
	r.addr = cw_range_vaddr(&part) - OWN_BYTES;
	if (has_reader) {
		err = cw_task_start(&task, reader_fn, &r, "zeropad");
		if (err)
			return cw_range_finish(run, range, 0, 0) ?: err;
	}
	err = cw_transition(&part, false, &quirks);
	if (has_reader) {
		WRITE_ONCE(r.stop, true);
		cw_task_join(&task);
		reads_count(r.reads, r.fixed);
	}
	if (err)
		return cw_range_finish(run, range, err, 0);
	cw_range_put(range);
	return r.fixed || r.own_fixed ? 0 : -EPROTO;
}
