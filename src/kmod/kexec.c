// SPDX-License-Identifier: GPL-2.0-only
/* Hand-over by kexec: conversions are stopped, and what is shared is taken back by a list of it,
 * since the next kernel takes all memory for private (hv_vtom_kexec_begin() and _finish()).
 */
#include <linux/rwsem.h>

#include "cocovm.h"
#include "trace.h"

#define PARTS		3	/* that are shared: two buffers, and the VP assist page */
#define PART_ASSIST	2

/* The memory of a kernel that will hand over. */
struct guest {
	struct cw_range *range;
	struct cw_range part[PARTS];
	bool shared[PARTS];
	bool listed[PARTS];	/* the list by which it is taken back */
	u32 flags;		/* CW_KEXEC_* */
	struct rw_semaphore converting;	/* held for writing once conversions are stopped */
};

/* Like set_memory_decrypted(): refused once conversions are stopped. */
static int guest_share(struct guest *g, u32 i)
{
	int err;

	if (!down_read_trylock(&g->converting))
		return -EBUSY;
	err = cw_transition(&g->part[i], true, NULL);
	g->shared[i] = !err;
	/* the page that the hypervisor writes into is disabled by itself, and is on no list */
	g->listed[i] = !err && !(g->flags & (i == PART_ASSIST ? CW_KEXEC_ASSIST : CW_KEXEC_UNLISTED));
	up_read(&g->converting);
	return err;
}

/* What is listed, or all of it. */
static int guest_unshare(struct guest *g, const bool *which)
{
	int err = 0;
	u32 i;

	for (i = 0; i < PARTS && !err; i++)
		if (which[i]) {
			err = cw_transition(&g->part[i], false, NULL);
			g->shared[i] = err;
		}
	return err;
}

/* The last that this kernel does.  A conversion comes in its middle, as from another CPU. */
static int guest_hand_over(struct guest *g)
{
	bool stops = !(g->flags & CW_KEXEC_RACE);
	int err, late;

	if (stops)
		down_write(&g->converting);
	err = guest_unshare(g, g->listed);
	late = guest_share(g, 0);
	if (late != (stops ? -EBUSY : 0) && !err)
		err = late ?: -EPROTO;
	/* what could not be taken back keeps this kernel from handing over */
	if (!err)
		trace_cocovm_kexec_range(cw_range_vaddr(g->range), cw_range_gfn(g->range, 0),
					 g->range->nr);
	if (stops)
		up_write(&g->converting);
	return err;
}

int cw_on_kexec(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct guest g = { .range = range, .flags = run->misbehave ? run->sc->flags : 0 };
	u32 each = range->nr / (2 * PARTS), i;
	int err = 0, left;

	init_rwsem(&g.converting);
	/* of each two parts of the range one is shared */
	for (i = 0; i < PARTS && !err; i++) {
		g.part[i] = *range;
		g.part[i].first += 2 * i * each;
		g.part[i].nr = each;
		err = guest_share(&g, i);
	}
	if (!err)
		err = guest_hand_over(&g);
	left = guest_unshare(&g, g.shared);
	/* whatever is unknown now is taken back whole */
	return err ?: left ?: CW_END_PRIVATE;
}
