// SPDX-License-Identifier: GPL-2.0-only
/* The paravisor's answers: hypercalls by each way in, MSRs, the GHCB page and its MSR protocol. */
#include "box_machine.h"

#define INPUT	0x5000ULL
#define OUTPUT	0x6000ULL
#define REPS(n)	((__u64)(n) << 32)
#define START(n) ((__u64)(n) << 48)
#define FAST	(1ULL << 16)

static __u8 *at(__u64 gpa)
{
	return cw_mem_at(&box.mem, gpa, 4096);
}

/* A list of frames from gfn on, asked to become visible. */
static void put_visibility(__u64 partition, __u32 visibility, __u32 reserved, __u64 gfn,
			   unsigned int nr)
{
	__u64 *p = (__u64 *)(void *)at(INPUT);
	unsigned int i;

	memset(p, 0, 4096);
	p[0] = partition;
	p[1] = visibility | (__u64)reserved << 32;
	for (i = 0; i < nr; i++)
		p[2 + i] = gfn + i;
}

static __u64 call(__u64 control, __u64 input, __u64 output)
{
	struct cw_hypercall c = {
		.side = CW_SIDE_PARAVISOR, .control = control, .input = input, .output = output};

	return cw_hyperv_call(&box, &c);
}

static const struct {
	const char *name;
	__u64 control, input;
	__u64 want;
} plain[] = {
	{ "unknown code", 0x0002, INPUT, CW_HV_INVALID_CODE },
	{ "code of another kind of VM", 0x0099, INPUT, CW_HV_INVALID_CODE },
	{ "input not aligned", 0x005c, INPUT + 4, CW_HV_INVALID_ALIGNMENT },
	{ "input over a page's end", 0x005c, INPUT + 4096 - 128, CW_HV_INVALID_PARAMETER },
	{ "input outside of RAM", 0x005c, 1ULL << 36, CW_HV_INVALID_PARAMETER },
	{ "repetitions for a call without", 0x005c | REPS(1), INPUT, CW_HV_INVALID_INPUT },
	{ "fast where it may not be", 0x005c | FAST, INPUT, CW_HV_INVALID_INPUT },
	{ "rep call without repetitions", 0x00db, INPUT, CW_HV_INVALID_INPUT },
	{ "start behind the end", 0x00db | REPS(3) | START(3), INPUT, CW_HV_INVALID_INPUT },
	{ "list longer than a page", 0x00db | REPS(511), INPUT, CW_HV_INVALID_INPUT },
	{ "signal by registers", 0x005d | FAST, 0x2001, CW_HV_SUCCESS },
	{ "signal to nobody", 0x005d | FAST, 0x9999, CW_HV_INVALID_CONNECTION_ID },
};

static void test_calls(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(plain); i++)
		if (call(plain[i].control, plain[i].input, 0) != plain[i].want)
			fail_msg("%s: 0x%llx", plain[i].name, call(plain[i].control, plain[i].input, 0));
	assert_int_equal(nr_posts, 0);
}

static void test_post_message(void **state)
{
	__u32 *p = (__u32 *)(void *)at(INPUT);

	(void)state;
	p[0] = 4;
	p[2] = 1;
	p[3] = 240;
	assert_int_equal(call(0x5c, INPUT, 0), CW_HV_SUCCESS);
	p[3] = 241;
	assert_int_equal(call(0x5c, INPUT, 0), CW_HV_INVALID_PARAMETER);
	p[0] = 5;
	p[3] = 8;
	assert_int_equal(call(0x5c, INPUT, 0), CW_HV_INVALID_CONNECTION_ID);
	assert_int_equal(nr_posts, 2);
}

static void test_visibility(void **state)
{
	(void)state;
	put_visibility(~0ULL, 3, 0, 0x100, 4);
	assert_int_equal(call(0xdb | REPS(4), INPUT, 0), REPS(4));
	assert_int_equal(nr_converts, 1);	/* neighbours go together */
	assert_true(cw_mem_is_visible(&box.mem, 0x103));
	assert_false(cw_mem_is_visible(&box.mem, 0x104));
	/* goes on where it was left */
	put_visibility(~0ULL, 0, 0, 0x100, 4);
	assert_int_equal(call(0xdb | REPS(4) | START(2), INPUT, 0), REPS(4));
	assert_true(cw_mem_is_visible(&box.mem, 0x101));
	assert_false(cw_mem_is_visible(&box.mem, 0x102));
}

/* Frames behind the end of RAM: the ones before are done, and told. */
static void test_visibility_refused(void **state)
{
	__u64 last = MEMORY_BYTES / 4096;

	(void)state;
	put_visibility(~0ULL, 3, 0, last - 2, 4);
	assert_int_equal(call(0xdb | REPS(4), INPUT, 0), REPS(2) | CW_HV_INVALID_PARAMETER);
	assert_true(cw_mem_is_visible(&box.mem, last - 1));
	put_visibility(1, 3, 0, 0x100, 1);
	assert_int_equal(call(0xdb | REPS(1), INPUT, 0), CW_HV_INVALID_PARAMETER);
	put_visibility(~0ULL, 3, 7, 0x100, 1);
	assert_int_equal(call(0xdb | REPS(1), INPUT, 0), CW_HV_INVALID_PARAMETER);
	put_visibility(~0ULL, 4, 0, 0x100, 1);
	assert_int_equal(call(0xdb | REPS(1), INPUT, 0), CW_HV_INVALID_PARAMETER);
	assert_false(cw_mem_is_visible(&box.mem, 0x100));
	put_visibility(~0ULL, 3, 0, 0x100, 1);
	convert_result = -ENOMEM;
	assert_int_equal(call(0xdb | REPS(1), INPUT, 0), CW_HV_INSUFFICIENT_MEMORY);
}

static void test_mmio(void **state)
{
	__u64 *in = (__u64 *)(void *)at(INPUT), *out = (__u64 *)(void *)at(OUTPUT);

	(void)state;
	memset(in, 0, 4096);
	in[0] = 0xf8000000;
	in[1] = 4;
	assert_int_equal(call(0x106, INPUT, OUTPUT), CW_HV_SUCCESS);
	assert_int_equal(*out, 0x1414);
	assert_int_equal(call(0x106, INPUT, 1ULL << 40), CW_HV_INVALID_PARAMETER);
	in[1] = 3;
	assert_int_equal(call(0x107, INPUT, 0), CW_HV_INVALID_PARAMETER);
}

/* ---- MSRs ---- */

static void test_msrs(void **state)
{
	static const __u8 code[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xe6, 0xf8, 0xc3 };
	__u64 v = 0x7001;

	(void)state;
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000001, true, &v));
	assert_memory_equal(at(0x7000), code, sizeof(code));
	v = 1ULL << 41 | 1;
	assert_false(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000001, true, &v));
	assert_true(cw_hyperv_msr(&box, 1, CW_SIDE_PARAVISOR, 0x40000002, false, &v));
	assert_int_equal(v, 1);
	assert_false(cw_hyperv_msr(&box, 1, CW_SIDE_PARAVISOR, 0x40000002, true, &v));
	assert_false(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000021, false, &v));
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000022, false, &v));
	assert_int_equal(v, 2000000000);
	assert_false(hyperv.seen);
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000000, true, &v));
	assert_true(hyperv.seen);
}

static void test_crash(void **state)
{
	__u64 v = 1;

	(void)state;
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000105, true, &v));
	assert_int_equal(nr_panics, 0);
	v = 1ULL << 63;
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000105, true, &v));
	assert_int_equal(nr_panics, 1);
	/* what it still says must be heard */
	assert_int_equal(nr_ends, 0);
}

/* ---- GHCB ---- */

#define GHCB_GPA 0x8000ULL

static __u8 *ghcb(void)
{
	__u64 v = GHCB_GPA | SHARED;

	cw_mem_set_visible(&box.mem, GHCB_GPA >> 12, true);
	cw_ghcb_msr(&box, 0, true, &v);
	return at(GHCB_GPA);
}

static void put(__u8 *page, unsigned int offset, __u64 value)
{
	memcpy(page + offset, &value, sizeof(value));
}

static __u64 get(const __u8 *page, unsigned int offset)
{
	__u64 v;

	memcpy(&v, page + offset, sizeof(v));
	return v;
}

static void put_msr_exit(__u8 *page, __u32 msr, bool write, __u64 value)
{
	memset(page, 0, 4096);
	put(page, 0x308, msr);
	put(page, 0x1f8, value & 0xffffffff);
	put(page, 0x310, value >> 32);
	put(page, 0x390, 0x7c);
	put(page, 0x398, write);
	page[0xffa] = 2;
}

static void test_ghcb_msr_access(void **state)
{
	__u8 *page = ghcb();
	__u64 v = 0;

	(void)state;
	put_msr_exit(page, 0x40000092, true, 0x1000000f3ULL);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0x398), 0);
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_HOST, 0x40000092, false, &v));
	assert_int_equal(v, 0x1000000f3ULL);
	assert_true(cw_hyperv_msr(&box, 0, CW_SIDE_PARAVISOR, 0x40000092, false, &v));
	assert_int_equal(v, 0x10000);	/* the paravisor's own SynIC is another */
	put_msr_exit(page, 0x40000092, false, 0);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0x1f8), 0xf3);
	assert_int_equal(get(page, 0x310), 1);
	assert_true(page[0x3f0 + 0x1f8 / 64] & 1 << 0x1f8 / 8 % 8);
	put_msr_exit(page, 0x40000999, false, 0);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0x398), 1);
}

/* A usage, a protocol version or an exit code that we do not know is refused. */
static void test_ghcb_refused(void **state)
{
	__u8 *page = ghcb();
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		put_msr_exit(page, 0x40000002, false, 0);
		if (i == 0)
			page[0xffc] = 9;
		else if (i == 1)
			page[0xffa] = 3;
		else
			put(page, 0x390, 0x81);
		cw_ghcb_exit(&box, 0);
		assert_int_equal(get(page, 0x398), 1);
	}
}

/* A GHCB that the host may not see is not touched. */
static void test_ghcb_private(void **state)
{
	__u8 *page = ghcb();

	(void)state;
	put_msr_exit(page, 0x40000999, false, 0);
	cw_mem_set_visible(&box.mem, GHCB_GPA >> 12, false);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0x398), 0);
}

static void test_ghcb_hypercall(void **state)
{
	__u8 *page = ghcb();

	(void)state;
	memset(page, 0, 4096);
	page[0xffc] = 1;
	put(page, 0, 0x2001);
	put(page, 0xff0, 0x5d);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0xff0), CW_HV_SUCCESS);
	put(page, 0xff0, 0x1234);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(get(page, 0xff0), CW_HV_INVALID_CODE);
}

static void test_msr_protocol(void **state)
{
	__u64 v = 2;

	(void)state;
	cw_ghcb_msr(&box, 0, true, &v);
	cw_ghcb_exit(&box, 0);
	cw_ghcb_msr(&box, 0, false, &v);
	assert_int_equal(v, 2ULL << 48 | 1ULL << 32 | 1);
	v = 0x100 | 1 << 12;
	cw_ghcb_msr(&box, 0, true, &v);
	cw_ghcb_exit(&box, 0);
	assert_int_equal(last_end, CW_BOX_PANIC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_new, machine_free)

static const struct CMUnitTest tests[] = {
	TEST(test_calls),	   TEST(test_post_message),
	TEST(test_visibility),	   TEST(test_visibility_refused),
	TEST(test_mmio),	   TEST(test_msrs),
	TEST(test_crash),	   TEST(test_ghcb_msr_access),
	TEST(test_ghcb_refused),   TEST(test_ghcb_private),
	TEST(test_ghcb_hypercall), TEST(test_msr_protocol),
};

UNIT_MAIN(tests)
