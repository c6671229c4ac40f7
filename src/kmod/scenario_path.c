// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios beside the transitions: hypercalls and the way that they take, pages that stay
 * private, device memory, interrupts, hand-over by kexec, and what only some modes have.
 */
#include <linux/err.h>
#include <linux/kernel.h>

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
	int want = miscall & CW_MISCALL_ROUTE ? -EACCES : 0;
	int err = cw_hypercall_post_message(CW_CONNECTION_TEST, 1, text, sizeof(text), miscall);

	return err == want ? 0 : err ?: -EPROTO;
}

static int run_signal(const struct cw_run *run)
{
	u32 miscall = run->misbehave ? run->sc->flags : 0;
	int want = miscall & CW_MISCALL_ROUTE ? -EACCES : 0;
	int err = cw_hypercall_signal_event(CW_CONNECTION_TEST, 0, miscall);

	return err == want ? 0 : err ?: -EPROTO;
}

/* ---- pages that stay private ---- */

/* Uses a page as the mode's private pages are used; who misbehaves has shared it before. */
static int kept_use(const struct cw_run *run, unsigned long va)
{
	u32 apic_id = 0;

	if (run->sc->flags == CW_MAP_HYPERCALL_IN)
		return cw_hypercall_from((void *)va, CW_HVCALL_VP_INDEX, &apic_id, sizeof(apic_id));
	trace_cocovm_page_kept(va, 1, run->sc->flags);
	return 0;
}

static int run_kept(const struct cw_run *run)
{
	struct cw_range *range = cw_pool_get(run->pages);
	int err = 0, use_err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (run->misbehave)
		err = cw_transition(range, true, NULL);
	if (err)
		return cw_range_finish(run, range, err, 0);
	use_err = kept_use(run, cw_range_vaddr(range));
	if (run->misbehave)
		return cw_range_finish(run, range, 0, 0) ?: use_err;
	cw_range_put(range);
	return use_err;
}

/* ---- stale data ---- */

static int run_stale(const struct cw_run *run)
{
	struct cw_range *range = cw_pool_get(run->pages);

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (run->misbehave)
		memset((void *)cw_range_vaddr(range), STALE, PAGE_SIZE);
	return cw_range_finish(run, range, cw_transition(range, true, NULL), 0);
}

/* ---- the table ---- */

/* clang-format off */
static const struct cw_scenario scenarios[] = {
	{ .name = "post-trapped", .rule = "R1", .has_twin = true,
	  .finding = CW_FIND_ROUTE, .needs = CW_NEEDS_PARAVISOR,
	  .text = "a message is posted to the paravisor, not past it",
	  .flags = CW_MISCALL_ROUTE, .run = run_message },
	{ .name = "signal-trapped", .rule = "R1", .has_twin = true,
	  .finding = CW_FIND_ROUTE, .needs = CW_NEEDS_PARAVISOR,
	  .text = "an event is signalled to the paravisor, not past it",
	  .flags = CW_MISCALL_ROUTE, .run = run_signal },
	{ .name = "convert-direct", .rule = "R1", .has_twin = true,
	  .finding = CW_FIND_ROUTE, .needs = CW_NEEDS_PARAVISOR, .pages = 8,
	  .text = "the hypervisor is told of a conversion past the paravisor",
	  .flags = CW_QUIRK_ROUTE, .run = cw_run_share },
	{ .name = "reserved-message", .rule = "Z2", .has_twin = true,
	  .finding = CW_FIND_RESERVED_SET,
	  .text = "the reserved field of a message's input is left as it was found",
	  .flags = CW_MISCALL_RESERVED, .run = run_message },
	{ .name = "reserved-signal", .rule = "Z2", .has_twin = true,
	  .finding = CW_FIND_RESERVED_SET,
	  .text = "the reserved field of an event's input is left as it was found",
	  .flags = CW_MISCALL_RESERVED, .run = run_signal },
	{ .name = "reserved-convert", .rule = "Z2", .has_twin = true,
	  .finding = CW_FIND_RESERVED_SET, .bug = "3ee9cebd0a5e", .needs = CW_NEEDS_WINDOW,
	  .pages = 8,
	  .text = "a reserved field of a page state call is not zero, which is refused",
	  .flags = CW_QUIRK_RESERVED, .run = cw_run_share },
	{ .name = "message-tail", .rule = "Z3", .has_twin = true,
	  .finding = CW_FIND_TAIL_SET, .bug = "e99c4afbee07",
	  .text = "what an earlier use left behind a message's payload is handed over with it",
	  .flags = CW_MISCALL_TAIL, .run = run_message },
	{ .name = "stale-share", .rule = "Z4", .has_twin = true,
	  .finding = CW_FIND_STALE, .pages = 8,
	  .text = "pages are shared with what their last user left in them",
	  .run = run_stale },
	{ .name = "call-page-shared", .rule = "S5", .has_twin = true,
	  .finding = CW_FIND_KEPT_SHARED, .needs = CW_NEEDS_PARAVISOR, .pages = 1,
	  .pages_max = 1,
	  .text = "the input page of a hypercall to the paravisor is shared with the host",
	  .flags = CW_MAP_HYPERCALL_IN, .run = run_kept },
	{ .name = "interrupt-page-shared", .rule = "S5", .has_twin = true,
	  .finding = CW_FIND_KEPT_SHARED, .pages = 1, .pages_max = 1,
	  .text = "the interrupt page of VMBus is shared, although the host never reads it",
	  .flags = CW_MAP_INT_PAGE, .run = run_kept },
	{ .name = "io-apic-shared", .rule = "S8", .has_twin = true,
	  .finding = CW_FIND_MMIO_SHARED, .needs = CW_NEEDS_PARAVISOR,
	  .text = "the IO-APIC, which the paravisor emulates, is mapped shared",
	  .flags = CW_MMIO_IO_APIC, .run = cw_run_mmio },
	{ .name = "vtpm-shared", .rule = "S8", .has_twin = true,
	  .finding = CW_FIND_MMIO_SHARED, .needs = CW_NEEDS_PARAVISOR,
	  .text = "the virtual TPM, which the paravisor emulates, is mapped shared",
	  .flags = CW_MMIO_VTPM, .run = cw_run_mmio },
	{ .name = "pci-private", .rule = "S8", .has_twin = true,
	  .finding = CW_FIND_MMIO_PRIVATE,
	  .text = "a PCI window, which the host emulates, is mapped private",
	  .flags = CW_MMIO_PCI, .run = cw_run_mmio },
	{ .name = "stray-interrupt", .rule = "R3", .has_twin = true,
	  .finding = CW_FIND_INTERRUPT_STRAY, .needs = CW_NEEDS_PARAVISOR,
	  .text = "the paravisor lets an interrupt through that is not enabled",
	  .run = cw_run_interrupt },
	{ .name = "kexec-unlisted", .rule = "T9", .has_twin = true,
	  .finding = CW_FIND_LEFT_SHARED, .pages = 12, .pages_min = 6,
	  .text = "shared pages are not on the list by which the hand-over takes them back",
	  .flags = CW_KEXEC_UNLISTED, .run = cw_run_kexec },
	{ .name = "kexec-race", .rule = "T9", .has_twin = true,
	  .finding = CW_FIND_LEFT_SHARED, .pages = 12, .pages_min = 6,
	  .text = "conversions are not stopped, and one comes in the middle of the hand-over",
	  .flags = CW_KEXEC_RACE, .run = cw_run_kexec },
	{ .name = "kexec-assist-page", .rule = "T9", .has_twin = true,
	  .finding = CW_FIND_LEFT_SHARED, .bug = "CVE-2024-46864", .pages = 12, .pages_min = 6,
	  .text = "the VP assist page stays with the hypervisor over the hand-over",
	  .flags = CW_KEXEC_ASSIST, .run = cw_run_kexec },
	{ .name = "implicit", .rule = "-", .pages = 8, .needs = CW_NEEDS_TDX,
	  .text = "pages become shared when they are first used so, and the host is not asked",
	  .flags = CW_QUIRK_IMPLICIT, .run = cw_run_share },
};
/* clang-format on */

const struct cw_scenario_set cw_scenarios_path = CW_SCENARIO_SET(scenarios);
