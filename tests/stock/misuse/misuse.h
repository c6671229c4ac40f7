/* SPDX-License-Identifier: GPL-2.0-only */
/* What the families of scenarios share.  Each scenario runs from beginning to end while the
 * module is loaded, and leaves nothing behind that has to be undone; cw_run_kept() alone leaves it
 * to cw_kept_end(), when the module goes.
 */
#ifndef CW_MISUSE_H
#define CW_MISUSE_H

#include <linux/hyperv.h>
#include <linux/types.h>

struct cw_misuse {
	const char *name;
	const char *rule;	/* that must fire, NULL: everything must be silent */
	const char *fn;		/* function whose address it needs, NULL: none */
	int (*run)(const struct cw_misuse *m);
	unsigned int arg;
	const char *text;
};

/* The honest twin is asked for. */
extern bool cw_honest;
/* Address of the function that the row names. */
extern unsigned long cw_fn;

/* The bit of a PTE that says shared; 0 where PTEs do not tell (before 6.4). */
u64 cw_shared_mask(void);
/* The kernel's own page-table entry of an address, 0 when it has none. */
u64 cw_pte_of(const void *va);

/* Pages are made shared and private through the kernel's own calls.  0 or -errno after a line;
 * what cannot be made private again is left where it is for good.
 */
int cw_share(const void *va, unsigned int nr_pages);
int cw_unshare(const void *va, unsigned int nr_pages);
/* A page that is private again, or leaked. */
void cw_page_put(struct page *page, bool shared);

/* The heartbeat's channel, bound to a driver of ours and open on request; it goes back to the
 * driver that had it.  ERR_PTR after a line.
 */
struct hv_device *cw_channel_get(bool open);
void cw_channel_put(void);
/* Another device of the same bus, or NULL; to be given back with put_device(). */
struct device *cw_channel_other(void);

int cw_run_freed(const struct cw_misuse *m);		/* arg: order */
int cw_run_slab(const struct cw_misuse *m);		/* arg: bytes of an object */
int cw_run_table(const struct cw_misuse *m);
int cw_run_twice(const struct cw_misuse *m);		/* arg: 1 both ways, 0 private only */
int cw_run_vmalloc(const struct cw_misuse *m);		/* arg: pages */
int cw_run_huge(const struct cw_misuse *m);
int cw_run_overlap(const struct cw_misuse *m);
int cw_run_overlap_window(const struct cw_misuse *m);
int cw_run_zeropad(const struct cw_misuse *m);
int cw_run_padding(const struct cw_misuse *m);
int cw_run_dma(const struct cw_misuse *m);
int cw_run_mapping(const struct cw_misuse *m);
int cw_run_bounce(const struct cw_misuse *m);		/* arg: 1 foreign owner, 0 other size */
int cw_run_post(const struct cw_misuse *m);		/* arg: 1 reserved field, 0 tail */
int cw_run_gpadl(const struct cw_misuse *m);
int cw_run_mmio(const struct cw_misuse *m);
int cw_run_late(const struct cw_misuse *m);		/* arg: how often */
int cw_run_kept(const struct cw_misuse *m);
void cw_kept_end(void);

#endif
