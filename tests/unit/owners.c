// SPDX-License-Identifier: GPL-2.0-only
/* Claims against shared pages: each shared frame has one owner, whatever overlaps, whatever cannot
 * be read.  Where the claims come from: claims.c.
 */
#include "unit.h"

#include <stdlib.h>

#include "owners.h"

#define DIRECT 0xffff888000000000ULL
#define VMALLOC 0xffffc90000000000ULL
#define VA(gfn) (DIRECT + ((gfn) << 12))

static const struct cw_ram ram = { .range = { { 0x1, 0x9f }, { 0x100, 0xffff } }, .nr = 2 };
static const struct cw_mode_state vtom = { .mode = CW_MODE_SNP_VTOM, .shared_mask = 1ULL << 39 };
static const struct cw_mode_state old = { .mode = CW_MODE_SNP_VTOM, .shared_mask = 1ULL << 39,
					  .no_bit = true };

static struct cw_shared shared;
static struct cw_claims claims;
static struct cw_owned owned;

static void maps(__u64 vaddr, __u64 gfn, __u64 nr_pages)
{
	const struct cw_inv_run run = { .vaddr = vaddr, .gfn = gfn, .nr_pages = nr_pages,
					.pte = gfn << 12 | 3, .shift = 12 };

	assert_int_equal(cw_shared_add(&shared, &run), 0);
}

static void claim(__u32 owner, __u64 gfn, __u64 nr_pages)
{
	const struct cw_claim c = { .gfn = gfn, .nr_pages = nr_pages, .owner = owner,
				    .cpu = CW_NO_INDEX };

	assert_int_equal(cw_claims_add(&claims, &c), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	memset(&claims, 0, sizeof(claims));
	memset(&owned, 0, sizeof(owned));
	shared.direct_first = DIRECT;
	shared.direct_last = VMALLOC - 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_shared_free(&shared);
	cw_claims_free(&claims);
	cw_owned_free(&owned);
	return 0;
}

/* What must come out: owner, first frame, pages, flags; up to the first without pages. */
struct want {
	__u32 owner;
	__u64 gfn;
	__u32 nr_pages;
	__u32 flags;
};

static void owns(const struct cw_mode_state *mode, const struct want *want)
{
	size_t i;

	cw_claims_sort(&claims);
	cw_owned_free(&owned);
	assert_int_equal(cw_owned_find(&owned, &claims, &shared, &ram, mode), 0);
	for (i = 0; want[i].nr_pages; i++) {
		assert_true(i < owned.nr);
		assert_int_equal(owned.ev[i].owner, want[i].owner);
		assert_int_equal(owned.ev[i].gfn, want[i].gfn);
		assert_int_equal(owned.ev[i].nr_pages, want[i].nr_pages);
		assert_int_equal(owned.ev[i].flags, want[i].flags);
		assert_int_equal(owned.ev[i].mode, mode->mode);
		assert_int_equal(owned.ev[i].hdr.len, sizeof(owned.ev[i]));
	}
	assert_int_equal(owned.nr, i);
}

#define OWNS(mode, ...) \
	do { \
		const struct want want_[] = { __VA_ARGS__, { 0 } }; \
		owns(mode, want_); \
	} while (0)

static void test_one_owner_each(void **state)
{
	(void)state;
	maps(VA(0x200), 0x200, 0x100);
	claim(CW_OWNER_RING, 0x210, 0x10);
	claim(CW_OWNER_MONITOR, 0x220, 1);	/* right behind it */
	claim(CW_OWNER_BOUNCE, 0x2f0, 0x100);	/* more than is shared */
	claim(CW_OWNER_NETVSC, 0x900, 0x100);	/* nothing of it is */
	OWNS(&vtom, { CW_OWNER_UNKNOWN, 0x200, 0x10, 0 }, { CW_OWNER_RING, 0x210, 0x10, 0 },
	     { CW_OWNER_MONITOR, 0x220, 1, 0 }, { CW_OWNER_UNKNOWN, 0x221, 0xcf, 0 },
	     { CW_OWNER_BOUNCE, 0x2f0, 0x10, 0 });
	assert_int_equal(owned.nr_pages, 0x100);
	assert_true(owned.ev[1].vaddr == VA(0x210) && owned.ev[1].pte == 0);
	assert_true(owned.ev[0].pte == (0x200 << 12 | 3));
}

/* A claim inside of another one is the more particular; behind it the other goes on. */
static void test_claims_overlap(void **state)
{
	(void)state;
	maps(VA(0x200), 0x200, 0x20);
	claim(CW_OWNER_DMA_POOL, 0x200, 0x20);
	claim(CW_OWNER_RING, 0x208, 4);
	OWNS(&vtom, { CW_OWNER_DMA_POOL, 0x200, 8, 0 }, { CW_OWNER_RING, 0x208, 4, 0 },
	     { CW_OWNER_DMA_POOL, 0x20c, 0x14, 0 });
}

/* A ring is mapped three times; it is told once, by its direct mapping. */
static void test_mapped_more_than_once(void **state)
{
	(void)state;
	maps(VA(0x300), 0x300, 8);
	maps(VMALLOC, 0x300, 4);
	maps(VMALLOC + 0x4000, 0x301, 3);
	maps(VMALLOC + 0x10000, 0x304, 4);
	claim(CW_OWNER_RING, 0x300, 8);
	OWNS(&vtom, { CW_OWNER_RING, 0x300, 8, 0 });
	assert_int_equal(owned.nr_pages, 8);
}

/* Shared in another mapping only: that is told, and of the rest just what is left over. */
static void test_not_in_the_direct_map(void **state)
{
	(void)state;
	maps(VA(0x302), 0x302, 2);
	maps(VA(0x305), 0x305, 1);
	maps(VMALLOC, 0x300, 8);
	maps(VMALLOC + 0x10000, 0x306, 4);
	OWNS(&vtom, { CW_OWNER_UNKNOWN, 0x300, 2, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_UNKNOWN, 0x302, 2, 0 }, { CW_OWNER_UNKNOWN, 0x304, 1, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_UNKNOWN, 0x305, 1, 0 }, { CW_OWNER_UNKNOWN, 0x306, 4, CW_OWNER_NO_DIRECT });
	assert_int_equal(owned.nr_pages, 10);
	assert_true(owned.ev[0].vaddr == VMALLOC && owned.ev[2].vaddr == VMALLOC + 0x4000);
}

/* Not memory of this guest: the paravisor's where it has an owner, else a device's. */
static void test_beyond_ram(void **state)
{
	(void)state;
	maps(VMALLOC, 0x10000, 2);
	maps(VMALLOC + 0x10000, 0xfec00, 1);
	maps(VMALLOC + 0x20000, 0x9e, 4);	/* the last two lie in the hole */
	claim(CW_OWNER_SYNIC, 0x10001, 1);
	OWNS(&vtom, { CW_OWNER_UNKNOWN, 0x9e, 2, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_SYNIC, 0x10001, 1, CW_OWNER_NO_DIRECT | CW_OWNER_SUPPLIED });
	assert_int_equal(owned.nr_pages, 2);
	assert_int_equal(owned.nr_supplied, 1);
	assert_int_equal(owned.nr_device, 4);
}

/* Before 6.4 some owners share pages that no mapping shows; with a protection flag none does. */
static void test_unmapped(void **state)
{
	const __u32 flags = CW_OWNER_NO_DIRECT | CW_OWNER_UNMAPPED;

	(void)state;
	maps(VMALLOC, 0x400, 4);
	claim(CW_OWNER_RING, 0x400, 4);
	claim(CW_OWNER_RING, 0x500, 4);		/* a ring has its second mapping, or is none */
	claim(CW_OWNER_MONITOR, 0x403, 2);	/* one of them is mapped */
	claim(CW_OWNER_DMA_POOL, 0x600, 0x20);
	OWNS(&old, { CW_OWNER_RING, 0x400, 3, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_MONITOR, 0x403, 1, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_MONITOR, 0x404, 1, flags },
	     { CW_OWNER_DMA_POOL, 0x600, 0x20, flags });
	assert_int_equal(owned.nr_pages, 4 + 1 + 0x20);
	assert_true(owned.ev[2].vaddr == 0);
	OWNS(&vtom, { CW_OWNER_RING, 0x400, 3, CW_OWNER_NO_DIRECT },
	     { CW_OWNER_MONITOR, 0x403, 1, CW_OWNER_NO_DIRECT });
}

/* What one look found doubtful is told as such by a second one only. */
static void test_second_look(void **state)
{
	struct cw_owned before;

	(void)state;
	maps(VA(0x200), 0x200, 0x10);
	claim(CW_OWNER_RING, 0x204, 4);
	OWNS(&vtom, { CW_OWNER_UNKNOWN, 0x200, 4, 0 }, { CW_OWNER_RING, 0x204, 4, 0 },
	     { CW_OWNER_UNKNOWN, 0x208, 8, 0 });
	assert_int_equal(cw_owned_confirm(&owned, NULL), 2);
	assert_true(owned.ev[0].flags == CW_OWNER_UNCONFIRMED && !owned.ev[1].flags);
	before = owned;
	memset(&owned, 0, sizeof(owned));
	/* the second of them has an owner now, and another one is new */
	claim(CW_OWNER_RING, 0x208, 8);
	maps(VA(0x300), 0x300, 1);
	OWNS(&vtom, { CW_OWNER_UNKNOWN, 0x200, 4, 0 }, { CW_OWNER_RING, 0x204, 12, 0 },
	     { CW_OWNER_UNKNOWN, 0x300, 1, 0 });
	assert_int_equal(cw_owned_confirm(&owned, &before), 1);
	assert_true(!owned.ev[0].flags && owned.ev[2].flags == CW_OWNER_UNCONFIRMED);
	cw_owned_free(&before);
}

static void test_nothing(void **state)
{
	const struct want none[] = { { 0 } };

	(void)state;
	owns(&vtom, none);
	assert_int_equal(owned.nr_pages, 0);
}

/* Many, in no order, all found: what a page-by-page count says, these say too. */
static void test_many(void **state)
{
	static __u8 is_shared[0x4000], owner_of[0x4000];
	__u32 seed = 1;
	__u64 va = VMALLOC;
	size_t i, k, seen = 0;

	(void)state;
	memset(is_shared, 0, sizeof(is_shared));
	memset(owner_of, 0, sizeof(owner_of));
	for (i = 0; i < 300; i++) {
		__u64 gfn, nr;

		seed = seed * 1103515245 + 12345;
		gfn = 0x100 + (seed >> 8) % 0x3e00;
		nr = 1 + (seed >> 24) % 40;
		maps(va, gfn, nr);
		va += (nr + 1) << 12;
		memset(is_shared + gfn, 1, nr);
		if (i % 3 == 0 && !owner_of[gfn] && !owner_of[gfn + nr]) {
			claim(CW_OWNER_RING, gfn, 1);
			owner_of[gfn] = CW_OWNER_RING;
		}
	}
	cw_claims_sort(&claims);
	assert_int_equal(cw_owned_find(&owned, &claims, &shared, &ram, &vtom), 0);
	for (i = 0; i < owned.nr; i++)
		for (k = 0; k < owned.ev[i].nr_pages; k++) {
			__u64 gfn = owned.ev[i].gfn + k;

			assert_true(is_shared[gfn]);
			assert_int_equal(owned.ev[i].owner, owner_of[gfn]);
			is_shared[gfn] = 0;	/* not a second time */
			seen++;
		}
	assert_int_equal(owned.nr_pages, seen);
	for (i = 0; i < NR(is_shared); i++)
		assert_false(is_shared[i]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_one_owner_each),	CASE(test_claims_overlap), CASE(test_mapped_more_than_once),
	CASE(test_not_in_the_direct_map), CASE(test_beyond_ram), CASE(test_unmapped),
	CASE(test_second_look),		CASE(test_nothing),	   CASE(test_many),
};

UNIT_MAIN(tests)
