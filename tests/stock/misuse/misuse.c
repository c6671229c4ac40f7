// SPDX-License-Identifier: GPL-2.0-only
/* cw_misuse.ko, a module for the guests of the tests: it misuses the kernel's own interfaces of
 * a confidential VM, one way for each load: insmod cw_misuse.ko what=NAME [fn=ADDRESS] [honest=1].
 * It needs hv_vmbus.  Without what= the kernel log gets the table.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/set_memory.h>
#include <linux/string.h>
#include <asm/coco.h>
#include <asm/pgtable.h>

#include "misuse.h"

static char *what;
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "name of the scenario");

bool cw_honest;
module_param_named(honest, cw_honest, bool, 0444);
MODULE_PARM_DESC(honest, "run its honest twin");

/* not readable: the log and sysfs are no place for kernel addresses */
unsigned long cw_fn;
module_param_named(fn, cw_fn, ulong, 0);
MODULE_PARM_DESC(fn, "address of the function that the scenario needs, from /proc/kallsyms");

/* clang-format off */
static const struct cw_misuse table[] = {
	{ "shared-freed",       "S3", NULL, cw_run_freed, 0,
	  "a page is freed while it is shared" },
	{ "shared-freed-order", "S3", NULL, cw_run_freed, 3,
	  "8 pages are freed together, of which one is shared" },
	{ "slab-part",          "S5", NULL, cw_run_slab, 512,
	  "the page of a 512-byte slab object is shared" },
	{ "slab-whole",         "S5", NULL, cw_run_slab, PAGE_SIZE,
	  "a slab object of one page is shared (a warning)" },
	{ "page-table",         "S5", NULL, cw_run_table, 0,
	  "a page that is typed as a page table, and used as none, is shared" },
	{ "overlap",            "T5", NULL, cw_run_overlap, 0,
	  "two CPUs convert one page at the same time" },
	{ "overlap-window",     "T5", NULL, cw_run_overlap_window, 0,
	  "a page is converted inside the not-present window of a range that holds it" },
	{ "share-twice",        NULL, NULL, cw_run_twice, 1,
	  "a page is shared twice, and made private twice" },
	{ "private-twice",      NULL, NULL, cw_run_twice, 0,
	  "a page that is private is made private" },
	{ "vmalloc",            NULL, NULL, cw_run_vmalloc, 16,
	  "pages whose frames are not contiguous" },
	{ "many",               NULL, NULL, cw_run_vmalloc, 1100,
	  "more pages than one hypercall takes" },
	{ "huge",               NULL, NULL, cw_run_huge, 0,
	  "2 MiB in one piece, then one page of it: large leaves are split" },
	{ "zeropad-window",     NULL, NULL, cw_run_zeropad, 0,
	  "a stray read runs from a page into the not-present window of the next" },
	{ "ring-padding",       "Z1", "hv_ringbuffer_write", cw_run_padding, 0,
	  "the bytes that pad a packet are not zero" },
	{ "second-mapping-private", "S2", "hv_ringbuffer_init", cw_run_mapping, 0,
	  "the pages of a ring are shared, their second mapping is private" },
	{ "dma-private",        "S6", NULL, cw_run_dma, 0,
	  "a packet names a private frame" },
	{ "bounce-size",        "S7", NULL, cw_run_bounce, 0,
	  "a bounce slot is unmapped with another size" },
	{ "bounce-foreign",     "S7", NULL, cw_run_bounce, 1,
	  "a bounce slot is unmapped by a device that does not own it" },
	{ "message-tail",       "Z3", "hv_ghcb_hypercall", cw_run_post, 0,
	  "stale bytes behind the payload of a message" },
	{ "reserved-field",     "Z2", "hv_ghcb_hypercall", cw_run_post, 1,
	  "a reserved field of a hypercall's input is set" },
	{ "private-gpadl",      "S1", "vmbus_post_msg", cw_run_gpadl, 0,
	  "a GPADL names a private frame" },
	{ "wrong-flag",         "S8", NULL, cw_run_mmio, 0,
	  "device memory is mapped private" },
	{ "mapping-late",       NULL, NULL, cw_run_late, 50,
	  "pages that are private again, and still mapped as shared for a while" },
	{ "mapping-kept",       NULL, NULL, cw_run_kept, 0,
	  "the same, unmapped and freed when the module goes" },
};
/* clang-format on */

u64 cw_shared_mask(void)
{
	return cc_mkdec(0);	/* on TDX and under a paravisor set means shared */
}

u64 cw_pte_of(const void *va)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)va, &level);

	return pte ? pte_val(READ_ONCE(*pte)) : 0;
}

int cw_share(const void *va, unsigned int nr_pages)
{
	int err = set_memory_decrypted((unsigned long)va, nr_pages);

	if (err)
		pr_err("cannot share %u pages: %d\n", nr_pages, err);
	return err;
}

int cw_unshare(const void *va, unsigned int nr_pages)
{
	int err = set_memory_encrypted((unsigned long)va, nr_pages);

	if (err)
		pr_err("cannot make %u pages private: %d\n", nr_pages, err);
	return err;
}

void cw_page_put(struct page *page, bool shared)
{
	if (shared && cw_unshare(page_address(page), 1))
		return;
	__free_page(page);
}

static const struct cw_misuse *misuse_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

static void table_print(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		pr_info("scenario %s rule=%s fn=%s text=\"%s\"\n", table[i].name,
			table[i].rule ?: "-", table[i].fn ?: "-", table[i].text);
}

static int __init misuse_init(void)
{
	const struct cw_misuse *m;
	int err;

	if (!what) {
		table_print();
		return 0;
	}
	m = misuse_find(what);
	if (!m) {
		pr_err("no scenario is called %s\n", what);
		return -ENOENT;
	}
	if (m->fn && !cw_fn) {
		pr_err("%s needs fn=, the address of %s\n", m->name, m->fn);
		return -EINVAL;
	}
	err = m->run(m);
	if (err == -EOPNOTSUPP)
		return err;	/* why has been said */
	if (err) {
		pr_err("%s%s failed: %d\n", m->name, cw_honest ? " honest" : "", err);
		return err;
	}
	pr_info("%s%s done\n", m->name, cw_honest ? " honest" : "");
	return 0;
}

static void __exit misuse_exit(void)
{
	cw_kept_end();
}

module_init(misuse_init);
module_exit(misuse_exit);

MODULE_DESCRIPTION("cocowatch: misuse of the kernel's interfaces of a confidential VM, for tests");
MODULE_LICENSE("GPL");
