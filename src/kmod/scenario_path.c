// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios beside the transitions: hypercalls and the way that they take, pages that stay
 * private, device memory, interrupts, hand-over by kexec, and what only some modes have.
 */
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/rwsem.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"
#include "trace.h"

#define STALE	0x5a

/* ---- hypercalls ---- */

static int run_message(const struct cw_run *run)
{
	/* the first word is no type of a VMBus message */
	static const char text[] = "\0\0\0\0a payload that is shorter than its room";
	u32 miscall = run->misbehave ? run->sc->flags : 0;
	int want = miscall & CW_QUIRK_ROUTE ? -EACCES : 0;
	int err = cw_hypercall_post_message(CW_CONNECTION_TEST, 1, text, sizeof(text), miscall);

	return err == want ? 0 : err ?: -EPROTO;
}

static int run_signal(const struct cw_run *run)
{
	u32 miscall = run->misbehave ? run->sc->flags : 0;
	int want = miscall & CW_QUIRK_ROUTE ? -EACCES : 0;
	int err = cw_hypercall_signal_event(CW_CONNECTION_TEST, 0, miscall);

	return err == want ? 0 : err ?: -EPROTO;
}

/* ---- pages that stay private ---- */

/* The page is used for a hypercall; who misbehaves has shared it before. */
static int on_call_page(const struct cw_run *run, struct cw_range *range, int *want)
{
	int err = run->misbehave ? cw_transition(range, true, NULL) : 0;
	u32 apic_id = 0;

	if (err)
		return err;
	*want = cw_hypercall_from((void *)cw_range_vaddr(range), CW_HVCALL_VP_INDEX, &apic_id,
				  sizeof(apic_id));
	return run->misbehave ? CW_END_SHARED : CW_END_PRIVATE;
}

/* ---- stale data ---- */

static int on_stale(const struct cw_run *run, struct cw_range *range, int *want)
{
	if (run->misbehave)
		memset((void *)cw_range_vaddr(range), STALE, PAGE_SIZE);
	return cw_transition(range, true, NULL);
}

/* ---- device memory ---- */

/* Mapped shared, except for the devices that the paravisor emulates inside the guest
 * (__ioremap_caller() and its is_private_mmio callback).  Nothing is ever read through these
 * mappings.
 */
enum { MMIO_IO_APIC, MMIO_VTPM, MMIO_PCI };

static const u64 gpas[] = {
	[MMIO_IO_APIC] = CW_IO_APIC_GPA,
	[MMIO_VTPM] = CW_VTPM_GPA,
	[MMIO_PCI] = CW_PCI_GPA,
};

static int run_mmio(const struct cw_run *run)
{
	u64 gpa = gpas[run->sc->flags];
	void __iomem *map = cw_alloc_fails() ? NULL : ioremap(gpa, PAGE_SIZE);
	unsigned long va = (unsigned long)map;
	int err;

	if (!map)
		return -ENOMEM;
	err = cw_pte_share(va, cw_platform_is_private_mmio(gpa) == run->misbehave);
	if (!err)
		trace_cocovm_mmio_mapped(va, gpa, 1, cw_platform.paravisor);
	/* as it was found: without either attribute */
	cw_pte_edit(va, 0, cw_platform.pte_mask);
	iounmap(map);
	return err;
}

/* ---- interrupts ---- */

/* The hypervisor injects what it likes; a paravisor lets through only what the guest has enabled.
 * Without one the hypervisor's word is all there is.
 */
#define VECTORS		256
#define VECTOR_ENABLED	0x40
#define VECTOR_OTHER	0x41

/* A CPU's interrupts as its guest set them up, and what came of them. */
struct vcpu {
	DECLARE_BITMAP(enabled, VECTORS);
	u32 taken;
	u32 refused;
	bool lets_through;	/* its paravisor passes on whatever comes */
};

static void hypervisor_inject(struct vcpu *v, u32 vector)
{
	if (cw_platform.paravisor && !test_bit(vector, v->enabled) && !v->lets_through) {
		v->refused++;
		return;
	}
	trace_cocovm_interrupt_delivered((unsigned long)v->enabled, vector, cw_platform.paravisor);
	v->taken++;
}

/* One that is enabled, one that never was, and one that is no longer. */
static int run_interrupt(const struct cw_run *run)
{
	struct vcpu v = { .lets_through = run->misbehave };

	__set_bit(VECTOR_ENABLED, v.enabled);
	hypervisor_inject(&v, VECTOR_ENABLED);
	hypervisor_inject(&v, VECTOR_OTHER);
	__clear_bit(VECTOR_ENABLED, v.enabled);
	hypervisor_inject(&v, VECTOR_ENABLED);
	return v.taken == (run->misbehave ? 3 : 1) && v.taken + v.refused == 3 ? 0 : -EPROTO;
}

/* ---- hand-over by kexec ---- */

/* Conversions are stopped, and what is shared is taken back by a list of it, since the next kernel
 * takes all memory for private (hv_vtom_kexec_begin() and _finish()).  What a row forgets:
 */
#define KEXEC_UNLISTED	BIT(0)
#define KEXEC_RACE	BIT(1)
#define KEXEC_ASSIST	BIT(2)

#define PARTS		3	/* that are shared: two buffers, and the VP assist page */
#define PART_ASSIST	2

/* The memory of a kernel that will hand over. */
struct guest {
	struct cw_range *range;
	struct cw_range part[PARTS];
	bool shared[PARTS];
	bool listed[PARTS];	/* the list by which it is taken back */
	u32 flags;		/* KEXEC_* */
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
	g->listed[i] = !err && !(g->flags & (i == PART_ASSIST ? KEXEC_ASSIST : KEXEC_UNLISTED));
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
	bool stops = !(g->flags & KEXEC_RACE);
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

static int on_kexec(const struct cw_run *run, struct cw_range *range, int *want)
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

/* ---- the table ---- */

/* clang-format off */
const struct cw_scenario cw_scenarios_path[] = {
	CW_TWIN("post-trapped", "R1", ROUTE, .run = run_message, CW_QUIRK_ROUTE,
		"a message is posted to the paravisor, not past it", .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("signal-trapped", "R1", ROUTE, .run = run_signal, CW_QUIRK_ROUTE,
		"an event is signalled to the paravisor, not past it", .needs = CW_NEEDS_PARAVISOR),
	CW_SHARES("convert-direct", "R1", ROUTE, ROUTE,
		  "the hypervisor is told of a conversion past the paravisor",
		  .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("reserved-message", "Z2", RESERVED_SET, .run = run_message, CW_QUIRK_RESERVED,
		"the reserved field of a message's input is left as it was found"),
	CW_TWIN("reserved-signal", "Z2", RESERVED_SET, .run = run_signal, CW_QUIRK_RESERVED,
		"the reserved field of an event's input is left as it was found"),
	CW_SHARES("reserved-convert", "Z2", RESERVED_SET, RESERVED,
		  "a reserved field of a page state call is not zero, which is refused",
		  .bug = "3ee9cebd0a5e", .needs = CW_NEEDS_WINDOW),
	CW_TWIN("message-tail", "Z3", TAIL_SET, .run = run_message, CW_QUIRK_TAIL,
		"what an earlier use left behind a message's payload is handed over with it",
		.bug = "e99c4afbee07"),
	CW_TWIN("stale-share", "Z4", STALE, .on = on_stale, 0,
		"pages are shared with what their last user left in them", .pages = 8),
	CW_TWIN("call-page-shared", "S5", KEPT_SHARED, .on = on_call_page, 0,
		"the input page of a hypercall to the paravisor is shared with the host",
		.pages = 1, .pages_max = 1, .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("io-apic-shared", "S8", MMIO_SHARED, .run = run_mmio, MMIO_IO_APIC,
		"the IO-APIC, which the paravisor emulates, is mapped shared",
		.needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("vtpm-shared", "S8", MMIO_SHARED, .run = run_mmio, MMIO_VTPM,
		"the virtual TPM, which the paravisor emulates, is mapped shared",
		.needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("pci-private", "S8", MMIO_PRIVATE, .run = run_mmio, MMIO_PCI,
		"a PCI window, which the host emulates, is mapped private"),
	CW_TWIN("stray-interrupt", "R3", INTERRUPT_STRAY, .run = run_interrupt, 0,
		"the paravisor lets an interrupt through that is not enabled",
		.needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("kexec-unlisted", "T9", LEFT_SHARED, .on = on_kexec, KEXEC_UNLISTED,
		"shared pages are not on the list by which the hand-over takes them back",
		.pages = 12, .pages_min = 6),
	CW_TWIN("kexec-race", "T9", LEFT_SHARED, .on = on_kexec, KEXEC_RACE,
		"conversions are not stopped, and one comes in the middle of the hand-over",
		.pages = 12, .pages_min = 6),
	CW_TWIN("kexec-assist-page", "T9", LEFT_SHARED, .on = on_kexec, KEXEC_ASSIST,
		"the VP assist page stays with the hypervisor over the hand-over",
		.pages = 12, .pages_min = 6, .bug = "CVE-2024-46864"),
	CW_HONEST("implicit", "-", .on = cw_on_share, CW_QUIRK_IMPLICIT,
		  "pages become shared when they are first used so, and the host is not asked",
		  .pages = 8, .needs = CW_NEEDS_TDX),
	{ }
};
/* clang-format on */
