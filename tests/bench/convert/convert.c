// SPDX-License-Identifier: GPL-2.0-only
/* cw_convert.ko, for the guest of scripts/bench: makes pages shared and private again, over and
 * over, and says how long that took.
 *
 * `echo PAGES NR >/sys/module/cw_convert/parameters/run` makes 2 * NR transitions of PAGES pages
 * each; the same file then has the nanoseconds that all of them took.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/set_memory.h>

#define PAGES_MAX 512

static u64 took_ns;

/* The pages are leaked when nobody knows any more who may read them. */
static int convert(unsigned long vaddr, unsigned int pages, unsigned int nr)
{
	int err;

	while (nr--) {
		err = set_memory_decrypted(vaddr, pages);
		if (!err)
			err = set_memory_encrypted(vaddr, pages);
		if (err) {
			pr_err("%u pages: %d\n", pages, err);
			return err;
		}
		cond_resched();
	}
	return 0;
}

static int run_set(const char *text, const struct kernel_param *kp)
{
	unsigned int pages, nr, order;
	unsigned long vaddr;
	u64 start;
	int err;

	if (sscanf(text, "%u %u", &pages, &nr) != 2 || !pages || pages > PAGES_MAX)
		return -EINVAL;
	order = get_order(pages * PAGE_SIZE);
	vaddr = __get_free_pages(GFP_KERNEL, order);
	if (!vaddr)
		return -ENOMEM;
	start = ktime_get_ns();
	err = convert(vaddr, pages, nr);
	took_ns = ktime_get_ns() - start;
	if (!err)
		free_pages(vaddr, order);
	return err;
}

static int run_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%llu\n", took_ns);
}

static const struct kernel_param_ops run_ops = { .set = run_set, .get = run_get };
module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "PAGES NR: make 2 * NR transitions; reads as nanoseconds");

MODULE_DESCRIPTION("cocowatch: transitions without end, to be measured");
MODULE_LICENSE("GPL");
