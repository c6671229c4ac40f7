// SPDX-License-Identifier: GPL-2.0-only
/* Of addresses of the kernel a recording keeps none, unless it is told to: a range is known by its
 * address when its transition ends, so that one is replaced by a number that is the same for the
 * same address and tells nothing else; the others are set to zero.
 */
#include "record_batch.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_share.h>

#include "events.h"
#include "text.h"

/* transitions of one task that enclose each other: CW_DEPTH_MAX of the engine */
#define DEPTH_MAX 4

/* Where addresses are. */
static const struct {
	__u16 first, last;	/* types */
	__u16 offset;
	bool key;	/* a range is found by it */
} addresses[] = {
	{ CW_EV_BEGIN, CW_EV_TASK_EXIT, offsetof(struct cw_ev_step, vaddr), true },
	{ CW_EV_SEED, CW_EV_WITHHELD, offsetof(struct cw_ev_step, vaddr), true },
	{ CW_EV_ZEROPAD, CW_EV_ZEROPAD, offsetof(struct cw_ev_zeropad, fault_addr), false },
	{ CW_EV_OWNER, CW_EV_OWNER, offsetof(struct cw_ev_owner, vaddr), false },
	{ CW_EV_MAPPING, CW_EV_MAPPING, offsetof(struct cw_ev_mapping, vaddr), false },
	{ CW_EV_KEPT, CW_EV_KEPT, offsetof(struct cw_ev_mapping, vaddr), false },
};

int cw_batcher_init(struct cw_batcher *b, bool include_addresses)
{
	memset(b, 0, sizeof(*b));
	b->include_addresses = include_addresses;
	b->batch.transitions = calloc(CW_BLOCK_RECORDS, sizeof(*b->batch.transitions));
	if (!b->batch.transitions)
		return -ENOMEM;
	if (getrandom(b->key, sizeof(b->key), 0) != sizeof(b->key))
		return -EIO;
	return 0;
}

void cw_batcher_exit(struct cw_batcher *b)
{
	free(b->batch.bytes);
	free(b->batch.transitions);
	b->batch.bytes = NULL;
	b->batch.transitions = NULL;
}

/* ---- addresses ---- */

/* The finalizer of splitmix64: every bit of the input changes half of those of the output. */
static __u64 mix(__u64 v)
{
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ULL;
	v = (v ^ (v >> 27)) * 0x94d049bb133111ebULL;
	return v ^ (v >> 31);
}

/* One to one but for the highest bit, and not to be undone without the key.  Without that bit it is
 * never taken for what it stands for.
 */
static __u64 address_hash(const struct cw_batcher *b, __u64 addr)
{
	return (mix(mix(addr ^ b->key[0]) + b->key[1]) ^ b->key[0]) & ~(1ULL << 63);
}

static void addresses_remove(const struct cw_batcher *b, struct cw_rec_hdr *rec)
{
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		__u64 *addr = (__u64 *)((char *)rec + addresses[i].offset);

		if (rec->type < addresses[i].first || rec->type > addresses[i].last || !*addr)
			continue;
		*addr = addresses[i].key ? address_hash(b, *addr) : 0;
	}
}

/* ---- transitions ---- */

static struct cw_open_slot *slot_of(struct cw_batcher *b, __u64 task, __u32 depth)
{
	return &b->open[mix(task * 8 + depth) % CW_OPEN_SLOTS];
}

/* Another one may take the place: then the row of this one has no beginning. */
static void on_begin(struct cw_batcher *b, const struct cw_ev_step *ev)
{
	struct cw_open_slot *slot = slot_of(b, ev->hdr.task, ev->depth);

	*slot = (struct cw_open_slot){ .task = ev->hdr.task, .depth = ev->depth,
				       .begin_ns = ev->hdr.ts_ns, .begin_seq = ev->hdr.seq };
	memcpy(slot->comm, ev->comm, sizeof(slot->comm) - 1);
	cw_text_clean(slot->comm);
}

/* Comes right after its beginning, of whatever depth that was. */
static void on_stack(struct cw_batcher *b, const struct cw_rec_stack *rec)
{
	__u32 depth;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		struct cw_open_slot *slot = slot_of(b, rec->hdr.task, depth);

		if (slot->task == rec->hdr.task && slot->begin_seq == rec->of_seq)
			slot->stack = (__u32)rec->stack[0];
	}
}

static void on_end(struct cw_batcher *b, const struct cw_ev_step *ev)
{
	struct cw_open_slot *slot = slot_of(b, ev->hdr.task, ev->depth);
	struct cw_rec_transition *t = &b->batch.transitions[b->batch.nr_transitions++];

	*t = (struct cw_rec_transition){
		.seq = ev->hdr.seq,
		.end_ns = ev->hdr.ts_ns,
		.task = ev->hdr.task,
		.gfn_min = ev->gfn_min,
		.gfn_max = ev->gfn_max,
		.cpu = ev->hdr.cpu,
		.depth = ev->depth,
		.nr_pages = ev->nr_pages,
		.ret = ev->ret,
		.to_shared = ev->to_shared,
		.contiguous = (ev->flags & CW_STEP_CONTIG) ||
			      (!ev->nr_unwalked && ev->gfn_max - ev->gfn_min + 1 == ev->nr_pages),
		.space = ev->space,
	};
	if (!slot->begin_ns || slot->task != ev->hdr.task || slot->depth != ev->depth)
		return;
	t->begin_ns = slot->begin_ns;
	t->stack = slot->stack;
	memcpy(t->comm, slot->comm, sizeof(t->comm));
	slot->begin_ns = 0;
}

/* ---- batches ---- */

__u32 cw_record_event(const struct cw_rec_hdr *rec)
{
	const struct cw_rec_verdict *v = (const struct cw_rec_verdict *)rec;
	const struct cw_rec_stack *s = (const struct cw_rec_stack *)rec;
	const struct cw_rec_hdr *ev = rec;

	if (rec->type == CW_REC_VERDICT && v->event_off + sizeof(*ev) <= rec->len)
		ev = (const void *)((const char *)v + v->event_off);
	if (rec->type == CW_REC_STACK)
		return cw_event_info(s->of_type) ? s->of_type : CW_EV_BEGIN;
	return cw_event_info(ev->type) ? ev->type : CW_EV_BEGIN;
}

static int room_make(struct cw_batcher *b)
{
	size_t room = b->room ? 2 * b->room : 1 << 17;
	__u8 *bytes;

	if (b->room - b->batch.block.size >= CW_PACKED_MAX)
		return 0;
	bytes = realloc(b->batch.bytes, room);
	if (!bytes)
		return -ENOMEM;
	b->batch.bytes = bytes;
	b->room = room;
	return 0;
}

static void block_note(struct cw_block *block, const struct cw_rec_hdr *rec)
{
	if (!block->nr || rec->ts_ns < block->first_ns)
		block->first_ns = rec->ts_ns;
	if (!block->nr || rec->ts_ns > block->last_ns)
		block->last_ns = rec->ts_ns;
	if (rec->seq && (!block->first_seq || rec->seq < block->first_seq))
		block->first_seq = rec->seq;
	if (rec->seq > block->last_seq)
		block->last_seq = rec->seq;
	block->nr++;
}

int cw_batcher_add(struct cw_batcher *b, const struct cw_rec_hdr *rec)
{
	__u64 copy[CW_RECORD_MAX / 8];
	struct cw_rec_hdr *own;

	if (b->batch.block.nr == CW_BLOCK_RECORDS || room_make(b))
		return -ENOMEM;
	own = memcpy(copy, rec, rec->len);
	if (!b->include_addresses) {
		const struct cw_rec_verdict *v = (const struct cw_rec_verdict *)own;

		addresses_remove(b, own);
		if (own->type == CW_REC_VERDICT)
			addresses_remove(b, (struct cw_rec_hdr *)((char *)own + v->event_off));
	}
	if (own->type == CW_EV_BEGIN)
		on_begin(b, (const struct cw_ev_step *)rec);
	else if (own->type == CW_EV_END)
		on_end(b, (const struct cw_ev_step *)rec);
	else if (own->type == CW_REC_STACK)
		on_stack(b, (const struct cw_rec_stack *)rec);
	b->batch.block.size += cw_pack_record(&b->pack, own, b->batch.bytes + b->batch.block.size);
	b->batch.block.bytes = b->batch.bytes;
	block_note(&b->batch.block, own);
	b->batch.nr_of[cw_record_event(own)]++;
	return 0;
}

void cw_batcher_clear(struct cw_batcher *b)
{
	memset(&b->batch.block, 0, sizeof(b->batch.block));
	memset(b->batch.nr_of, 0, sizeof(b->batch.nr_of));
	b->batch.nr_transitions = 0;
	cw_pack_init(&b->pack);
}

size_t cw_batch_bytes(const struct cw_batch *b)
{
	return sizeof(*b) + b->block.size + b->nr_transitions * sizeof(*b->transitions);
}

struct cw_batch *cw_batch_copy(const struct cw_batch *b)
{
	size_t rows = b->nr_transitions * sizeof(*b->transitions);
	struct cw_batch *copy = malloc(sizeof(*copy) + rows + b->block.size);

	if (!copy)
		return NULL;
	*copy = *b;	/* one piece of memory: so that thousands of them leave no gaps */
	copy->transitions = (struct cw_rec_transition *)(copy + 1);
	copy->bytes = (__u8 *)(copy + 1) + rows;
	memcpy(copy->transitions, b->transitions, rows);
	memcpy(copy->bytes, b->bytes, b->block.size);
	copy->block.bytes = copy->bytes;
	return copy;
}

void cw_batch_free(struct cw_batch *b)
{
	free(b);
}

void cw_batch_write(const struct cw_batch *b, struct cw_record_file *f)
{
	__u32 i;

	if (!b->block.nr)
		return;
	cw_record_file_block(f, &b->block);
	for (i = 0; i < b->nr_transitions; i++)
		cw_record_file_transition(f, &b->transitions[i]);
}
