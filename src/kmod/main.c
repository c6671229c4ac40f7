// SPDX-License-Identifier: GPL-2.0-only
/* Module start and end, and its parameters, all of them readable in sysfs. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/stringify.h>
#include <linux/tracepoint.h>

#include <cocowatch/event.h>

#include "cocovm.h"

#define ABI __stringify(CW_ABI_MAJOR) "." __stringify(CW_ABI_MINOR)

#define POOL_PAGES_MIN	16
#define POOL_PAGES_MAX	(1U << 18)	/* 1 GiB */

struct cw_counters cw_counters;

#define PARAM(type, name, kind, value, text) \
	static type name = value; \
	module_param(name, kind, 0444); \
	MODULE_PARM_DESC(name, text)

PARAM(char *, emulate, charp, "snp-vtom",
      "platform: snp-vtom (default), tdx-vtom, vbs, snp, tdx, auto: as the machine is, none: not at all");
PARAM(char *, host, charp, "honest",
      "what the emulated host is like, by a name of `cocobox list` (default honest)");
PARAM(unsigned int, fail_alloc, uint, 0,
      "the allocation of that number fails, counted from loading on (default none)");
PARAM(unsigned int, shared_bit, uint, 57,
      "PTE bit that stands for shared: 9, 10 or 57 (default)");
PARAM(unsigned int, pool_pages, uint, 2048, "pages to play with (default 2048)");

/* What the module says of itself cannot be said for it. */
static int param_refuse(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static int abi_show(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", ABI);
}

static int pte_mask_show(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "0x%llx\n", cw_platform.pte_mask);
}

static const struct kernel_param_ops abi_ops = { .set = param_refuse, .get = abi_show };
static const struct kernel_param_ops pte_mask_ops = { .set = param_refuse, .get = pte_mask_show };

module_param_cb(abi, &abi_ops, NULL, 0444);
MODULE_PARM_DESC(abi, "read only: version of the tracepoints and records");
module_param_cb(pte_mask, &pte_mask_ops, NULL, 0444);
MODULE_PARM_DESC(pte_mask, "read only: mask of the shared bit");

static int __init cw_init(void)
{
	int err;

	err = cw_platform_init(emulate, shared_bit);
	if (err)
		return err;
	if (fail_alloc > INT_MAX) {
		pr_err("fail_alloc=%u: more than %d\n", fail_alloc, INT_MAX);
		return -EINVAL;
	}
	cw_alloc_fail(fail_alloc);
	if (pool_pages < POOL_PAGES_MIN || pool_pages > POOL_PAGES_MAX) {
		pr_err("pool_pages=%u: not between %u and %u\n", pool_pages, POOL_PAGES_MIN,
		       POOL_PAGES_MAX);
		return -EINVAL;
	}
	err = cw_slab_init();
	if (err) {
		pr_err("cannot make a slab page to share: %d\n", err);
		goto err_host;
	}
	err = cw_pool_init(pool_pages);
	if (err) {
		pr_err("cannot make a pool of %u pages: %d\n", pool_pages, err);
		goto err_slab;
	}
	err = cw_hypercall_init();
	if (err) {
		pr_err("cannot make pages for hypercalls: %d\n", err);
		goto err_pool;
	}
	err = cw_host_become(host);
	if (err)
		goto err_hypercall;
	err = cw_device_init();
	if (err) {
		pr_err("cannot make /dev/" CW_NAME ": %d\n", err);
		goto err_hypercall;
	}
	pr_info("%s %s with %u pages, shared bit %u, abi %s; a test module, not for production\n",
		cw_platform.native ? "driving" : "emulating", cw_platform.mode, pool_pages,
		shared_bit, ABI);
	return 0;
err_hypercall:
	cw_hypercall_exit();
err_pool:
	cw_pool_exit();
err_slab:
	cw_slab_exit();
err_host:
	cw_host_exit();
	return err;
}

static void __exit cw_exit(void)
{
	cw_device_exit();
	cw_job_stop_all();
	if (cw_pool_restore_kept())
		pr_warn("some pages could not be made private by a transition; restored without\n");
	cw_hypercall_exit();
	cw_pool_exit();
	cw_slab_exit();
	cw_host_exit();
	tracepoint_synchronize_unregister();
}

module_init(cw_init);
module_exit(cw_exit);

MODULE_DESCRIPTION("cocowatch: an emulated confidential VM that can misbehave on request");
MODULE_LICENSE("GPL");
MODULE_INFO(cw_abi, ABI);
