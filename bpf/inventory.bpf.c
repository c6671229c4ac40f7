// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that are attached to nothing: user space runs them (bpf_prog_test_run) to read
 * kernel memory at an address, and to walk a stretch of the kernel's page tables
 * for pages that are shared.  Whole tables are read at a time, and empty or large entries
 * passed over at once.  One caller at a time: what they return stands in .bss.
 */
#include "compat.bpf.h"
#include "engine.bpf.h"
#include "range.bpf.h"
#include "watch.bpf.h"

#include <cocowatch/inventory.h>

#define WALK_TRIES 4	/* readings of a table that keeps changing */
#define TABLE_SPAN (1ULL << 21)	/* bytes that a last-level table maps */
#define HW_BITS 0x60ULL	/* accessed and dirty: set by the CPU itself */

__u8 inv_bytes[CW_INV_BYTES];
struct cw_inv_run inv_runs[CW_INV_RUNS];
struct cw_inv_count inv_count;

/* Of the walk under way.  Here and not on the stack: a value there that changes with each
 * step keeps the verifier from ever seeing two equal rounds.
 */
struct walk_state {
	__u64 tag[CW_INV_LEVELS];	/* address above the table, plus 1; 0: not read */
	__u64 base[CW_INV_LEVELS];	/* where the table is */
	__u64 va;
	__u64 word_nr;			/* state word that was taken before the entries were read */
	__u64 word;
	__u32 tries;
	__u32 nr_runs;
	__u32 full;
	__u32 done;
	struct cw_chunk chunk;
	struct cw_chunk again;		/* the entry, after its frame was seeded */
};

static struct walk_state walk;
static __u64 walk_table[CW_INV_LEVELS][CW_INV_ENTRIES];

struct walk_ctx {
	struct cw_kern *kern;
	struct cw_pte_fmt fmt;
	__u64 last;
	__u32 seed;
	__u32 no_bit;
};

SEC("syscall")
int read_memory(struct cw_inv_read *args)
{
	__u32 len = args->len;

	if (len > CW_INV_BYTES)
		len = CW_INV_BYTES;
	args->err = bpf_probe_read_kernel(inv_bytes, len, (void *)args->addr);
	return 0;
}

/* ---- tables ---- */

static __always_inline __u32 level_shift(int level)
{
	return 12 + 9 * (CW_INV_LEVELS - 1 - level);
}

/* The table was replaced, or cannot be read: again from the one above, a few times. */
static __always_inline int level_retry(int level)
{
	walk.tag[level] = 0;
	if (level)
		walk.tag[level - 1] = 0;
	if (walk.tries++ < WALK_TRIES) {
		inv_count.changed++;
		return 1;
	}
	inv_count.failed++;
	loss_add(CW_EV_OWNER, CW_LOSS_UNWALKED, CW_INV_ENTRIES);
	return -1;
}

/* Reads the table of one level unless it is there already.  0; 1: begin again; -1: give up. */
static __always_inline int level_load(int level, int top, __u64 table)
{
	__u32 shift = level_shift(level);
	__u64 tag = (walk.va >> (shift + 9)) + 1, entry = 0, at;

	if (walk.tag[level] == tag)
		return 0;
	if (bpf_probe_read_kernel(walk_table[level], sizeof(walk_table[level]), (void *)table))
		return level_retry(level);
	inv_count.tables++;
	if (level > top) {
		/* what led here must still be there, or these were another table's bytes */
		at = (walk.va >> (shift + 9)) & (CW_INV_ENTRIES - 1);
		if (bpf_probe_read_kernel(&entry, 8, (void *)(walk.base[level - 1] + at * 8)) ||
		    (entry ^ walk_table[level - 1][at]) & ~HW_BITS)
			return level_retry(level);
	}
	walk.tag[level] = tag;
	walk.base[level] = table;
	return 0;
}

/* ---- what is found ---- */

static __always_inline void run_add(__u64 va, __u64 gfn, __u64 nr, __u64 pte, __u32 shift)
{
	__u32 flags = cw_pte_is_present(pte) ? 0 : CW_INV_ABSENT, n = walk.nr_runs;
	struct cw_inv_run *run;

	if (n) {
		run = &inv_runs[(n - 1) & (CW_INV_RUNS - 1)];
		if (run->vaddr + (run->nr_pages << CW_PAGE_SHIFT) == va &&
		    run->gfn + run->nr_pages == gfn && run->flags == flags) {
			run->nr_pages += nr;
			return;
		}
	}
	if (n >= CW_INV_RUNS) {
		walk.full = 1;
		return;
	}
	run = &inv_runs[n & (CW_INV_RUNS - 1)];
	run->vaddr = va;
	run->gfn = gfn;
	run->nr_pages = nr;
	run->pte = pte;
	run->shift = shift;
	run->flags = flags;
	walk.nr_runs = n + 1;
}

static __always_inline void seed_lost(void)
{
	inv_count.contended++;
	loss_add(CW_EV_SEED, CW_LOSS_CONTENDED, 1);
}

static __always_inline bool entry_shares(const struct walk_ctx *ctx, __u64 pte, __u64 gfn)
{
	return cw_pte_gfn(&ctx->fmt, pte) == gfn && cw_pte_is_present(pte) &&
	       cw_pte_is_shared(&ctx->fmt, pte);
}

/* Whether a transition was seen, which says what the frame is.  A second mapping lives on for a
 * while when its frame is private again, and then says nothing of it.
 */
static __always_inline bool entry_is_overruled(const struct walk_ctx *ctx, __u64 gfn)
{
	return ctx->no_bit && frame_is_followed(gfn);
}

/* The same, and the frame is private by now. */
static __always_inline bool entry_is_late(const struct walk_ctx *ctx, __u64 gfn)
{
	struct cw_store st = {};
	__u64 *word;

	if (!entry_is_overruled(ctx, gfn))
		return false;
	word = cw_store_word(&st, gfn);
	return word && cw_state_of(cw_read_once(*word), gfn) == CW_PG_PRIVATE;
}

/* Whether the entry still stands for the frame; if not, what was entered is taken back. */
static __always_inline bool entry_again(struct walk_ctx *ctx, __u64 *word, __u64 va, __u64 gfn,
				       __u32 before)
{
	__u64 pte;

	walk.again.tag = 0;
	walk.again.few = 1;
	if (!chunk_pte(ctx->kern, &ctx->fmt, &walk.again, va, &pte) &&
	    entry_shares(ctx, pte, gfn) && !entry_is_overruled(ctx, gfn))
		return true;
	if (cw_frame_unseed(word, gfn, cw_state_next(before, CW_FR_SEEN_SHARED), before) < 0)
		seed_lost();
	else
		inv_count.contended++;
	walk.word_nr = 0;
	return false;
}

/* Seeding races with transitions that begin: the state is taken first, the entry read after it,
 * and a frame whose own state changed meanwhile is left to whoever changed it.  The entry is then
 * read again, since a whole transition leaves the state as it was.  State words and entries are
 * taken 32 at a time.
 */
static __always_inline void frame_seed(struct walk_ctx *ctx, __u64 va, __u64 gfn)
{
	struct cw_store st = {};
	__u64 *word = cw_store_word(&st, gfn);
	__u64 nr = gfn / CW_FRAMES_PER_WORD + 1, pte;
	__u32 state;
	int ret;

	if (!word)	/* device memory */
		return;
	if (entry_is_overruled(ctx, gfn))
		return;
	cw_frame_watch(ctx->kern, gfn, 0);
	if (walk.word_nr != nr || walk.chunk.tag != chunk_tag(&walk.chunk, va)) {
		walk.word_nr = nr;
		walk.word = cw_read_once(*word);
		walk.chunk.tag = 0;
	}
	state = cw_state_of(walk.word, gfn);
	if (chunk_pte(ctx->kern, &ctx->fmt, &walk.chunk, va, &pte)) {
		seed_lost();
		return;
	}
	if (state == CW_PG_TRANSIT || !entry_shares(ctx, pte, gfn))
		return;
	ret = cw_frame_seed(word, gfn, &walk.word, CW_FR_SEEN_SHARED);
	if (ret < 0)
		seed_lost();
	else if (ret && entry_again(ctx, word, va, gfn, state))
		inv_count.seeded++;
}

/* One entry that leads to no further table, at va.  Returns how far to go on. */
static __always_inline __u64 leaf_see(struct walk_ctx *ctx, __u64 entry, __u32 shift)
{
	__u64 va = walk.va, size = 1ULL << shift, left, pte;

	left = size - (va & (size - 1));
	inv_count.entries++;
	if (cw_pte_is_none(entry))
		return left;
	if (!cw_pte_is_shared(&ctx->fmt, entry) ||
	    (shift == CW_PAGE_SHIFT && entry_is_late(ctx, cw_pte_gfn(&ctx->fmt, entry)))) {
		inv_count.pages += left >> CW_PAGE_SHIFT;
		return left;
	}
	pte = shift == CW_PAGE_SHIFT ? entry : cw_leaf_pte(&ctx->fmt, entry, shift, va);
	/* frames are seeded one by one */
	if (ctx->seed)
		left = CW_PAGE_SIZE;
	run_add(va, cw_pte_gfn(&ctx->fmt, pte), left >> CW_PAGE_SHIFT, pte, shift);
	if (walk.full)
		return 0;
	inv_count.pages += left >> CW_PAGE_SHIFT;
	inv_count.shared += left >> CW_PAGE_SHIFT;
	if (ctx->seed)
		frame_seed(ctx, va, cw_pte_gfn(&ctx->fmt, pte));
	return left;
}

/* The entry at walk.va that leads to no further table, and its size.  0; 1: begin again;
 * -1: the entry leads to a table that cannot be had.
 */
static __always_inline int leaf_find(struct walk_ctx *ctx, __u64 *entry, __u32 *shift)
{
	int top = ctx->kern->levels == 5 ? 0 : 1, level, ret;
	__u64 table = cfg_sym_init_top_pgt;

	for (level = 0; level < CW_INV_LEVELS; level++) {
		if (level < top)
			continue;
		ret = level_load(level, top, table);
		if (ret)
			return ret;
		*shift = level_shift(level);
		*entry = walk_table[level][(walk.va >> *shift) & (CW_INV_ENTRIES - 1)];
		/* an entry that is neither empty nor present is a leaf taken out of use */
		if (!cw_pte_is_present(*entry) || level == CW_INV_LEVELS - 1 ||
		    (level >= 2 && (*entry & CW_PTE_LARGE)))
			return 0;
		table = table_va(ctx->kern, *entry);
	}
	return 0;
}

static long walk_step(__u64 nr, void *data)
{
	struct walk_ctx *ctx = data;
	__u32 shift = 0;
	__u64 entry = 0, step;
	int ret;

	(void)nr;
	ret = leaf_find(ctx, &entry, &shift);
	if (ret > 0)
		return 0;
	walk.tries = 0;
	if (ret < 0)	/* what cannot be read is passed over as large as a last-level table */
		step = TABLE_SPAN - (walk.va & (TABLE_SPAN - 1));
	else
		step = leaf_see(ctx, entry, shift);
	if (walk.full)
		return 1;
	if (step > ctx->last - walk.va) {
		walk.done = 1;
		return 1;
	}
	walk.va += step;
	return 0;
}

static __always_inline void walk_begin(const struct cw_inv_walk *args)
{
	int level;

	/* user space may have waited between two calls: nothing read before is current */
	for (level = 0; level < CW_INV_LEVELS; level++)
		walk.tag[level] = 0;
	walk.va = args->va;
	walk.word_nr = 0;
	walk.tries = 0;
	walk.nr_runs = 0;
	walk.full = 0;
	walk.done = 0;
	walk.chunk.tag = 0;
}

SEC("syscall")
int walk_tables(struct cw_inv_walk *args)
{
	struct walk_ctx ctx = {
		.kern = kern_get(),
		.last = args->last,
		.seed = args->flags & CW_INV_SEED,
		.no_bit = args->flags & CW_INV_NO_BIT,
	};

	if (!ctx.kern) {
		args->err = -1;
		return 0;
	}
	ctx.fmt.shared_mask = args->shared_mask;
	ctx.fmt.frame_mask = ctx.kern->frame_mask & ~args->shared_mask;
	ctx.fmt.set_is_private = args->set_is_private;
	walk_begin(args);
	bpf_loop(args->nr_steps, walk_step, &ctx, 0);
	args->va = walk.va;
	args->nr_runs = walk.nr_runs;
	args->done = walk.done;
	args->err = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
