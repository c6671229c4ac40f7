/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory: one memfd, mapped three times.  Two mappings are what the guest sees through its
 * private and its shared address alias (see referee.h); the third is the monitor's own.
 * A guest physical address may carry the shared bit: it is masked off here.
 */
#ifndef CW_BOX_MEM_H
#define CW_BOX_MEM_H

#include <stdbool.h>
#include <linux/types.h>

#define CW_PAGE_SIZE	4096ULL
#define CW_PAGE_SHIFT	12
#define CW_GFN_NONE	(~0ULL)

enum { CW_ALIAS_PRIVATE, CW_ALIAS_SHARED, CW_ALIAS_NR };

/* RAM lies below CW_HOLE_START and, what is more, from CW_HOLE_END on; devices are between. */
#define CW_HOLE_START	0xc0000000ULL
#define CW_HOLE_END	0x100000000ULL

struct cw_mem {
	__u64 size;		/* bytes of RAM */
	__u64 low_size;		/* of these below the hole */
	__u64 nr_gfns;		/* one more than the highest gfn */
	unsigned int shared_bit;
	int fd;
	__u8 *alias[CW_ALIAS_NR];
	__u8 *host;
	__u64 *visible;		/* a bit a gfn: the host may look at it */
};

/* size is a multiple of 2 MiB.  0 or -errno. */
int cw_mem_init(struct cw_mem *mem, __u64 size, unsigned int shared_bit);
void cw_mem_exit(struct cw_mem *mem);

/* Asks for huge pages where the guest's memory is private, before it is written.  An emulated
 * machine spends most of its time on first touches of pages else.
 */
void cw_mem_use_huge(const struct cw_mem *mem);

/* Maps in the private alias what was written so far, 2 MiB wise; what cannot be is mapped when it
 * is touched.
 */
void cw_mem_map_written(const struct cw_mem *mem);

/* Offset of gpa in the memfd; false when [gpa, gpa + len) is not all RAM in one piece. */
bool cw_mem_offset(const struct cw_mem *mem, __u64 gpa, __u64 len, __u64 *offset);

/* What the paravisor sees: all RAM, in the monitor's own mapping.  NULL outside of it. */
void *cw_mem_at(const struct cw_mem *mem, __u64 gpa, __u64 len);

/* What the host sees: NULL unless every frame of it is visible. */
void *cw_mem_visible_at(const struct cw_mem *mem, __u64 gpa, __u64 len);

bool cw_mem_is_visible(const struct cw_mem *mem, __u64 gfn);
void cw_mem_set_visible(struct cw_mem *mem, __u64 gfn, bool visible);

/* gpa without the shared bit. */
__u64 cw_mem_gpa(const struct cw_mem *mem, __u64 gpa);

#endif
