// SPDX-License-Identifier: GPL-2.0-only
/* Which open transition an end is the end of, when a beginning or an end was not seen: never
 * that of other pages.
 */
#include "engines.h"
#include "../honest.h"

#define FRAMES (1 << 16)
#define TASK   (7ULL << 32 | 70)
#define OUTER  0xffffc90000100000ULL
#define INNER  0xffffc90000200000ULL
#define OTHER  0xffffc90000300000ULL

/* One event of the task's; what was said of it, or -1000 when the engines disagree. */
static int step(struct vector_io *io, __u16 type, __u64 vaddr, __u32 nr_pages)
{
	memset(io, 0, sizeof(*io));
	io->fmt = honest_fmt;
	honest_step(&io->ev.step, type, true, TASK);
	io->ev.step.vaddr = vaddr;
	io->ev.step.nr_pages = nr_pages;
	return both_event(io) ? io->ret : -1000;
}

static bool begins(__u64 vaddr)
{
	struct vector_io io;

	return !step(&io, CW_EV_BEGIN, vaddr, HONEST_PAGES);
}

/* Whether an end of these pages is judged, as one of this depth. */
static bool ends(__u64 vaddr)
{
	struct vector_io io;

	return !step(&io, CW_EV_END, vaddr, HONEST_PAGES) && io.out.checked | io.out.no_evidence;
}

static bool ends_nothing(__u64 vaddr, __u32 nr_pages)
{
	struct vector_io io;

	return step(&io, CW_EV_END, vaddr, nr_pages) == CW_STEP_NO_OPEN && !io.out.checked &&
	       !io.out.no_evidence;
}

/* Nothing of the task's is open any more, at no depth: four can be opened inside one another. */
static bool nothing_is_left(void)
{
	bool all = ends_nothing(OUTER, HONEST_PAGES);
	__u64 i;

	for (i = 0; i < CW_DEPTH_MAX; i++)
		all &= begins(OTHER + (i << 20));
	for (i = CW_DEPTH_MAX; i-- > 0;)
		all &= ends(OTHER + (i << 20));
	return all;
}

static void run_nested(void)
{
	report(begins(OUTER) && begins(INNER) && ends(INNER) && ends(OUTER) && nothing_is_left(),
	       "each end is that of its own pages");
}

static void run_begin_unseen(void)
{
	report(begins(OUTER) && ends_nothing(INNER, HONEST_PAGES) && ends(OUTER) &&
		       nothing_is_left(),
	       "a beginning that was not seen: its end is not that of the one around it");
	report(begins(OUTER) && ends_nothing(OUTER, HONEST_PAGES - 1) && ends(OUTER) &&
		       nothing_is_left(),
	       "nor when it begins at the same page");
}

static void run_end_unseen(void)
{
	report(begins(OUTER) && begins(INNER) && begins(OTHER) && ends(OUTER) && nothing_is_left(),
	       "ends that were not seen: the one around them ends all the same");
	report(begins(OUTER) && begins(INNER) && begins(OTHER) && ends(INNER) && ends(OUTER) &&
		       nothing_is_left(),
	       "and one between them is no end of what is around it");
}

/* After its last step a transition has nothing left but its end: nothing begins inside it then. */
static void run_over(void)
{
	struct vector_io io;

	report(begins(OUTER) && !step(&io, CW_EV_FINISHED, OUTER, HONEST_PAGES) &&
		       !step(&io, CW_EV_BEGIN, INNER, HONEST_PAGES) && !io.ev.step.depth &&
		       ends_nothing(OUTER, HONEST_PAGES) && ends(INNER) && nothing_is_left(),
	       "a transition that was over is forgotten when the next one begins");
	report(begins(OUTER) && !step(&io, CW_EV_CHANGED, OUTER, HONEST_PAGES) && begins(INNER) &&
		       ends(INNER) && ends(OUTER) && nothing_is_left(),
	       "one that was not is around it");
}

/* ---- no room ---- */

static bool others(__u16 type, __u64 nr)
{
	struct vector_io io;
	bool all = true;

	for (; nr; nr--) {
		memset(&io, 0, sizeof(io));
		io.fmt = honest_fmt;
		honest_step(&io.ev.step, type, true, (nr + 100) << 32 | (nr + 100));
		all &= both_event(&io) && !io.ret;
	}
	return all;
}

static void run_no_room(void)
{
	struct vector_io io;
	bool all = begins(OUTER) && others(CW_EV_BEGIN, CW_MEMSTORE_OPEN_MAX - 1);

	report(all && step(&io, CW_EV_BEGIN, INNER, HONEST_PAGES) < 0 && io.ret != -1000,
	       "no room for one more");
	report(step(&io, CW_EV_HOST_CALL, INNER, HONEST_PAGES) == CW_STEP_NO_OPEN,
	       "no room: its steps are not those of the one around it");
	report(ends_nothing(INNER, HONEST_PAGES), "no room: its end is nobody's");
	report(!step(&io, CW_EV_HOST_CALL, OUTER, HONEST_PAGES) && ends(OUTER),
	       "no room: the one around it goes on, and ends");
	report(others(CW_EV_END, CW_MEMSTORE_OPEN_MAX - 1) && nothing_is_left(),
	       "no room: nothing is left of it");
}

int main(void)
{
	if (engines_open(FRAMES))
		return 1;
	run_nested();
	run_begin_unseen();
	run_end_unseen();
	run_over();
	run_no_room();
	return engines_close();
}
