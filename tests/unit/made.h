/* SPDX-License-Identifier: GPL-2.0-only */
/* A session that never was, for the tests of recordings: transitions as the programs would send
 * them, judged by the engine as they would be, in any number.
 */
#ifndef CW_MADE_H
#define CW_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "memstore.h"
#include "record_read.h"
#include "recorder.h"

#define MADE_SHARED (1ULL << 57)

struct made {
	struct cw_feed feed;
	struct cw_writers writers;
	struct cw_platform platform;
	struct cw_arming arming;
	struct cw_policy policy;
	struct cw_start start;
	struct cw_store store;
	struct cw_symbols *symbols;
	struct cw_totals totals;	/* what the kernel would have counted */
	__u64 seq, ts_ns, records;
	const char *comm;	/* of all tasks; NULL: maker */
	const char *name;	/* of who shares; NULL: share_it */
	bool stacks;	/* beginnings and frees are followed by their stacks */
	__u64 gap;	/* frames of others that lie among those of a transition; 0: none */
};

static const struct cw_pte_fmt made_fmt = { .shared_mask = MADE_SHARED,
					    .frame_mask = 0xfffffff000ULL };

static inline int made_init(struct made *m, struct cw_recorder *recorder)
{
	char name[CW_SYMBOL_LEN];
	__u32 i;

	cw_arming_init(&m->arming, &cw_source_module, 0);
	cw_arming_finish(&m->arming);
	m->arming.armed = CW_RULE_BIT(CW_RULE_T1) | CW_RULE_BIT(CW_RULE_T2) |
			  CW_RULE_BIT(CW_RULE_T3) | CW_RULE_BIT(CW_RULE_T5) |
			  CW_RULE_BIT(CW_RULE_T6) | CW_RULE_BIT(CW_RULE_S3) |
			  CW_RULE_BIT(CW_RULE_S5) | CW_RULE_BIT(CW_RULE_Z1);
	for (i = 0; i < CW_RULE_NR; i++)
		snprintf(m->arming.why_rule[i], CW_WHY_LEN, "%s",
			 m->arming.armed & CW_RULE_BIT(i) ? "" : "not made");
	snprintf(m->platform.release, sizeof(m->platform.release), "6.12.0-made");
	m->platform.mode = "snp-vtom";
	m->symbols = cw_symbols_new_exact();
	snprintf(name, sizeof(name), "%s+0x10/0x40 [driver]", m->name ? m->name : "share_it");
	if (!m->symbols || cw_symbols_add(m->symbols, 0xffffffff81000100ULL, name) ||
	    cw_symbols_add(m->symbols, 0xffffffff81000200ULL, "probe+0x5/0x90"))
		return -1;
	if (cw_feed_init_with(&m->feed, &m->writers, 1000000000ULL, m->symbols))
		return -1;
	m->feed.recorder = recorder;
	m->ts_ns = 1000000000ULL;
	m->start = (struct cw_start){ .platform = &m->platform, .arming = &m->arming,
				      .policy = &m->policy, .fmt = made_fmt, .symbols = m->symbols,
				      .wall_offset_ns = 1700000000000000000ULL, .ts_ns = m->ts_ns };
	return 0;
}

static inline void made_exit(struct made *m)
{
	cw_feed_exit(&m->feed);
	cw_symbols_free(m->symbols);
}

static inline struct cw_recording_info *made_info(const struct made *m)
{
	struct cw_recording_info *info = calloc(1, sizeof(*info));

	if (!info)
		return NULL;
	info->abi_major = CW_ABI_MAJOR;
	info->abi_minor = CW_ABI_MINOR;
	info->record_hot = true;
	info->record_steps = true;
	info->record_frees = true;
	info->slow_limit_ns = 1000000000ULL;
	info->ts_ns = m->start.ts_ns;
	info->wall_offset_ns = m->start.wall_offset_ns;
	info->platform = m->platform;
	snprintf(info->mode, sizeof(info->mode), "%s", m->platform.mode);
	snprintf(info->source, sizeof(info->source), "module");
	info->fmt = made_fmt;
	info->arming = m->arming;
	info->policy = m->policy;
	return info;
}

static inline void made_count(struct made *m, const struct cw_out *out)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		struct cw_count *c = &m->totals.rule[i];

		c->checked += out->checked >> i & 1;
		c->violated += out->violated >> i & 1;
		c->warned += out->warned >> i & 1;
		c->observed += out->observed >> i & 1;
		c->no_evidence += out->no_evidence >> i & 1;
	}
}

static inline void made_comm(const struct made *m, char comm[CW_COMM_LEN])
{
	snprintf(comm, CW_COMM_LEN, "%s", m->comm ? m->comm : "maker");
}

/* Whose the event was that was sent last. */
static inline void made_stack(struct made *m, const struct cw_rec_hdr *ev)
{
	struct cw_rec_stack s = {
		.hdr = { .type = CW_REC_STACK, .len = sizeof(s), .task = ev->task, .cpu = ev->cpu,
			 .ts_ns = m->ts_ns, .seq = ++m->seq },
		.of_seq = ev->seq, .of_type = ev->type, .nr_stack = 2,
		.stack = { 0xffffffff81000100ULL, 0xffffffff81000200ULL },
	};

	made_comm(m, s.comm);
	m->records++;
	cw_feed_record(&m->feed, &s, sizeof(s));
}

/* Judges one event, and sends it with its verdict where there is one. */
static inline void made_send(struct made *m, struct cw_rec_hdr *ev)
{
	static __u64 sent[CW_RECORD_MAX / 8];
	struct cw_rec_verdict *v = (struct cw_rec_verdict *)sent;
	struct cw_out out;

	memset(&out, 0, sizeof(out));
	ev->seq = ++m->seq;
	ev->ts_ns = m->ts_ns += 700;
	ev->cpu = (__u32)(m->seq / 64 % 2);
	cw_engine_step(&m->store, &made_fmt, ev, &out);
	made_count(m, &out);
	m->records++;
	cw_feed_record(&m->feed, ev, ev->len);
	if (!(out.violated | out.warned | out.observed))
		return;
	memset(v, 0, sizeof(*v));
	v->hdr = *ev;
	v->hdr.type = CW_REC_VERDICT;
	v->hdr.len = (__u16)(sizeof(*v) + ev->len);
	v->out = out;
	made_comm(m, v->comm);
	v->event_off = sizeof(*v);
	v->nr_stack = 2;
	v->stack[0] = 0xffffffff81000100ULL;
	v->stack[1] = 0xffffffff81000200ULL;
	memcpy(v + 1, ev, ev->len);
	m->records++;
	cw_feed_record(&m->feed, v, v->hdr.len);
}

static inline struct cw_ev_step made_step(const struct made *m, __u32 type, __u64 gfn, __u32 nr,
					  bool to_shared)
{
	__u64 pte = gfn << 12 | 0x63;
	struct cw_ev_step ev = {
		.hdr = { .type = (__u16)type, .len = sizeof(ev), .task = 77ULL << 32 | 78 },
		.vaddr = 0xffff888000000000ULL + (gfn << 12),
		.gfn = gfn,
		.gfn_min = gfn,
		.gfn_max = gfn + nr - 1 + m->gap,
		.nr_pages = nr,
		.to_shared = to_shared,
		.space = CW_SPACE_EMULATED,
		.flags = m->gap ? 0 : CW_STEP_CONTIG,
	};
	bool absent = type == CW_EV_PREPARED || type == CW_EV_FLUSHED || type == CW_EV_HOST_DONE;
	bool shared = type == CW_EV_END ? to_shared : !to_shared;

	ev.own = (struct cw_walk){ .walked = nr, .present = absent ? 0 : nr,
				   .shared = shared ? nr : 0,
				   .first_present = absent ? CW_NO_INDEX : 0,
				   .first_absent = absent ? 0 : CW_NO_INDEX,
				   .first_shared = shared ? 0 : CW_NO_INDEX,
				   .first_private = shared ? CW_NO_INDEX : 0,
				   .first_differ = CW_NO_INDEX,
				   .pte_present = absent ? 0 : pte | (shared ? MADE_SHARED : 0) };
	ev.alias = ev.own;
	if (type == CW_EV_BEGIN) {
		ev.flags |= CW_STEP_WINDOW;
		ev.before[to_shared ? CW_PG_PRIVATE : CW_PG_SHARED] = nr;
		ev.types_read = nr;
		ev.first_type = CW_NO_INDEX;
		made_comm(m, ev.comm);
	} else if (type != CW_EV_FLUSHED && type != CW_EV_HOST_CALL && type != CW_EV_HOST_DONE) {
		ev.flags |= CW_STEP_RET;
	}
	return ev;
}

/* One transition, all of it; broken: it says that it went well, and a PTE does not agree. */
static inline void made_transition(struct made *m, __u64 gfn, __u32 nr, bool to_shared, bool broken)
{
	static const __u16 steps[] = { CW_EV_BEGIN, CW_EV_PREPARED, CW_EV_FLUSHED, CW_EV_CHANGED,
				       CW_EV_HOST_CALL, CW_EV_HOST_ANSWER, CW_EV_HOST_DONE,
				       CW_EV_FINISHED, CW_EV_END };
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < nr; i++)
		sum = CW_SUM_NEXT(sum, gfn + i);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct cw_ev_step ev = made_step(m, steps[i], gfn, nr, to_shared);

		ev.frames_sum = sum;
		if (steps[i] == CW_EV_HOST_CALL) {
			ev.flags |= CW_STEP_TOLD;
			ev.told = nr;
			ev.told_count = nr;
			ev.told_sum = sum;
			ev.visibility = to_shared ? 3 : 0;
			ev.host_code = 0xdb;
		} else if (steps[i] == CW_EV_HOST_ANSWER) {
			ev.told_count = nr;
			ev.host_reps = nr;
		} else if (steps[i] == CW_EV_END && broken) {
			ev.own.shared = to_shared ? nr - 1 : 1;
			ev.own.first_private = to_shared ? nr - 1 : CW_NO_INDEX;
			ev.own.pte_private = (gfn + nr - 1) << 12 | 0x63;
		}
		made_send(m, &ev.hdr);
		if (m->stacks && steps[i] == CW_EV_BEGIN)
			made_stack(m, &ev.hdr);
	}
}

/* A page goes back to the allocator; shared: it is not private, by its state and by its PTE. */
static inline void made_free(struct made *m, __u64 gfn, bool shared)
{
	struct cw_ev_free ev = {
		.hdr = { .type = CW_EV_PAGE_FREE, .len = sizeof(ev), .task = 77ULL << 32 | 78 },
		.gfn = gfn, .bad_gfn = gfn, .nr_pages = 1, .nr_bad = shared,
		.space = CW_SPACE_EMULATED,
		.state = shared ? CW_PG_SHARED : CW_PG_PRIVATE, .have_pte = shared,
		.pte = gfn << 12 | 0x63 | (shared ? MADE_SHARED : 0),
	};

	made_send(m, &ev.hdr);
	if (m->stacks)
		made_stack(m, &ev.hdr);
}

/* A packet in order, as there are most. */
static inline void made_packet(struct made *m, __u32 relid)
{
	struct cw_ev_ring_write ev = {
		.hdr = { .type = CW_EV_RING_WRITE, .len = sizeof(ev), .task = 5 },
		.relid = relid,
		.flags = CW_RING_VECTORS | CW_RING_PAD | CW_RING_BEFORE | CW_RING_AFTER |
			 CW_RING_RET,
		.ring_bytes = 65536,
		.nr_vec = 3,
		.vec_bytes = 64,
		.pkt_bytes = 64,
		.pkt_offset = 16,
		.pkt_type = 6,
		.pad_first = CW_NO_INDEX,
		.write_before = (__u32)(m->seq * 72 % 65536),
		.write_after = (__u32)((m->seq + 1) * 72 % 65536),
		.space = CW_SPACE_EMULATED,
		.comm = "kworker/0:1",
	};

	made_send(m, &ev.hdr);
}

static inline void made_finish(struct made *m, struct cw_recording_info *info)
{
	struct cw_verdict *verdict = calloc(1, sizeof(*verdict));
	struct cw_ending ending = { .output_failed = false };
	__u32 i;

	if (!verdict)
		return;
	info->totals = m->totals;
	cw_feed_totals(&m->feed, &info->totals);
	cw_recorder_totals(m->feed.recorder, &info->totals);
	cw_verdict_judge(verdict, &m->policy, &m->arming, &info->totals, &ending);
	info->complete = true;
	info->duration_ns = m->ts_ns - m->start.ts_ns;
	info->exit = verdict->exit;
	for (i = 0; i < CW_RULE_NR; i++)
		info->outcome[i] = verdict->outcome[i];
	free(verdict);
}

#endif
