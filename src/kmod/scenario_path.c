// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios beside the transitions: hypercalls and the way that they take, pages that stay
 * private, device memory, interrupts, hand-over by kexec, and what only some modes have.
 */
#include <linux/bitmap.h>
#include <linux/io.h>

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

static int on_kept(const struct cw_run *run, struct cw_range *range, int *want)
{
	int err = run->misbehave ? cw_transition(range, true, NULL) : 0;

	if (err)
		return err;
	*want = kept_use(run, cw_range_vaddr(range));
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

/* ---- the table ---- */

/* clang-format off */
const struct cw_scenario cw_scenarios_path[] = {
	CW_TWIN("post-trapped", "R1", ROUTE, .run = run_message, CW_MISCALL_ROUTE,
		"a message is posted to the paravisor, not past it", .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("signal-trapped", "R1", ROUTE, .run = run_signal, CW_MISCALL_ROUTE,
		"an event is signalled to the paravisor, not past it", .needs = CW_NEEDS_PARAVISOR),
	CW_SHARES("convert-direct", "R1", ROUTE, ROUTE,
		  "the hypervisor is told of a conversion past the paravisor",
		  .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("reserved-message", "Z2", RESERVED_SET, .run = run_message, CW_MISCALL_RESERVED,
		"the reserved field of a message's input is left as it was found"),
	CW_TWIN("reserved-signal", "Z2", RESERVED_SET, .run = run_signal, CW_MISCALL_RESERVED,
		"the reserved field of an event's input is left as it was found"),
	CW_SHARES("reserved-convert", "Z2", RESERVED_SET, RESERVED,
		  "a reserved field of a page state call is not zero, which is refused",
		  .bug = "3ee9cebd0a5e", .needs = CW_NEEDS_WINDOW),
	CW_TWIN("message-tail", "Z3", TAIL_SET, .run = run_message, CW_MISCALL_TAIL,
		"what an earlier use left behind a message's payload is handed over with it",
		.bug = "e99c4afbee07"),
	CW_TWIN("stale-share", "Z4", STALE, .on = on_stale, 0,
		"pages are shared with what their last user left in them", .pages = 8),
	CW_TWIN("call-page-shared", "S5", KEPT_SHARED, .on = on_kept, CW_MAP_HYPERCALL_IN,
		"the input page of a hypercall to the paravisor is shared with the host",
		.pages = 1, .pages_max = 1, .needs = CW_NEEDS_PARAVISOR),
	CW_TWIN("interrupt-page-shared", "S5", KEPT_SHARED, .on = on_kept, CW_MAP_INT_PAGE,
		"the interrupt page of VMBus is shared, although the host never reads it",
		.pages = 1, .pages_max = 1),
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
	CW_TWIN("kexec-unlisted", "T9", LEFT_SHARED, .on = cw_on_kexec, CW_KEXEC_UNLISTED,
		"shared pages are not on the list by which the hand-over takes them back",
		.pages = 12, .pages_min = 6),
	CW_TWIN("kexec-race", "T9", LEFT_SHARED, .on = cw_on_kexec, CW_KEXEC_RACE,
		"conversions are not stopped, and one comes in the middle of the hand-over",
		.pages = 12, .pages_min = 6),
	CW_TWIN("kexec-assist-page", "T9", LEFT_SHARED, .on = cw_on_kexec, CW_KEXEC_ASSIST,
		"the VP assist page stays with the hypervisor over the hand-over",
		.pages = 12, .pages_min = 6, .bug = "CVE-2024-46864"),
	CW_HONEST("implicit", "-", .on = cw_on_share, CW_QUIRK_IMPLICIT,
		  "pages become shared when they are first used so, and the host is not asked",
		  .pages = 8, .needs = CW_NEEDS_TDX),
	{ }
};
/* clang-format on */
