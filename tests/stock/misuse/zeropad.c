// SPDX-License-Identifier: GPL-2.0-only
/* A stray read that runs into the not-present window: the last bytes of a page are read as a word
 * while the page behind it changes sides, as the name lookup does with strings.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/word-at-a-time.h>

#include "misuse.h"

#define LAST_BYTES 3
#define PATTERN 0x5a

static struct task_struct *reader;
static void *boundary;		/* between the two pages */
static unsigned long word;
static unsigned int nr_reads;

/* Called when the window is open, before the host is told. */
static int in_window(struct kprobe *p, struct pt_regs *regs)
{
	if (current != reader || (cw_pte_of(boundary) & _PAGE_PRESENT))
		return 0;
	word = load_unaligned_zeropad(boundary - LAST_BYTES);
	nr_reads++;
	return 0;
}

/* The bytes of the first page, then zeros for those that could not be read. */
static bool word_is_padded(void)
{
	unsigned long want = 0;

	memset(&want, PATTERN, LAST_BYTES);
	return word == want;
}

static int read_while_sharing(struct page *page)
{
	struct kprobe probe = {
		.symbol_name = "hv_vtom_set_host_visibility",
		.pre_handler = in_window,
	};
	int err = register_kprobe(&probe), back;

	if (err) {
		pr_warn("no window to read into on this kernel (%d)\n", err);
		__free_pages(page, 1);
		return -EOPNOTSUPP;
	}
	reader = current;
	err = cw_share(boundary, 1);
	unregister_kprobe(&probe);
	if (err)
		return err;
	back = cw_unshare(boundary, 1);
	if (back)
		return back;
	__free_pages(page, 1);
	if (!nr_reads) {
		pr_warn("pages stay present while they change (no window before 6.8)\n");
		return -EOPNOTSUPP;
	}
	return word_is_padded() ? 0 : -EIO;
}

int cw_run_zeropad(const struct cw_misuse *m)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 1);

	if (!page)
		return -ENOMEM;
	boundary = page_address(page) + PAGE_SIZE;
	memset(boundary - LAST_BYTES, PATTERN, LAST_BYTES);
	return read_while_sharing(page);
}
