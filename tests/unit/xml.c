// SPDX-License-Identifier: GPL-2.0-only
/* Whatever bytes come, what goes into XML is text that each reader takes. */
#include "unit.h"

#include <stdlib.h>

#include "xml.h"

static const struct {
	const char *text, *between, *attribute;
} rows[] = {
	{ "", "", "" },
	{ "S3 private-before-free", "S3 private-before-free", "S3 private-before-free" },
	{ "<a & b>", "&lt;a &amp; b&gt;", "&lt;a &amp; b&gt;" },
	{ "]]>", "]]&gt;", "]]&gt;" },
	{ "\"it's\"", "\"it's\"", "&quot;it&#39;s&quot;" },
	{ "a\tb\nc\rd", "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d" },
	{ "\x01\x1b[0m\x7f", "??[0m\x7f", "??[0m\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\xf0\x9f\x90\x9b", "\xf0\x9f\x90\x9b", "\xf0\x9f\x90\x9b" },
	{ "latin \xfc!", "latin ?!", "latin ?!" },
	{ "cut \xe2\x82", "cut ??", "cut ??" },
	{ "cut \xe2<", "cut ?&lt;", "cut ?&lt;" },
	{ "long form \xc0\xbc", "long form ??", "long form ??" },
	{ "\xe0\x80\xbc", "???", "???" },
	{ "\xed\xa0\x80 surrogate", "??? surrogate", "??? surrogate" },
	{ "\xef\xbf\xbe \xef\xbf\xbd", "??? \xef\xbf\xbd", "??? \xef\xbf\xbd" },
	{ "\xf4\x90\x80\x80", "????", "????" },
	{ "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
	{ "\xff\xfe\x80", "???", "???" },
};

static void check(void (*print)(FILE *, const char *), const char *text, const char *want)
{
	char *got = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&got, &len);

	assert_non_null(f);
	print(f, text);
	fclose(f);
	assert_string_equal(got, want);
	free(got);
}

static void test_between_tags(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++)
		check(cw_xml_text, rows[i].text, rows[i].between);
}

static void test_in_attributes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++)
		check(cw_xml_attribute, rows[i].text, rows[i].attribute);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_between_tags),
	cmocka_unit_test(test_in_attributes),
};

UNIT_MAIN(tests)
