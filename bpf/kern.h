/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CO-RE flavours: of each kernel structure just the fields that a probe reads.
 * Offsets come from the running kernel's BTF when the object is loaded.
 */
#ifndef CW_KERN_H
#define CW_KERN_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct page___cw {
	unsigned long flags;
	unsigned long compound_head;
	unsigned int page_type;
};

/* 7.x calls it so, and may hold a mask there instead of a pointer. */
struct page___info {
	unsigned long compound_info;
};

/* 7.x wraps the flags word in a structure of one member. */
struct memdesc_flags_t___cw {
	unsigned long f;
};

struct cpa_data___cw {
	unsigned long *vaddr;
	unsigned long numpages;
};

struct kmem_cache___cw {
	unsigned int size;
};

struct slab___cw {
	struct kmem_cache___cw *slab_cache;
};

#pragma clang attribute pop

/* Page types: since 6.11 a number in the top byte of page_type, before that a
 * cleared bit in it, and for slab pages a page flag.
 */
enum pagetype___cw {
	PGTY_table___cw = 0,
	PGTY_slab___cw = 0,
};

enum pageflags___cw {
	PG_slab___cw = 0,
};

enum page_cache_mode___cw {
	_PAGE_CACHE_MODE_WB___cw = 0,
};

#endif
