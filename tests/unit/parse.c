// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and durations: what is taken, and what is refused. */
#include "unit.h"

#include <errno.h>

#include "parse.h"

static const struct {
	const char *text;
	int err;
	__u64 value;
} numbers[] = {
	{ "0", 0, 0 },
	{ "12", 0, 12 },
	{ "0x1f", 0, 0x1f },
	{ "0XFF", 0, 0xff },
	{ "18446744073709551615", 0, ~0ULL },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "0x10000000000000000", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "0x", -EINVAL, 0 },
	{ "0x-1", -EINVAL, 0 },
	{ "0x0x10", -EINVAL, 0 },
	{ "0x0X10", -EINVAL, 0 },
	{ "12abc", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
}, durations[] = {
	{ "1ns", 0, 1 },
	{ "7us", 0, 7000 },
	{ "500ms", 0, 500000000 },
	{ "30s", 0, 30000000000ULL },
	{ "5m", 0, 300000000000ULL },
	{ "2h", 0, 7200000000000ULL },
	{ "30", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },
	{ "0s", -EINVAL, 0 },
	{ "1d", -EINVAL, 0 },
	{ "1.5s", -EINVAL, 0 },
	{ "1s ", -EINVAL, 0 },
	{ "-1s", -EINVAL, 0 },
	{ "99999999999999h", -ERANGE, 0 },
};

static void test_numbers(void **state)
{
	__u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < NR(numbers); i++) {
		value = 77;
		assert_int_equal(cw_parse_u64(numbers[i].text, &value), numbers[i].err);
		assert_true(value == (numbers[i].err ? 77 : numbers[i].value));
	}
}

static void test_durations(void **state)
{
	__u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < NR(durations); i++) {
		assert_int_equal(cw_parse_duration(durations[i].text, &value), durations[i].err);
		if (!durations[i].err)
			assert_true(value == durations[i].value);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_numbers),
	cmocka_unit_test(test_durations),
};

UNIT_MAIN(tests)
