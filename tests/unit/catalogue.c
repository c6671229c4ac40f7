// SPDX-License-Identifier: GPL-2.0-only
/* The listing of /dev/cocovm: what is read from it, and what is refused, whoever wrote it. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "catalogue.h"
#include "rules.h"

#define SHOWN "scenario overlap rule=T5 twin=1 finding=overlap bug=- text=\"two at once\"\n"
#define LINE(text) "scenario x " text "\n"

static int read_text(struct cw_catalogue *c, const char *text, char *why, size_t size)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int err;

	assert_non_null(f);
	why[0] = '\0';
	err = cw_catalogue_read(c, f, why, size);
	fclose(f);
	return err;
}

static void test_listing(void **state)
{
	const char *text = "abi=1.1\nmode=snp-vtom emulated=1\nmmio pci gpa=0x1 private=0\n" SHOWN
			   "something new=1\n"
			   "scenario ring-freed rule=S3 twin=1 more=\"of it\" finding=freed_shared "
			   "bug=CVE-2024-36909 text=\"a = b, and \"\n"
			   "scenario plain rule=- twin=0 finding=- bug=- text=\"\"";
	struct cw_catalogue c;
	char why[256];

	(void)state;
	assert_int_equal(read_text(&c, text, why, sizeof(why)), 0);
	assert_int_equal(c.nr, 3);
	assert_string_equal(c.mode, "snp-vtom");
	assert_string_equal(c.row[0].name, "overlap");
	assert_int_equal(c.row[0].rule, CW_RULE_T5);
	assert_int_equal(c.row[0].finding, CW_FIND_OVERLAP);
	assert_string_equal(c.row[0].bug, "");
	assert_string_equal(c.row[1].bug, "CVE-2024-36909");
	assert_string_equal(c.row[1].text, "a = b, and ");
	assert_int_equal(c.row[2].rule, CW_NO_RULE);
	assert_int_equal(c.row[2].finding, CW_FIND_NONE);
	assert_ptr_equal(cw_catalogue_find(&c, "plain"), &c.row[2]);
	assert_null(cw_catalogue_find(&c, "plai"));
	cw_catalogue_free(&c);
}

static const struct {
	const char *text, *why;
} refused[] = {
	{ "mode=snp-vtom emulated=1\n", "no scenario is listed" },
	{ SHOWN SHOWN, "scenario overlap is listed twice" },
	{ "scenario x\n", "a scenario has the name 'x'" },
	{ "scenario ../x rule=T1\n", "a scenario has the name '../x'" },
	{ "scenario  rule=T1\n", "a scenario has the name ''" },
	{ "scenario a\033[2Jb rule=T1\n", "a scenario has the name 'a?[2Jb'" },
	{ LINE("rule=T5 twin=1 finding=overlap bug=-"), "the line of scenario x is not complete" },
	{ LINE("rule=T5 twin=1 finding=overlap bug=- text=\"open"),
	  "the line of scenario x is not complete" },
	{ LINE("rule=T99 twin=1"), "scenario x has rule=T99, which this version does not know" },
	{ LINE("rule=T5 rule=T5"), "scenario x has rule=T5, which this version does not know" },
	{ LINE("rule=T5 twin=2"), "scenario x has twin=2, which this version does not know" },
	{ LINE("rule=T5 finding=none"), "scenario x has finding=none, which this version does not know" },
	{ LINE("rule=T5 twin=1 finding=freed_shared bug=- text=\"\""),
	  "scenario x has a finding of another rule" },
	{ LINE("rule=- twin=1 finding=freed_shared bug=- text=\"\""),
	  "scenario x has a finding of another rule" },
	{ "mode=a\tb\n", "the mode is 'a?b'" },
};

static void test_refused(void **state)
{
	struct cw_catalogue c;
	char why[256];
	size_t i;

	(void)state;
	for (i = 0; i < NR(refused); i++) {
		assert_int_equal(read_text(&c, refused[i].text, why, sizeof(why)), -EINVAL);
		assert_string_equal(why, refused[i].why);
		assert_null(c.row);
	}
}

/* Too long, too many, and bytes that are no text at all. */
static void test_hostile(void **state)
{
	size_t size = 200 * (CW_SCENARIOS_MAX + 1), at = 0, i;
	char *text = calloc(1, size), why[256];
	struct cw_catalogue c;

	(void)state;
	assert_non_null(text);
	for (i = 0; i <= CW_SCENARIOS_MAX; i++)
		at += (size_t)sprintf(text + at, "scenario x%zu rule=- twin=0 finding=- bug=- text=\"\"\n", i);
	assert_int_equal(read_text(&c, text, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "there are more than 1024 scenarios");
	memset(text, 'a', size - 1);
	assert_int_equal(read_text(&c, text, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "no scenario is listed");
	memcpy(text, LINE("rule=T5 twin=1 text=\""), strlen(LINE("rule=T5 twin=1 text=\"")) - 1);
	assert_int_equal(read_text(&c, text, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "the line of scenario x is not complete");
	memset(text, 0xff, size - 1);
	for (i = 500; i < size; i += 500)
		text[i] = '\n';
	assert_int_equal(read_text(&c, text, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "no scenario is listed");
	free(text);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_listing),
	cmocka_unit_test(test_refused),
	cmocka_unit_test(test_hostile),
};

UNIT_MAIN(tests)
