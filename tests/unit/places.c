// SPDX-License-Identifier: GPL-2.0-only
/* Places that were there before the session, in page tables made of numbers: each rule fires on
 * a shared one, is silent on its honest twin, and what is not mapped or cannot be read accuses
 * nobody.
 */
#include "unit.h"

#include <cocowatch/engine_share.h>

#include "fake_kernel.h"
#include "owners.h"
#include "places.h"

#define DIRECT 0xffff888000000000ULL
#define VMALLOC 0xffffc90000000000ULL
#define VA(gfn) (DIRECT + ((gfn) << 12))
#define SYM(n) (0xffffffff82a00000ULL + (n) * 0x1000ULL)
#define TEXT 0xffffffff81000000ULL
#define RODATA 0xffffffff82000000ULL
#define FIXMAP(nr) (0xffffffffff7ff000ULL - (nr) * 0x1000ULL)	/* FIXADDR_TOP and down */
#define IOAPIC 515			/* FIX_IO_APIC_BASE_0 of the made-up enumeration */
#define SHARED (1ULL << 39)
#define PRIVATE 0
#define TOP SYM(100)
#define LARGE 0x80
#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)
#define BOTH (BIT(S5) | BIT(S8))

static struct fake fake;
static struct cw_kernel kernel;
static struct cw_shared shared;
static struct cw_places places;
static struct cw_mode_state mode;

/* ---- page tables: 4 levels ---- */

#define TABLES 32

static struct {
	__u64 addr;
	__u64 entry[512];
} table[TABLES];
static size_t nr_tables;
static __u64 broken;	/* address whose table cannot be read */
static __u64 flickers;	/* entry that is another one at each reading */

static size_t table_at(__u64 addr)
{
	size_t i;

	for (i = 0; i < nr_tables && table[i].addr != addr; i++)
		;
	return i;
}

static __u64 *slot_at(__u64 va, __u32 last)
{
	__u64 at = TOP;
	__u32 shift;

	for (shift = 39;; shift -= 9) {
		__u64 *e = &table[table_at(at)].entry[va >> shift & 511];

		if (shift == last)
			return e;
		if (!*e) {
			assert_true(nr_tables < TABLES);
			table[nr_tables].addr = VA(0x40000 + nr_tables);
			*e = (0x40000 + nr_tables++) << 12 | 3;
		}
		at = DIRECT + (*e & 0x7ffffff000);
	}
}

static void map(__u64 va, __u64 gfn, __u64 bits)
{
	*slot_at(va, 12) = gfn << 12 | 3 | bits;
}

static void map_large(__u64 va, __u64 gfn, __u64 bits)
{
	*slot_at(va, 21) = gfn << 12 | 3 | LARGE | bits;
}

static void unmap(__u64 va)
{
	*slot_at(va, 12) = 0;
}

/* ---- memory ---- */

#define CONNECTION SYM(5)
#define CHANNELS VA(0x50)
#define CHANNEL VA(0x60)
#define INT_PAGE VA(0x110)
#define PKT_BUFFER (VA(0x130) + 0x800)

static __u32 looks;	/* readings of the interrupt page's address */
static void (*on_look)(void);

static int memory_read(void *ctx, __u64 addr, void *buf, size_t len)
{
	size_t i = table_at(addr & ~0xfffULL);
	__u64 *slot = buf;

	if (addr == CONNECTION + 48 && ++looks && on_look)
		on_look();
	if (broken && (addr & ~0xfffULL) == broken)
		return -EFAULT;
	if (addr == CHANNELS) {
		memset(buf, 0, len);
		slot[7] = CHANNEL;
		return 0;
	}
	if (i == nr_tables)
		return fake_read(ctx, addr, buf, len);
	memcpy(buf, (char *)table[i].entry + (addr & 0xfff), len);
	if (flickers && addr == flickers)
		*slot ^= (__u64)++looks << 20;
	return 0;
}

static void types_make(void)
{
	int inbound;

	fake_start(&fake, &kernel);
	fake_struct(&fake, "vmbus_connection", 280);
	fake_member(&fake, "int_page", fake.u64, 48);
	fake_member(&fake, "channels", fake.u64, 160);
	inbound = fake_struct(&fake, "hv_ring_buffer_info", 80);
	fake_member(&fake, "pkt_buffer", fake.u64, 64);
	fake_member(&fake, "pkt_buffer_size", fake.u32, 72);
	fake_struct(&fake, "vmbus_channel", 992);
	fake_member(&fake, "inbound", inbound, 384);
	assert_true(btf__add_enum(fake.btf, "fixed_addresses", 4) > 0);
	assert_int_equal(btf__add_enum_value(fake.btf, "FIX_IO_APIC_BASE_0", IOAPIC), 0);
	assert_int_equal(btf__add_enum_value(fake.btf, "FIX_IO_APIC_BASE_END", IOAPIC + 127), 0);
	fake_done(&fake, &kernel);
	kernel.read = memory_read;
}

static void symbols_make(void)
{
	kernel.sym[CW_SYM_init_top_pgt] = TOP;
	kernel.sym[CW_SYM_page_offset_base] = SYM(1);
	fake_set(&fake, SYM(1), DIRECT);
	kernel.sym[CW_SYM__stext] = TEXT;
	kernel.sym[CW_SYM__etext] = TEXT + 0x200000 + 0x1800;
	kernel.sym[CW_SYM___start_rodata] = RODATA;
	kernel.sym[CW_SYM___end_rodata] = RODATA + 0x3000;
	kernel.sym[CW_SYM_vmbus_connection] = CONNECTION;
	fake_set(&fake, CONNECTION + 48, INT_PAGE);
	fake_set(&fake, CONNECTION + 160, CHANNELS);
	fake_set(&fake, CHANNEL + 384 + 64, PKT_BUFFER);
	fake_set(&fake, CHANNEL + 384 + 72, 5000);
	kernel.sym[CW_SYM___per_cpu_offset] = SYM(4);
	fake_set(&fake, SYM(4), 0);
	fake_set(&fake, SYM(4) + 8, 0x10000);
	kernel.sym[CW_SYM_hyperv_pcpu_input_arg] = SYM(7);
	fake_set(&fake, SYM(7), 0x40000);
	fake_set(&fake, 0x40000, VA(0x160));
	fake_set(&fake, 0x50000, VA(0x161));
}

/* Everything as it ought to be. */
static void mappings_make(void)
{
	__u64 i;

	nr_tables = 1;
	memset(table, 0, sizeof(table));
	table[0].addr = TOP;
	map_large(TEXT, 0x3000, PRIVATE);
	map(TEXT + 0x200000, 0x3200, PRIVATE);
	map(TEXT + 0x201000, 0x3201, PRIVATE);
	for (i = 0; i < 3; i++)
		map(RODATA + (i << 12), 0x4000 + i, PRIVATE);
	map(INT_PAGE, 0x110, PRIVATE);
	map(VA(0x130), 0x130, PRIVATE);
	map(VA(0x131), 0x131, PRIVATE);
	map(VA(0x160), 0x160, PRIVATE);
	map(VA(0x161), 0x161, PRIVATE);
	map(FIXMAP(IOAPIC), 0xfec00, PRIVATE);
}

static int setup(void **state)
{
	(void)state;
	mode = (struct cw_mode_state){ .mode = CW_MODE_SNP_VTOM, .shared_mask = SHARED };
	mode.ev.physical_mask = SHARED - 1;
	memset(&shared, 0, sizeof(shared));
	broken = 0;
	flickers = 0;
	looks = 0;
	on_look = NULL;
	types_make();
	symbols_make();
	mappings_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_places_free(&places);
	cw_shared_free(&shared);
	cw_kernel_free(&kernel);
	return 0;
}

/* ---- asking ---- */

static void find(__u64 rules)
{
	cw_places_free(&places);
	assert_int_equal(cw_places_find(&places, &kernel, &mode, &shared, 2, rules), 0);
}

/* What is said of all places of a kind together. */
static size_t said(__u8 kind, struct cw_out *sum)
{
	size_t i, nr = 0;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < places.nr; i++) {
		const struct cw_ev_mapping *ev = &places.ev[i];
		struct cw_out out = { .checked = 0 };

		if (ev->kind != kind)
			continue;
		nr++;
		assert_int_equal(ev->hdr.len, sizeof(*ev));
		assert_true(cw_engine_share(&places.fmt, &ev->hdr, &out));
		assert_false(out.checked & out.no_evidence);
		sum->checked |= out.checked;
		sum->violated |= out.violated;
		sum->no_evidence |= out.no_evidence;
		if (out.nr_details)
			sum->detail[0] = out.detail[0];
	}
	return nr;
}

static void holds(__u8 kind, size_t nr, __u64 rule)
{
	struct cw_out out;

	find(BOTH);
	assert_int_equal(said(kind, &out), nr);
	assert_true(out.checked == rule && !out.violated && !out.no_evidence);
}

static void fires(__u8 kind, size_t nr, __u32 finding, __u32 index, __u64 gfn)
{
	struct cw_out out;

	find(BOTH);
	assert_int_equal(said(kind, &out), nr);
	assert_true(out.violated);
	assert_int_equal(out.detail[0].finding, finding);
	assert_int_equal(out.detail[0].index, index);
	assert_int_equal(out.detail[0].gfn, gfn);
}

static void tells_nothing(__u8 kind, __u64 rule)
{
	struct cw_out out;

	find(BOTH);
	assert_true(said(kind, &out) > 0);
	assert_true(!out.checked && !out.violated && out.no_evidence == rule);
}

static void is_passed_over(__u8 kind)
{
	struct cw_out out;

	find(BOTH);
	assert_int_equal(said(kind, &out), 0);
}

/* ---- S5 ---- */

static void test_kernel_text(void **state)
{
	(void)state;
	holds(CW_MAP_TEXT, 1, BIT(S5));
	/* a large leaf counts as all its pages, the end of the section as a whole one */
	assert_int_equal(places.ev[0].own.walked, 512 + 2);
	holds(CW_MAP_RODATA, 1, BIT(S5));
	map(TEXT + 0x201000, 0x3201, SHARED);
	fires(CW_MAP_TEXT, 1, CW_FIND_KEPT_SHARED, 513, 0x3201);
	map_large(TEXT, 0x3000, SHARED);
	fires(CW_MAP_TEXT, 1, CW_FIND_KEPT_SHARED, 0, 0x3000);
	map(RODATA + 0x1000, 0x4001, SHARED);
	fires(CW_MAP_RODATA, 1, CW_FIND_KEPT_SHARED, 1, 0x4001);
	unmap(RODATA + 0x1000);
	tells_nothing(CW_MAP_RODATA, BIT(S5));
	kernel.sym[CW_SYM___end_rodata] = 0;
	is_passed_over(CW_MAP_RODATA);
	kernel.sym[CW_SYM___end_rodata] = RODATA - 1;
	is_passed_over(CW_MAP_RODATA);
	kernel.sym[CW_SYM___end_rodata] = RODATA + 0x60000000;	/* no kernel is that large */
	tells_nothing(CW_MAP_RODATA, BIT(S5));
}

static void test_interrupt_page(void **state)
{
	(void)state;
	holds(CW_MAP_INT_PAGE, 1, BIT(S5));
	map(INT_PAGE, 0x110, SHARED);
	fires(CW_MAP_INT_PAGE, 1, CW_FIND_KEPT_SHARED, 0, 0x110);
	fake_set(&fake, CONNECTION + 48, 0);
	is_passed_over(CW_MAP_INT_PAGE);
	kernel.sym[CW_SYM_vmbus_connection] = SYM(50);
	tells_nothing(CW_MAP_INT_PAGE, BIT(S5));
	kernel.sym[CW_SYM_vmbus_connection] = 0;
	is_passed_over(CW_MAP_INT_PAGE);
}

static void test_packet_copies(void **state)
{
	(void)state;
	holds(CW_MAP_PACKET_COPY, 1, BIT(S5));
	map(VA(0x131), 0x131, SHARED);
	fires(CW_MAP_PACKET_COPY, 1, CW_FIND_KEPT_SHARED, 1, 0x131);
	map(VA(0x131), 0x131, PRIVATE);
	fake_set(&fake, CHANNEL + 384 + 72, 0xffffffff);	/* nonsense */
	tells_nothing(CW_MAP_PACKET_COPY, BIT(S5));
	fake_set(&fake, CHANNEL + 384 + 64, 0);	/* not open */
	is_passed_over(CW_MAP_PACKET_COPY);
	fake_set(&fake, CONNECTION + 160, SYM(50));	/* the list cannot be read */
	tells_nothing(CW_MAP_PACKET_COPY, BIT(S5));
	fake_set(&fake, CONNECTION + 160, 0);
	is_passed_over(CW_MAP_PACKET_COPY);
}

static void test_packet_copies_say_whose(void **state)
{
	size_t i;

	(void)state;
	find(BIT(S5));
	assert_true(places.nr > 0);
	for (i = 0; i < places.nr; i++)
		assert_int_equal(places.ev[i].relid,
				 places.ev[i].kind == CW_MAP_PACKET_COPY ? 7 : 0);
}

static void test_hypercall_pages(void **state)
{
	(void)state;
	holds(CW_MAP_HYPERCALL_IN, 2, BIT(S5));
	is_passed_over(CW_MAP_HYPERCALL_OUT);	/* this kernel has none */
	map(VA(0x161), 0x161, SHARED);
	fires(CW_MAP_HYPERCALL_IN, 2, CW_FIND_KEPT_SHARED, 0, 0x161);
	mode.mode = CW_MODE_SNP;	/* without a paravisor the hypervisor reads them */
	is_passed_over(CW_MAP_HYPERCALL_IN);
	mode.mode = CW_MODE_TDX_VTOM;
	fake_set(&fake, 0x50000, 0);	/* a CPU that was never there */
	holds(CW_MAP_HYPERCALL_IN, 1, BIT(S5));
	kernel.sym[CW_SYM_hyperv_pcpu_output_arg] = SYM(8);
	fake_set(&fake, SYM(8), 0x40000);
	fake_set(&fake, 0x50000, VA(0x160));
	holds(CW_MAP_HYPERCALL_OUT, 2, BIT(S5));
}

/* AMD's bit says private. */
static void test_other_polarity(void **state)
{
	(void)state;
	mode.mode = CW_MODE_SNP;
	mode.set_is_private = true;
	map(INT_PAGE, 0x110, SHARED);
	holds(CW_MAP_INT_PAGE, 1, BIT(S5));
	map(INT_PAGE, 0x110, 0);
	fires(CW_MAP_INT_PAGE, 1, CW_FIND_KEPT_SHARED, 0, 0x110);
}

/* ---- S8 ---- */

static void test_ioapic(void **state)
{
	(void)state;
	holds(CW_MAP_IOAPIC, 1, BIT(S8));
	map(FIXMAP(IOAPIC), 0xfec00, SHARED);
	fires(CW_MAP_IOAPIC, 1, CW_FIND_MMIO_SHARED, 0, 0xfec00);
	unmap(FIXMAP(IOAPIC));
	is_passed_over(CW_MAP_IOAPIC);
	/* a second one, of another frame, is a device like others */
	map(FIXMAP(IOAPIC), 0xfec01, SHARED);
	is_passed_over(CW_MAP_IOAPIC);
	map(FIXMAP(IOAPIC + 127), 0xfec00, SHARED);
	fires(CW_MAP_IOAPIC, 1, CW_FIND_MMIO_SHARED, 0, 0xfec00);
	map(FIXMAP(IOAPIC + 127), 0xfec01, SHARED);
	map(FIXMAP(IOAPIC + 128), 0xfec00, SHARED);	/* no more of the IO-APIC's */
	is_passed_over(CW_MAP_IOAPIC);
}

static void test_ioapic_unreadable(void **state)
{
	struct cw_out out;

	(void)state;
	slot_at(FIXMAP(IOAPIC), 12);
	broken = DIRECT + (*slot_at(FIXMAP(IOAPIC), 21) & 0x7ffffff000);
	tells_nothing(CW_MAP_IOAPIC, BIT(S8));
	assert_int_equal(said(CW_MAP_IOAPIC, &out), 1);
	broken = TOP;
	tells_nothing(CW_MAP_IOAPIC, BIT(S8));
	tells_nothing(CW_MAP_TEXT, BIT(S5));
	broken = 0;
	kernel.sym[CW_SYM_page_offset_base] = 0;
	tells_nothing(CW_MAP_IOAPIC, BIT(S8));
}

/* The host emulates it where there is no paravisor. */
static void test_ioapic_of_other_modes(void **state)
{
	static const __u32 without[] = { CW_MODE_SNP, CW_MODE_TDX, CW_MODE_SNP_OTHER,
					 CW_MODE_TDX_OTHER };
	size_t i;

	(void)state;
	map(FIXMAP(IOAPIC), 0xfec00, SHARED);
	for (i = 0; i < NR(without); i++) {
		mode.mode = without[i];
		is_passed_over(CW_MAP_IOAPIC);
	}
	mode.mode = CW_MODE_VBS;
	fires(CW_MAP_IOAPIC, 1, CW_FIND_MMIO_SHARED, 0, 0xfec00);
}

/* A kernel without an IO-APIC has no such pages. */
static void test_no_ioapic(void **state)
{
	(void)state;
	cw_kernel_free(&kernel);
	memset(&fake, 0, sizeof(fake));
	fake_start(&fake, &kernel);
	fake_done(&fake, &kernel);
	kernel.read = memory_read;
	symbols_make();
	is_passed_over(CW_MAP_IOAPIC);
	holds(CW_MAP_TEXT, 1, BIT(S5));
}

/* Found by the inventory, wherever it is mapped; what is mapped there by now counts. */
static void test_shared_elsewhere(void **state)
{
	const struct cw_inv_run run = { .vaddr = VMALLOC, .gfn = 0xfed3f, .nr_pages = 3,
					.pte = 0xfed3fULL << 12 | 3 | SHARED, .shift = 12 };

	(void)state;
	assert_int_equal(cw_shared_add(&shared, &run), 0);
	map(VMALLOC + 0x1000, 0xfed40, SHARED);
	fires(CW_MAP_VTPM, 1, CW_FIND_MMIO_SHARED, 0, 0xfed40);
	map(VMALLOC + 0x1000, 0xfed40, PRIVATE);
	holds(CW_MAP_VTPM, 1, BIT(S8));
	unmap(VMALLOC + 0x1000);
	is_passed_over(CW_MAP_VTPM);
	shared.run[0].gfn = 0xfebff;
	map(VMALLOC + 0x1000, 0xfec00, SHARED);
	fires(CW_MAP_IOAPIC, 2, CW_FIND_MMIO_SHARED, 0, 0xfec00);
	shared.run[0].nr_pages = 1;
	holds(CW_MAP_IOAPIC, 1, BIT(S8));
}

/* ---- all ---- */

/* Before 6.4 entries do not tell. */
static void test_no_bit(void **state)
{
	(void)state;
	mode.no_bit = true;
	map(FIXMAP(IOAPIC), 0xfec00, SHARED);
	find(BOTH);
	assert_int_equal(places.nr, 0);
}

static void test_rules_asked_for(void **state)
{
	size_t i;

	(void)state;
	find(BIT(S8));
	assert_int_equal(places.nr, 1);
	assert_int_equal(places.ev[0].hdr.type, CW_EV_MAPPING);
	find(BIT(S5));
	assert_int_equal(places.nr, 6);
	for (i = 0; i < places.nr; i++)
		assert_int_equal(places.ev[i].hdr.type, CW_EV_KEPT);
	find(0);
	assert_int_equal(places.nr, 0);
}

static void swap_pages(void)
{
	map(INT_PAGE, 0x110, looks == 1 ? SHARED : PRIVATE);
	map(VA(0x130), 0x130, looks == 1 ? PRIVATE : SHARED);
}

/* Nobody is accused by one look, whichever it is. */
static void test_second_look(void **state)
{
	struct cw_out out;

	(void)state;
	find(BOTH);
	assert_int_equal(looks, 1);	/* in order: once is enough */
	looks = 0;
	on_look = swap_pages;
	find(BOTH);
	assert_int_equal(looks, 2);
	assert_int_equal(said(CW_MAP_INT_PAGE, &out), 1);
	assert_true(out.checked == BIT(S5) && !out.violated);
	assert_int_equal(said(CW_MAP_PACKET_COPY, &out), 1);
	assert_true(!out.checked && !out.violated && out.no_evidence == BIT(S5));
}

/* A table that is replaced all the time is no evidence. */
static void test_table_changes(void **state)
{
	(void)state;
	flickers = table[table_at(DIRECT + (*slot_at(RODATA, 30) & 0x7ffffff000))].addr +
		   (RODATA >> 21 & 511) * 8;
	tells_nothing(CW_MAP_RODATA, BIT(S5));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_kernel_text), CASE(test_interrupt_page), CASE(test_packet_copies),
	CASE(test_packet_copies_say_whose), CASE(test_hypercall_pages), CASE(test_other_polarity),
	CASE(test_ioapic), CASE(test_ioapic_unreadable), CASE(test_ioapic_of_other_modes),
	CASE(test_no_ioapic), CASE(test_shared_elsewhere), CASE(test_no_bit),
	CASE(test_rules_asked_for), CASE(test_second_look), CASE(test_table_changes),
};

UNIT_MAIN(tests)
