// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of the ABI do not move: those of events, states, rules and findings stand here a
 * second time, and cocowatch-record(5) has the same.
 */
#include "abi.h"

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>
#include <cocowatch/state.h>

#include "rules.h"

struct number {
	const char *name;
	__u64 number;
	__u64 is;
};

#define N(name, number) { #name, number, (__u64)(name) }

static const struct number numbers[] = {
	N(CW_ABI_MAJOR, 1), N(CW_ABI_MINOR, 2),
	N(CW_COMM_LEN, 16), N(CW_STACK_MAX, 32), N(CW_DETAIL_MAX, 4), N(CW_NO_INDEX, 0xffffffff),
	N(CW_SPACE_KERNEL, 0), N(CW_SPACE_EMULATED, 1),
	N(CW_STEP_RET, 1), N(CW_STEP_WINDOW, 2), N(CW_STEP_DIRECT, 4), N(CW_STEP_TOLD, 8),
	N(CW_STEP_CONTIG, 16), N(CW_STEP_UNCONFIRMED, 32), N(CW_STEP_NO_BIT, 64),
	N(CW_STEP_STEPPED, 128), N(CW_STEP_UNSEEN, 256),
	N(CW_PG_PRIVATE, 0), N(CW_PG_TRANSIT, 1), N(CW_PG_SHARED, 2), N(CW_PG_UNKNOWN, 3),
	N(CW_ISOLATION_NONE, 0), N(CW_ISOLATION_VBS, 1),
	N(CW_ISOLATION_SNP, 2), N(CW_ISOLATION_TDX, 3),
	N(CW_CALLBACKS_NONE, 0), N(CW_CALLBACKS_VTOM, 1),
	N(CW_CALLBACKS_AMD, 2), N(CW_CALLBACKS_TDX, 3),
	N(CW_VENDOR_NONE, 0), N(CW_VENDOR_AMD, 1), N(CW_VENDOR_INTEL, 2), N(CW_VENDOR_HYPERV, 3),
	N(CW_MODE_NONE, 0), N(CW_MODE_VBS, 1), N(CW_MODE_SNP_VTOM, 2), N(CW_MODE_TDX_VTOM, 3),
	N(CW_MODE_SNP, 4), N(CW_MODE_TDX, 5), N(CW_MODE_SNP_OTHER, 6), N(CW_MODE_TDX_OTHER, 7),
	N(CW_OWNER_UNKNOWN, 0), N(CW_OWNER_BOUNCE, 1), N(CW_OWNER_RING, 2), N(CW_OWNER_MONITOR, 3),
	N(CW_OWNER_NETVSC, 4), N(CW_OWNER_SYNIC, 5), N(CW_OWNER_POST_MSG, 6),
	N(CW_OWNER_HYPERCALL, 7), N(CW_OWNER_GHCB, 8), N(CW_OWNER_VP_ASSIST, 9),
	N(CW_OWNER_KVM, 10), N(CW_OWNER_BSS, 11), N(CW_OWNER_DMA_POOL, 12), N(CW_OWNER_DMA, 13),
	N(CW_OWNER_INT_PAGE, 14),
	N(CW_OWNER_PACKET_COPY, 15), N(CW_OWNER_PARA_SYNIC, 16), N(CW_OWNER_KERNEL, 17),
	N(CW_OWNER_CONFIDENTIAL, 1), N(CW_OWNER_NO_DIRECT, 2), N(CW_OWNER_UNMAPPED, 4),
	N(CW_OWNER_SUPPLIED, 8), N(CW_OWNER_UNCONFIRMED, 16),
	N(CW_SEV_V, 1), N(CW_SEV_W, 2), N(CW_SEV_O, 4),
	N(CW_RING_VECTORS, 1), N(CW_RING_PAD, 2), N(CW_RING_BEFORE, 4), N(CW_RING_AFTER, 8),
	N(CW_RING_RET, 16), N(CW_RING_RETURNED, 32), N(CW_RING_HEADER, 64), N(CW_RING_COPY, 128),
	N(CW_DEVICE_OFFERED, 1), N(CW_DEVICE_BOUND, 2), N(CW_CHANNEL_SOCKET, 0x2000),
	N(CW_TABLE_NONE, 0), N(CW_TABLE_KERNEL, 1), N(CW_TABLE_OURS, 2),
	N(CW_COMPLETION_KNOWN, 1), N(CW_COMPLETION_UNKNOWN, 2), N(CW_COMPLETION_UNTRACKED, 3),
	N(CW_COMPLETION_USED, 4),
	N(CW_FETCH_LENGTH, 1), N(CW_FETCH_OFFSET, 2), N(CW_FETCH_INDEX, 3),
	N(CW_ASKED_UNKNOWN, 0), N(CW_ASKED_YES, 1), N(CW_ASKED_NO, 2),
	N(CW_HAND_GPADL, 1), N(CW_HAND_GPADL_BODY, 2), N(CW_HAND_CONTACT, 3), N(CW_HAND_DMA, 4),
	N(CW_HAND_SYNIC, 5),
	N(CW_VIA_UNSEEN, 0), N(CW_VIA_GHCB, 1), N(CW_VIA_TDX, 2), N(CW_VIA_STD, 3),
	N(CW_VIA_SNP, 4),
	N(CW_CALL_FAST, 1), N(CW_CALL_PARAVISOR, 2), N(CW_CALL_CONFIDENTIAL, 4),
	N(CW_BOUNCE_MAP, 1), N(CW_BOUNCE_UNMAP, 2),
	N(CW_MAP_RING_OUT, 1), N(CW_MAP_RING_IN, 2), N(CW_MAP_IOAPIC, 3), N(CW_MAP_VTPM, 4),
	N(CW_MAP_DEVICE, 5), N(CW_MAP_FIRMWARE, 6), N(CW_MAP_HYPERCALL_IN, 7),
	N(CW_MAP_HYPERCALL_OUT, 8), N(CW_MAP_INT_PAGE, 9), N(CW_MAP_PACKET_COPY, 10),
	N(CW_MAP_TEXT, 11), N(CW_MAP_RODATA, 12), N(CW_MAP_KEXEC, 13),
	N(CW_PTE_UNASKED, 0), N(CW_PTE_READ, 1), N(CW_PTE_UNREAD, 2), N(CW_PTE_MUTE, 3),
	N(CW_PTE_MAPPING, 4),
	N(CW_NEED_OVERLAP, 1), N(CW_NEED_PTE, 2), N(CW_DO_REPAIR, 4), N(CW_DO_ACCUSED, 8),
};

static const struct number types[] = {
	N(CW_REC_NONE, 0),
	N(CW_EV_BEGIN, 1),
	N(CW_EV_PREPARED, 2),
	N(CW_EV_FLUSHED, 3),
	N(CW_EV_PROBED, 4),
	N(CW_EV_CHANGED, 5),
	N(CW_EV_HOST_CALL, 6),
	N(CW_EV_HOST_ANSWER, 7),
	N(CW_EV_HOST_DONE, 8),
	N(CW_EV_FINISHED, 9),
	N(CW_EV_END, 10),
	N(CW_EV_TASK_EXIT, 11),
	N(CW_EV_PAGE_FREE, 12),
	N(CW_EV_ZEROPAD, 13),
	N(CW_EV_PLATFORM, 14),
	N(CW_EV_SEED, 15),
	N(CW_EV_WITHHELD, 16),
	N(CW_EV_OWNER, 17),
	N(CW_EV_HANDOVER, 18),
	N(CW_EV_HYPERCALL, 19),
	N(CW_EV_MAPPING, 20),
	N(CW_EV_BOUNCE, 21),
	N(CW_EV_CONFIG, 22),
	N(CW_EV_KEPT, 23),
	N(CW_EV_RING_WRITE, 24),
	N(CW_EV_RING_READ, 25),
	N(CW_EV_DEVICE, 26),
	N(CW_EV_COMPLETION, 27),
	N(CW_EV_FETCH, 28),
	N(CW_EV_INTERRUPT, 29),
	N(CW_REC_VERDICT, 64),
	N(CW_REC_TICK, 65),
	N(CW_REC_STACK, 66),
};

#define NR_EVENTS 30	/* CW_EV_NR: one more than the last event above */

/* Bit of each rule; appended only. */
static const char *const rules[] = {
	"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9",
	"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8",
	"Z1", "Z2", "Z3", "Z4",
	"H1", "H2", "H3", "H4", "H5", "H6",
	"R1", "R2", "R3",
	"P1", "P2",
};

/* Number of each finding, its rule, severity, and how its two values are read; appended only. */
static const char *const findings[] = {
	"1 WINDOW_OWN_PRESENT T1 V PTE",
	"2 WINDOW_ALIAS_PRESENT T1 V PTE",
	"3 FLUSH_MISSING T2 V NONE",
	"4 FLUSH_PARTIAL T2 V CPUS",
	"5 FLUSH_STALE T2 V CPUS",
	"6 END_OWN_ABSENT T3 V PTE",
	"7 END_OWN_BIT T3 V PTE",
	"8 END_ALIAS_ABSENT T3 V PTE",
	"9 END_ALIAS_BIT T3 V PTE",
	"10 END_ALIAS_FRAME T3 V FRAME",
	"11 FAILURE_HIDDEN T4 V ERRNO",
	"12 PARTIAL_HIDDEN T4 V REPS",
	"13 OVERLAP T5 V TASK",
	"14 TOLD_OTHER_FRAME T6 V FRAME",
	"15 TOLD_TOO_FEW T6 V PAGES",
	"16 TOLD_TOO_MANY T6 V PAGES",
	"17 TOLD_OTHER_WAY T6 V VISIBILITY",
	"18 LEFT_ABSENT T7 V PTE",
	"19 TASK_GONE T7 V TASK",
	"20 SLOW T7 W NSEC",
	"21 ZEROPAD_TRAP T8 V TRAP",
	"22 ZEROPAD_OOPS T8 V TRAP",
	"23 FREED_SHARED S3 V PTE",
	"24 FREED_TRANSIT S3 V PTE",
	"25 FREED_UNKNOWN S3 V PTE",
	"26 SLAB_PART S5 V PAGES",
	"27 SLAB_WHOLE S5 W PAGES",
	"28 PAGE_TABLE S5 V PAGES",
	"29 MODE_MIXED P1 V MASK",
	"30 MASK_NOT_BOUNDARY P2 V MASK",
	"31 MASK_IN_PHYSICAL P2 V MASK",
	"32 FLUSH_EARLY T2 V PAGES",
	"33 END_OTHER_FRAMES T3 V NONE",
	"34 HANDED_PRIVATE S1 V PTE",
	"35 HANDED_UNKNOWN S1 V PTE",
	"36 SECOND_PRIVATE S2 V PTE",
	"37 SECOND_ABSENT S2 V PTE",
	"38 OWNER_FORBIDDEN S4 V PAGES",
	"39 OWNER_UNKNOWN S4 W PAGES",
	"40 KEPT_SHARED S5 V PTE",
	"41 DMA_PRIVATE S6 V PTE",
	"42 DMA_UNKNOWN S6 V PTE",
	"43 BOUNCE_TWICE S7 V BYTES",
	"44 BOUNCE_FOREIGN S7 V NONE",
	"45 BOUNCE_SIZE S7 V BYTES",
	"46 MMIO_SHARED S8 V PTE",
	"47 MMIO_PRIVATE S8 V PTE",
	"48 LEFT_SHARED T9 V PAGES",
	"49 RING_PAD Z1 V BYTES",
	"50 RING_LENGTH Z1 V BYTES",
	"51 RESERVED_SET Z2 V BYTES",
	"52 TAIL_SET Z3 V BYTES",
	"53 STALE Z4 W BYTES",
	"54 READ_OUTSIDE_RING H1 V BYTES",
	"55 READ_OUTSIDE_COPY H1 V BYTES",
	"56 NOT_COPIED H2 V NONE",
	"57 COPY_SHARED H2 V PTE",
	"58 INDEX_USED H3 V BYTES",
	"59 INDEX_REFUSED H3 O BYTES",
	"60 DEVICE_BOUND H5 V NONE",
	"61 DEVICE_REFUSED H5 O NONE",
	"62 COMPLETION_UNKNOWN H6 O NONE",
	"63 ROUTE R1 V MASK",
	"64 CONFIG_BY_MMIO R2 V NONE",
	"65 DOUBLE_FETCH H4 V BYTES",
	"66 COMPLETION_USED H6 V NONE",
	"67 INTERRUPT_STRAY R3 V NONE",
};
/* clang-format on */

static void numbers_check(const struct number *n, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (n[i].is != n[i].number)
			fail_msg("%s: %llu, must be %llu", n[i].name, n[i].is, n[i].number);
}

static void test_numbers_stay(void **state)
{
	(void)state;
	numbers_check(numbers, NR(numbers));
	numbers_check(types, NR(types));
	assert_int_equal(CW_EV_NR, NR_EVENTS);
}

static void test_rules_stay(void **state)
{
	__u32 i;

	(void)state;
	assert_int_equal(NR(rules), CW_RULE_NR);
	for (i = 0; i < CW_RULE_NR; i++)
		assert_string_equal(cw_rule_info(i)->id, rules[i]);
}

static void test_findings_stay(void **state)
{
#define FINDING_ROW(id, rule, sev, values, expected, seen) \
	{ CW_FIND_##id, #id " " #rule " " #sev " " #values },
	static const struct {
		int number;
		const char *rest;
	} are[] = { CW_FINDINGS(FINDING_ROW) };
	char row[80];
	size_t i;

	(void)state;
	assert_int_equal(NR(findings), NR(are));
	for (i = 0; i < NR(are); i++) {
		snprintf(row, sizeof(row), "%d %s", are[i].number, are[i].rest);
		assert_string_equal(row, findings[i]);
	}
}

static void test_page_has_every_number(void **state)
{
	char *page = file_read(PAGE), row[80], name[40], rule[8];
	size_t i;
	int number;

	(void)state;
	for (i = 0; i < NR(types); i++) {
		snprintf(row, sizeof(row), "%llu\t%s", types[i].number, types[i].name);
		if (!has_row(page, NULL, row))
			fail_msg(PAGE ": no row for %s", types[i].name);
	}
	for (i = 0; i < NR(findings); i++) {
		assert_int_equal(sscanf(findings[i], "%d %39s %7s", &number, name, rule), 3);
		snprintf(row, sizeof(row), "%d\t%s\t%s", number, name, rule);
		if (!has_row(page, NULL, row))
			fail_msg(PAGE ": no row for the finding %s", name);
	}
	free(page);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_numbers_stay),
	cmocka_unit_test(test_rules_stay),
	cmocka_unit_test(test_findings_stay),
	cmocka_unit_test(test_page_has_every_number),
};

UNIT_MAIN(tests)
