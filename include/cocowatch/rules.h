/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The catalogue of rules: one table that the engine, the commands, the man page
 * cocowatch-rules(7) and the tests read.  Ids are stable for ever; rows are
 * appended, never renumbered.
 */
#ifndef CW_RULES_H
#define CW_RULES_H

#include <linux/types.h>

/* How bad a finding is.  A rule lists each that it can report. */
#define CW_SEV_V 1	/* violation: fails */
#define CW_SEV_W 2	/* warning: reported and counted */
#define CW_SEV_O 4	/* observation: the host misbehaved, the guest coped */

/* Who judges: K the BPF program, U user space from recorded facts. */
/* Profile: PAGES is the default of watch, IO adds packet paths, NONE is on request only. */

/* X(id, name, severities, judge, profile, what must hold) */
#define CW_RULES(X) \
	X(T1, "not-present-window", CW_SEV_V, K, PAGES, \
	  "From the end of the prepare step until the host has answered, every PTE of the range, " \
	  "its own and its direct-map alias, is not present.") \
	X(T2, "flushed-before-host", CW_SEV_V, K, PAGES, \
	  "The TLB of the range was flushed on every CPU after present was cleared and before the " \
	  "host was told.") \
	X(T3, "state-agrees", CW_SEV_V, K, PAGES, \
	  "When a transition reports success, each PTE is present, its shared bit equals the request, " \
	  "and the frames are those that the host was told.") \
	X(T4, "failure-honoured", CW_SEV_V, K, PAGES, \
	  "A failed or partial step is returned as an error, and its pages become unknown.") \
	X(T5, "no-overlap", CW_SEV_V, K, PAGES, \
	  "No two transitions are in flight on one page.") \
	X(T6, "same-pages", CW_SEV_V, K, PAGES, \
	  "The frames told to the host are exactly those that the range maps.") \
	X(T7, "completed", CW_SEV_V | CW_SEV_W, U, PAGES, \
	  "A transition leaves no PTE not-present, and its task does not go away in the middle; one " \
	  "that takes longer than a second is a warning.") \
	X(T8, "zeropad-by-page-fault", CW_SEV_V, K, PAGES, \
	  "A stray load_unaligned_zeropad() read into a window is fixed up through #PF, never #VC or #VE.") \
	X(T9, "private-at-kexec", CW_SEV_V, U, NONE, \
	  "At hand-over by kexec or crash no page is left shared.") \
	X(S1, "shared-before-use", CW_SEV_V, K, PAGES, \
	  "A buffer is shared before the host learns its frames.") \
	X(S2, "second-mapping-shared", CW_SEV_V, K, PAGES, \
	  "The second mapping of a ring buffer carries the shared attribute in every PTE.") \
	X(S3, "private-before-free", CW_SEV_V, K, PAGES, \
	  "A page that is not private (shared, in transition, unknown) never goes back to the allocator.") \
	X(S4, "expected-owner", CW_SEV_V | CW_SEV_W, U, PAGES, \
	  "Each shared page belongs to a class that this mode allows; an unclassified one is a warning.") \
	X(S5, "private-stays-private", CW_SEV_V | CW_SEV_W, K, PAGES, \
	  "What this mode keeps private is private: page tables, kernel text, slab pages, per-CPU " \
	  "hypercall pages under a paravisor.  A whole slab page is a warning.") \
	X(S6, "dma-bounced", CW_SEV_V, K, IO, \
	  "Each frame handed to the host for DMA is shared, so it was bounced.") \
	X(S7, "bounce-balance", CW_SEV_V, K, IO, \
	  "No bounce slot is mapped twice, unmapped by a foreign owner or with another size.") \
	X(S8, "private-mmio", CW_SEV_V, K, PAGES, \
	  "The IO-APIC page and the vTPM page are mapped private, PCI windows shared.") \
	X(Z1, "ring-padding", CW_SEV_V, K, IO, \
	  "The bytes that pad a ring packet to 8 are zero, and the header's lengths equal what is written.") \
	X(Z2, "reserved-fields", CW_SEV_V, K, PAGES, \
	  "Reserved and unused fields of a hypercall input are zero.") \
	X(Z3, "message-tail", CW_SEV_V, K, PAGES, \
	  "Every byte handed to the host beyond a message's payload is zero.") \
	X(Z4, "no-stale-share", CW_SEV_W, K, NONE, \
	  "A page holds no stale data when it becomes shared.") \
	X(H1, "length-validated", CW_SEV_V, K, IO, \
	  "The span of a packet that is read lies inside the ring's double mapping, and the copy inside " \
	  "the private buffer.") \
	X(H2, "copied-before-use", CW_SEV_V, K, IO, \
	  "The packet handed to a driver lies in private memory, in the channel's own packet buffer.") \
	X(H3, "ring-indices-in-range", CW_SEV_V | CW_SEV_O, K, IO, \
	  "A ring index outside the ring is never used; seen once and refused is an observation.") \
	X(H4, "no-double-fetch", CW_SEV_V, K, IO, \
	  "A length or index used after validation is the one that was validated.") \
	X(H5, "hardened-devices-only", CW_SEV_V | CW_SEV_O, K, PAGES, \
	  "Only devices marked allowed_in_isolated are bound; an offer refused is an observation.") \
	X(H6, "known-transaction", CW_SEV_V | CW_SEV_O, K, IO, \
	  "A completion with an unknown id is dropped.") \
	X(R1, "direct-hypercalls", CW_SEV_V, K, PAGES, \
	  "Post-message and signal-event go straight to the hypervisor under a paravisor; all others " \
	  "through the paravisor.") \
	X(R2, "config-space-by-hypercall", CW_SEV_V, K, PAGES, \
	  "PCI config space is reached by hypercall, never by MMIO, where the host asks for it.") \
	X(R3, "enabled-interrupts-only", CW_SEV_V, K, PAGES, \
	  "Under a paravisor an interrupt that the guest has not enabled is not delivered.") \
	X(P1, "mode-consistent", CW_SEV_V, U, PAGES, \
	  "The CPUID isolation leaf, cc_vendor, sev_status, cc_mask and the installed callbacks describe " \
	  "one and the same mode.") \
	X(P2, "vtom-is-a-protection-flag", CW_SEV_V, U, PAGES, \
	  "cc_mask is the shared GPA boundary and physical_mask excludes it.")

#define CW_RULE_ENUM(id, name, sev, judge, profile, text) CW_RULE_##id,
enum cw_rule { CW_RULES(CW_RULE_ENUM) CW_RULE_NR };

#define CW_RULE_BIT(rule) (1ULL << (rule))
#define CW_RULE_ALL (CW_RULE_BIT(CW_RULE_NR) - 1)

/* What exactly was found: the rule, its severity, how the two values of a detail are to be
 * read, what was expected, what was seen.  The numbers stand in records: rows are appended,
 * whatever their rule.
 * X(finding, rule, severity, values, expected, seen)
 */
#define CW_FINDINGS(X) \
	X(WINDOW_OWN_PRESENT, T1, V, PTE, \
	  "not present from the end of prepare until the host has answered", \
	  "the range's own PTE is present in the window") \
	X(WINDOW_ALIAS_PRESENT, T1, V, PTE, \
	  "not present from the end of prepare until the host has answered", \
	  "the direct-map PTE of the frame is present in the window") \
	X(FLUSH_MISSING, T2, V, NONE, \
	  "a TLB flush between clearing present and telling the host", "no flush was seen") \
	X(FLUSH_PARTIAL, T2, V, CPUS, \
	  "the TLB flushed on every online CPU", "fewer CPUs were flushed") \
	X(FLUSH_STALE, T2, V, CPUS, \
	  "a read on every CPU faults after the flush", "CPUs still read through a stale translation") \
	X(END_OWN_ABSENT, T3, V, PTE, \
	  "every PTE present after success", "the range's own PTE is not present") \
	X(END_OWN_BIT, T3, V, PTE, \
	  "the shared bit of every PTE equals the request after success", \
	  "the range's own PTE has the other value") \
	X(END_ALIAS_ABSENT, T3, V, PTE, \
	  "every PTE present after success", "the direct-map PTE of the frame is not present") \
	X(END_ALIAS_BIT, T3, V, PTE, \
	  "the shared bit of every PTE equals the request after success", \
	  "the direct-map PTE of the frame has the other value") \
	X(END_ALIAS_FRAME, T3, V, FRAME, \
	  "both mappings name the same frame", "the direct-map PTE names another frame") \
	X(FAILURE_HIDDEN, T4, V, ERRNO, \
	  "the error of a failed step is returned", "success was returned") \
	X(PARTIAL_HIDDEN, T4, V, REPS, \
	  "a partly completed hypercall is returned as an error", "success was returned") \
	X(OVERLAP, T5, V, TASK, \
	  "no other transition in flight on the page", "another task has one open") \
	X(TOLD_OTHER_FRAME, T6, V, FRAME, \
	  "the host is told the frame that the range maps", "it was told another") \
	X(TOLD_TOO_FEW, T6, V, PAGES, \
	  "the host is told every frame of the range", "it was told fewer") \
	X(TOLD_TOO_MANY, T6, V, PAGES, \
	  "the host is told the frames of the range only", "it was told more") \
	X(TOLD_OTHER_WAY, T6, V, VISIBILITY, \
	  "the host is told the visibility that was asked for", "it was told another") \
	X(LEFT_ABSENT, T7, V, PTE, \
	  "no PTE left not-present by an ended transition", "a PTE was left not-present") \
	X(TASK_GONE, T7, V, TASK, \
	  "the task finishes its transition", "it exited in the middle") \
	X(SLOW, T7, W, NSEC, \
	  "a transition ends within its time", "it is still open") \
	X(ZEROPAD_TRAP, T8, V, TRAP, \
	  "a stray read into the window is fixed up through #PF (14)", "it came through another trap") \
	X(ZEROPAD_OOPS, T8, V, TRAP, \
	  "a stray read into the window is fixed up", "it was not fixed up") \
	X(FREED_SHARED, S3, V, PTE, \
	  "private before it goes back to the allocator", "the freed page is shared") \
	X(FREED_TRANSIT, S3, V, PTE, \
	  "private before it goes back to the allocator", "the freed page is in a transition") \
	X(FREED_UNKNOWN, S3, V, PTE, \
	  "private before it goes back to the allocator", \
	  "the freed page is unknown: an earlier conversion of it failed") \
	X(SLAB_PART, S5, V, PAGES, \
	  "no page that holds other slab objects is shared", "a slab page is shared in part") \
	X(SLAB_WHOLE, S5, W, PAGES, \
	  "no slab page is shared", "a whole slab page is shared") \
	X(PAGE_TABLE, S5, V, PAGES, \
	  "no page table is shared", "a page-table page is shared") \
	X(MODE_MIXED, P1, V, MASK, \
	  "all sources describe one mode", "they contradict each other") \
	X(MASK_NOT_BOUNDARY, P2, V, MASK, \
	  "cc_mask is the shared GPA boundary", "it is another value") \
	X(MASK_IN_PHYSICAL, P2, V, MASK, \
	  "physical_mask excludes the shared GPA boundary", "it contains it") \
	X(FLUSH_EARLY, T2, V, PAGES, \
	  "the TLB flushed after present was cleared on every page", \
	  "PTEs were still present at each flush") \
	X(END_OTHER_FRAMES, T3, V, NONE, \
	  "the range maps the frames that the host was told", "it maps others, or in another order") \
	X(HANDED_PRIVATE, S1, V, PTE, \
	  "shared before the host learns the frame", "a frame named to the host is private") \
	X(HANDED_UNKNOWN, S1, V, PTE, \
	  "shared before the host learns the frame", \
	  "a frame named to the host is unknown: an earlier conversion of it failed") \
	X(SECOND_PRIVATE, S2, V, PTE, \
	  "each PTE of the second mapping carries the shared attribute", "a PTE of it is private") \
	X(SECOND_ABSENT, S2, V, PTE, \
	  "each page of the second mapping is present", "a PTE of it is not present") \
	X(OWNER_FORBIDDEN, S4, V, PAGES, \
	  "this mode keeps pages of this owner private", "they are shared") \
	X(OWNER_UNKNOWN, S4, W, PAGES, \
	  "each shared page has an owner that is known", "nobody is known to own it") \
	X(KEPT_SHARED, S5, V, PTE, \
	  "this mode keeps the page private", "it is shared") \
	X(DMA_PRIVATE, S6, V, PTE, \
	  "each frame handed over for DMA is shared", "a frame of a page buffer is private") \
	X(DMA_UNKNOWN, S6, V, PTE, \
	  "each frame handed over for DMA is shared", \
	  "a frame of a page buffer is unknown: an earlier conversion of it failed") \
	X(BOUNCE_TWICE, S7, V, BYTES, \
	  "a bounce slot is mapped once", "it is mapped again before it was unmapped") \
	X(BOUNCE_FOREIGN, S7, V, NONE, \
	  "a bounce slot is unmapped by the device that mapped it", "another device unmaps it") \
	X(BOUNCE_SIZE, S7, V, BYTES, \
	  "a bounce slot is unmapped with the size that was mapped", "with another size") \
	X(MMIO_SHARED, S8, V, PTE, \
	  "the IO-APIC page and the vTPM page are mapped private", "a PTE of the mapping is shared") \
	X(MMIO_PRIVATE, S8, V, PTE, \
	  "device memory is mapped shared", "a PTE of the mapping is private") \
	X(LEFT_SHARED, T9, V, PAGES, \
	  "no page is left shared at the hand-over", "pages are still shared") \
	X(RING_PAD, Z1, V, BYTES, \
	  "the bytes that pad a ring packet are zero", "some are not") \
	X(RING_LENGTH, Z1, V, BYTES, \
	  "the lengths in the header are what is written", "they are others") \
	X(RESERVED_SET, Z2, V, BYTES, \
	  "reserved fields of a hypercall input are zero", "bytes of them are not") \
	X(TAIL_SET, Z3, V, BYTES, \
	  "every byte handed over beyond the payload is zero", "some are not") \
	X(STALE, Z4, W, BYTES, \
	  "a page holds no stale data when it becomes shared", "it does") \
	X(READ_OUTSIDE_RING, H1, V, BYTES, \
	  "the packet that is read ends inside the ring", "it ends beyond") \
	X(READ_OUTSIDE_COPY, H1, V, BYTES, \
	  "the packet fits into the private buffer", "it is longer") \
	X(NOT_COPIED, H2, V, NONE, \
	  "a driver gets the packet in the channel's own packet buffer", "it gets another address") \
	X(COPY_SHARED, H2, V, PTE, \
	  "the packet buffer is private", "a page of it is not") \
	X(INDEX_USED, H3, V, BYTES, \
	  "a ring index outside the ring is never used", "it was used") \
	X(INDEX_REFUSED, H3, O, BYTES, \
	  "the host keeps ring indices inside the ring", \
	  "it does not; nothing shows that it was believed") \
	X(DEVICE_BOUND, H5, V, NONE, \
	  "only devices marked allowed_in_isolated are bound", "another one was bound") \
	X(DEVICE_REFUSED, H5, O, NONE, \
	  "the host offers only devices that a confidential VM may use", "it offers another, refused") \
	X(COMPLETION_UNKNOWN, H6, O, NONE, \
	  "the host completes transactions that are open", "it completes another") \
	X(ROUTE, R1, V, MASK, \
	  "the hypercall takes the path of its kind", "it takes the other") \
	X(CONFIG_BY_MMIO, R2, V, NONE, \
	  "config space is reached by hypercall", "it was reached without") \
	X(DOUBLE_FETCH, H4, V, BYTES, \
	  "the value that was validated is the one used", "it was read again, and is another") \
	X(COMPLETION_USED, H6, V, NONE, \
	  "a completion with an unknown id is dropped", "the driver went on with it") \
	X(INTERRUPT_STRAY, R3, V, NONE, \
	  "an interrupt that the guest has not enabled is refused", "it is delivered")

#define CW_FINDING_ENUM(id, rule, sev, values, expected, seen) CW_FIND_##id,
enum cw_finding { CW_FIND_NONE, CW_FINDINGS(CW_FINDING_ENUM) CW_FIND_NR };

#endif
