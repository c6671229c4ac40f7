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
	bool stopped;
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
	/* the assist page is the hypervisor's to know, not the list's */
	if (!err && i != PART_ASSIST && !(g->flags & CW_KEXEC_UNLISTED))
		g->listed[i] = true;
	up_read(&g->converting);
	return err;
}

static int guest_unshare(struct guest *g, u32 i)
{
	int err = cw_transition(&g->part[i], false, NULL);

	if (!err)
		g->shared[i] = g->listed[i] = false;
	return err;
}

static int kexec_finish(struct guest *g)
{
	int err = 0;
	u32 i;

	for (i = 0; i < PARTS && !err; i++)
		if (g->listed[i])
			err = guest_unshare(g, i);
	/* the page that the hypervisor writes into is disabled by itself */
	if (!err && g->shared[PART_ASSIST] && !(g->flags & CW_KEXEC_ASSIST))
		err = guest_unshare(g, PART_ASSIST);
	return err;
}

/* The last that this kernel does.  A conversion comes in its middle, as from another CPU. */
static int guest_hand_over(struct guest *g)
{
	int err, late;

	g->stopped = !(g->flags & CW_KEXEC_RACE);
	if (g->stopped)
		down_write(&g->converting);
	err = kexec_finish(g);
	late = guest_share(g, 0);
	if (late != (g->stopped ? -EBUSY : 0) && !err)
		err = late ?: -EPROTO;
	/* what could not be taken back keeps this kernel from handing over */
	if (!err)
		trace_cocovm_kexec_range(cw_range_vaddr(g->range), cw_range_gfn(g->range),
					 g->range->nr);
	if (g->stopped)
		up_write(&g->converting);
	return err;
}

/* Every second pair of pages is shared. */
static void guest_parts(struct guest *g)
{
	u32 each = g->range->nr / (2 * PARTS), i;

	for (i = 0; i < PARTS; i++) {
		g->part[i] = *g->range;
		g->part[i].first += 2 * i * each;
		g->part[i].nr = each;
	}
}

int cw_run_kexec(const struct cw_run *run)
{
	struct guest g = {
		.range = cw_pool_get(run->pages),
		.flags = run->misbehave ? run->sc->flags : 0,
	};
	int err = 0, left = 0;
	u32 i;

	if (IS_ERR(g.range))
		return PTR_ERR(g.range);
	init_rwsem(&g.converting);
	guest_parts(&g);
	for (i = 0; i < PARTS && !err; i++)
		err = guest_share(&g, i);
	if (!err)
		err = guest_hand_over(&g);
	for (i = 0; i < PARTS && !left; i++)
		if (g.shared[i])
			left = guest_unshare(&g, i);
	/* whatever is unknown now is taken back whole */
	if (err || left)
		return cw_range_finish(run, g.range, err ?: left, 0);
	cw_range_put(g.range);
	return 0;
}
