// SPDX-License-Identifier: GPL-2.0-only
/* Each rule that the engine judges in the kernel, by rows: an honest transition
 * with a few fields edited, and what must be said of it.  Every row runs twice,
 * through native code and through the same text as BPF, and both must agree bit
 * for bit.
 */
#include "engines.h"
#include "../honest.h"

#define PAGES	  HONEST_PAGES
#define GFN	  HONEST_GFN
#define SHARED	  HONEST_SHARED
#define TASK	  (7ULL << 32 | 70)
#define OTHER	  (8ULL << 32 | 80)
#define FRAMES	  (1 << 16)
#define MAX_EDITS 12
#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)

/* ---- rows of transitions ---- */

struct edit {
	__u16 step;
	__u16 off;
	__u16 size;	/* 0: the step is left out */
	__s64 value;
};

#include "rows.h"

static const struct edit *edit_of(const struct row *row, __u16 step, int nr)
{
	int i;

	for (i = 0; i < MAX_EDITS; i++)
		if (row->edits[i].step == step && nr-- == 0)
			return &row->edits[i];
	return NULL;
}

/* The step as the row wants it; false when the row leaves it out. */
static bool row_step(const struct row *row, __u16 step, struct cw_ev_step *ev)
{
	const struct edit *e;
	int i;

	honest_step(ev, step, !row->to_private, TASK);
	for (i = 0; (e = edit_of(row, step, i)); i++) {
		if (!e->size)
			return false;
		memcpy((char *)ev + e->off, &e->value, e->size);
	}
	return true;
}

struct row_run {
	struct cw_out sum;
	bool agree, found, both;	/* both: one event said "checked" and "no evidence" */
};

static void run_step(const struct row *row, struct vector_io *io, struct row_run *run)
{
	run->agree &= both_event(io) && !io->ret;
	run->sum.checked |= io->out.checked;
	run->sum.violated |= io->out.violated;
	run->sum.warned |= io->out.warned;
	run->sum.no_evidence |= io->out.no_evidence;
	run->found |= has_finding(&io->out, row->finding);
	run->both |= (io->out.checked & io->out.no_evidence) != 0;
}

/* The hypercall in two halves; a row edits the second one, and what it drops is of the first. */
static void run_halves(const struct row *row, struct row_run *run)
{
	static const __u16 calls[] = { CW_EV_HOST_CALL, CW_EV_HOST_ANSWER };
	const struct edit *e;
	__u32 half, i;

	for (half = 0; half < 2; half++) {
		for (i = 0; i < 2; i++) {
			struct vector_io io = { .fmt = honest_fmt };
			struct cw_ev_step *ev = &io.ev.step;

			e = edit_of(row, calls[i], 0);
			if (!half && e && !e->size)
				continue;
			honest_step(ev, calls[i], !row->to_private, TASK);
			ev->told = ev->told_count = ev->host_reps = PAGES / 2;
			ev->told_sum = honest_sum(GFN, PAGES / 2 * (half + 1));
			if (half && e)
				memcpy((char *)ev + e->off, &e->value, e->size);
			run_step(row, &io, run);
		}
	}
}

static void run_row(const struct row *row)
{
	struct row_run run = { .agree = true, .found = !row->finding };
	size_t i;

	for (i = 0; i < HONEST_STEPS; i++) {
		struct vector_io io = { .fmt = honest_fmt };

		if (row->batches == 2 && honest_types[i] == CW_EV_HOST_CALL)
			run_halves(row, &run);
		else if (row->batches == 2 && honest_types[i] == CW_EV_HOST_ANSWER)
			continue;
		else if (row_step(row, honest_types[i], &io.ev.step))
			run_step(row, &io, &run);
	}
	/* a rule may be without evidence at one step and checked at another, never both at one */
	if (!report(run.agree && run.found && !run.both &&
		    (run.sum.checked | run.sum.no_evidence) == (row->checked | row->no_evidence) &&
		    run.sum.no_evidence == row->no_evidence && run.sum.violated == row->violated &&
		    run.sum.warned == row->warned, "%s", row->name))
		printf("# agree %d found %d both %d checked %#llx violated %#llx warned %#llx no_evidence %#llx\n",
		       run.agree, run.found, run.both, run.sum.checked, run.sum.violated,
		       run.sum.warned, run.sum.no_evidence);
}

/* ---- rows of frees and zeropads ---- */

struct free_row {
	const char *name;
	__u8 state, have_pte;
	__u64 pte;
	__u64 checked, violated, no_evidence;
	__u32 need;
	int finding;
	__u8 in_flight;
};

#define PTE_PRIVATE (0x1000ULL << 12 | 0x163)
#define PTE_SHARED  (PTE_PRIVATE | SHARED)
#define PTE_WINDOW  ((~(0x1000ULL << 12) & CW_PTE_FRAME) | 0x062)

static const struct free_row free_rows[] = {
	{ "S3: a private page goes back", CW_PG_PRIVATE, 0, 0, BIT(S3), 0, 0, 0, 0, 0 },
	{ "S3: a shared one asks for a walk first", CW_PG_SHARED, 0, 0, 0, 0, 0, CW_NEED_PTE, 0, 0 },
	{ "S3: shared, and the PTE says so", CW_PG_SHARED, 1, PTE_SHARED, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_SHARED, 0 },
	{ "S3: shared, and the PTE says private: repaired", CW_PG_SHARED, 1, PTE_PRIVATE, BIT(S3), 0, 0,
	  CW_DO_REPAIR, 0, 0 },
	{ "S3: in transit and not present", CW_PG_TRANSIT, 1, PTE_WINDOW, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 0 },
	{ "S3: in transit, private, and another has it open", CW_PG_TRANSIT, 1, PTE_PRIVATE, BIT(S3), BIT(S3),
	  0, CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 1 },
	{ "S3: in transit, and the PTE says private: repaired", CW_PG_TRANSIT, 1, PTE_PRIVATE, BIT(S3), 0,
	  0, CW_DO_REPAIR, 0, 0 },
	{ "S3: unknown is never repaired by a walk", CW_PG_UNKNOWN, 1, PTE_PRIVATE, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_UNKNOWN, 0 },
	{ "S3: a PTE that could not be read is no evidence", CW_PG_SHARED, 2, 0, 0, 0, BIT(S3), 0, 0, 0 },
	{ "S3: before 6.4 a shared page is accused by its state", CW_PG_SHARED, 3, 0, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_SHARED, 0 },
	{ "S3: before 6.4 one in transit, by the transition that has it", CW_PG_TRANSIT, 3, 0, BIT(S3),
	  BIT(S3), 0, CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 1 },
	{ "S3: before 6.4 one in transit that nobody has is no evidence", CW_PG_TRANSIT, 3, 0, 0, 0, BIT(S3),
	  0, 0, 0 },
	{ "S3: before 6.4 what only a mapping shared is no evidence", CW_PG_SHARED, 4, 0, 0, 0, BIT(S3),
	  CW_DO_REPAIR, 0, 0 },
	{ "S3: before 6.4 such a one in transit, by the transition that has it", CW_PG_TRANSIT, 4, 0, BIT(S3),
	  BIT(S3), 0, CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 1 },
	{ "S3: before 6.4 such a one in transit that nobody has is no evidence", CW_PG_TRANSIT, 4, 0, 0, 0,
	  BIT(S3), 0, 0, 0 },
	{ "S3: unknown is accused, whatever else is known", CW_PG_UNKNOWN, 4, 0, BIT(S3),
	  BIT(S3), 0, CW_DO_ACCUSED, CW_FIND_FREED_UNKNOWN, 0 },
};

static void run_free(const struct free_row *row)
{
	struct vector_io io = { .fmt = honest_fmt };
	bool agree;

	io.ev.free = (struct cw_ev_free) {
		.hdr = { .type = CW_EV_PAGE_FREE, .len = sizeof(struct cw_ev_free), .task = TASK },
		.gfn = GFN, .bad_gfn = GFN, .nr_pages = 1, .nr_bad = row->state != CW_PG_PRIVATE,
		.state = row->state, .have_pte = row->have_pte, .pte = row->pte,
		.in_flight = row->in_flight,
	};
	agree = both_event(&io);
	report(agree && io.out.checked == row->checked && io.out.violated == row->violated &&
	       io.out.no_evidence == row->no_evidence && io.out.need == row->need &&
	       (!row->finding || has_finding(&io.out, row->finding)), "%s", row->name);
}

struct zeropad_row {
	const char *name;
	__u8 state, have_pte, fixed;
	__u32 trapnr;
	__u64 checked, violated, no_evidence;
	int finding;
};

static const struct zeropad_row zeropad_rows[] = {
	{ "T8: fixed up through #PF", CW_PG_TRANSIT, 1, 1, 14, BIT(T8), 0, 0, 0 },
	{ "T8: through #VC", CW_PG_TRANSIT, 1, 1, 29, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_TRAP },
	{ "T8: through #VE", CW_PG_TRANSIT, 1, 1, 20, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_TRAP },
	{ "T8: not fixed up", CW_PG_TRANSIT, 1, 0, 14, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_OOPS },
	{ "T8: outside any window it says nothing", CW_PG_PRIVATE, 1, 1, 29, 0, 0, 0, 0 },
	{ "T8: without a PTE there is no evidence", CW_PG_TRANSIT, 0, 1, 14, 0, 0, BIT(T8), 0 },
};

static void run_zeropad(const struct zeropad_row *row)
{
	struct vector_io io = { .fmt = honest_fmt };
	bool agree;

	io.ev.zeropad = (struct cw_ev_zeropad) {
		.hdr = { .type = CW_EV_ZEROPAD, .len = sizeof(struct cw_ev_zeropad), .task = TASK },
		.gfn = GFN, .pte = PTE_WINDOW, .trapnr = row->trapnr, .state = row->state,
		.have_pte = row->have_pte, .fixed = row->fixed,
	};
	agree = both_event(&io);
	report(agree && io.out.checked == row->checked && io.out.violated == row->violated &&
	       io.out.no_evidence == row->no_evidence &&
	       (!row->finding || has_finding(&io.out, row->finding)), "%s", row->name);
}

/* ---- frames: the state table through the store, words and all ---- */

struct frame_row {
	const char *name;
	__u32 events[4], nr, want;
};

static const struct frame_row frame_rows[] = {
	{ "shared in order", { CW_FR_BEGIN, CW_FR_DONE_SHARED }, 2, CW_PG_SHARED },
	{ "and private again", { CW_FR_BEGIN, CW_FR_DONE_SHARED, CW_FR_BEGIN, CW_FR_DONE_PRIVATE }, 4,
	  CW_PG_PRIVATE },
	{ "failed share", { CW_FR_BEGIN, CW_FR_FAIL }, 2, CW_PG_UNKNOWN },
	{ "unknown is not repaired by a walk", { CW_FR_BEGIN, CW_FR_FAIL, CW_FR_SEEN_PRIVATE }, 3,
	  CW_PG_UNKNOWN },
	{ "unknown stays so when a transition is refused", { CW_FR_FAIL, CW_FR_BEGIN, CW_FR_SEEN_PRIVATE }, 3,
	  CW_PG_UNKNOWN },
	{ "unknown ends with a full transition", { CW_FR_FAIL, CW_FR_BEGIN, CW_FR_DONE_PRIVATE }, 3,
	  CW_PG_PRIVATE },
	{ "an end without a beginning", { CW_FR_DONE_SHARED }, 1, CW_PG_UNKNOWN },
	{ "two ends", { CW_FR_BEGIN, CW_FR_DONE_PRIVATE, CW_FR_DONE_PRIVATE }, 3, CW_PG_UNKNOWN },
	{ "seen shared by the inventory", { CW_FR_SEEN_SHARED }, 1, CW_PG_SHARED },
	{ "accused while unknown", { CW_FR_FAIL, CW_FR_ACCUSED }, 2, CW_PG_SHARED },
	{ "an event that the table does not have", { CW_FR_BEGIN, CW_FR_NR }, 2, CW_PG_TRANSIT },
};

static void run_frame(const struct frame_row *row, __u64 gfn)
{
	struct vector_io io = { .gfn = gfn };
	bool agree = true;
	__u32 i;

	for (i = 0; i < row->nr; i++) {
		io.frame_event = row->events[i];
		agree &= both_frame(&io);
	}
	/* a step that changes nothing tells the state */
	io.frame_event = CW_FR_NONE;
	agree &= both_frame(&io);
	report(agree && io.ret == (int)row->want && !io.lost, "frame: %s", row->name);
}

static void run_frames(void)
{
	struct vector_io io = { .gfn = FRAMES, .frame_event = CW_FR_BEGIN };
	bool agree, neighbours = true;
	size_t i;

	for (i = 0; i < sizeof(frame_rows) / sizeof(frame_rows[0]); i++)
		run_frame(&frame_rows[i], 3 * i);
	for (i = 0; i < sizeof(frame_rows) / sizeof(frame_rows[0]); i++) {
		struct vector_io near = { .gfn = 3 * i + 1, .frame_event = CW_FR_NONE };

		neighbours &= both_frame(&near) && near.ret == CW_PG_PRIVATE;
	}
	report(neighbours, "frame: the neighbours in the word are untouched");
	agree = both_frame(&io);
	report(agree && io.ret == -1 && !io.lost, "frame: beyond the map nothing is written");
}

/* ---- open transitions ---- */

static void run_open(void)
{
	struct vector_io io;
	bool agree = true;
	int i, opened = 0;

	memset(&io, 0, sizeof(io));
	io.fmt = honest_fmt;
	honest_step(&io.ev.step, CW_EV_END, true, TASK);
	agree &= both_event(&io);
	report(agree && io.ret == CW_STEP_NO_OPEN && !io.out.checked,
	       "open: an end without a beginning is judged by nothing");

	for (i = 0; i < CW_DEPTH_MAX + 1; i++) {
		honest_step(&io.ev.step, CW_EV_BEGIN, true, TASK);
		agree &= both_event(&io);
		opened += !io.ret;
	}
	report(agree && opened == CW_DEPTH_MAX && io.ev.step.depth == CW_DEPTH_MAX, "open: %d transitions of a task enclose each other",
	       CW_DEPTH_MAX);
	/* one that is too deep is not taken for the one around it */
	honest_step(&io.ev.step, CW_EV_HOST_CALL, true, TASK);
	agree &= both_event(&io) && io.ret == CW_STEP_NO_OPEN;
	honest_step(&io.ev.step, CW_EV_END, true, TASK);
	agree &= both_event(&io) && io.ret == CW_STEP_NO_OPEN;
	report(agree, "open: the steps and the end of one that is too deep are nobody's");
	for (i = 0; i < CW_DEPTH_MAX; i++) {
		honest_step(&io.ev.step, CW_EV_TASK_EXIT, true, TASK);
		agree &= both_event(&io);
		opened -= !io.ret;
	}
	honest_step(&io.ev.step, CW_EV_TASK_EXIT, true, TASK);
	agree &= both_event(&io);
	report(agree && !opened && io.ret == CW_STEP_NO_OPEN, "open: an exiting task leaves none of them");

	honest_step(&io.ev.step, CW_EV_BEGIN, true, TASK);
	io.ev.hdr.type = 999;
	agree &= both_event(&io);
	report(agree && io.ret == CW_STEP_SKIPPED, "a type that is not known is skipped");
}

int main(void)
{
	size_t i;

	if (engines_open(FRAMES))
		return 1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i]);
	for (i = 0; i < sizeof(free_rows) / sizeof(free_rows[0]); i++)
		run_free(&free_rows[i]);
	for (i = 0; i < sizeof(zeropad_rows) / sizeof(zeropad_rows[0]); i++)
		run_zeropad(&zeropad_rows[i]);
	run_frames();
	run_open();
	return engines_close();
}
