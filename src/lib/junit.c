// SPDX-License-Identifier: GPL-2.0-only
/* JUnit XML.  There is no standard: this is what the schemas of the servers in use have in
 * common, and the order of elements is the strictest one's.
 */
#include "junit.h"

#include <time.h>
#include <unistd.h>

#include "xml.h"

#define NSEC_PER_SEC 1000000000ULL

/* Element of a result; NULL: none. */
static const char *const elements[] = {
	[CW_JUNIT_PASSED] = NULL,
	[CW_JUNIT_FAILED] = "failure",
	[CW_JUNIT_ERROR] = "error",
	[CW_JUNIT_SKIPPED] = "skipped",
};

static void print_attribute(FILE *f, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(f, " %s=\"", name);
	cw_xml_attribute(f, value);
	fputc('"', f);
}

static void print_time(FILE *f, __u64 ns)
{
	fprintf(f, " time=\"%llu.%06llu\"", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000);
}

/* "2026-11-22T13:14:15", in UTC: the format has no room for a zone. */
static void print_timestamp(FILE *f, __u64 wall_ns)
{
	time_t sec = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;
	char text[32];

	if (gmtime_r(&sec, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		print_attribute(f, "timestamp", text);
}

static void print_hostname(FILE *f)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1))
		return;
	print_attribute(f, "hostname", name);
}

static void print_properties(FILE *f, const struct cw_junit_suite *s)
{
	size_t i;

	if (!s->nr_properties)
		return;
	fputs("    <properties>\n", f);
	for (i = 0; i < s->nr_properties; i++) {
		fputs("      <property", f);
		print_attribute(f, "name", s->properties[i].name);
		print_attribute(f, "value", s->properties[i].value);
		fputs("/>\n", f);
	}
	fputs("    </properties>\n", f);
}

static void print_result(FILE *f, const struct cw_junit_case *c)
{
	const char *element = elements[c->result];

	if (!element)
		return;
	fprintf(f, "      <%s", element);
	/* a skipped case has no type in the schemas */
	if (c->result != CW_JUNIT_SKIPPED)
		print_attribute(f, "type", c->type ? c->type : element);
	print_attribute(f, "message", c->message);
	if (!c->text) {
		fputs("/>\n", f);
		return;
	}
	fputc('>', f);
	cw_xml_text(f, c->text);
	fprintf(f, "</%s>\n", element);
}

static void print_case(FILE *f, const struct cw_junit_case *c)
{
	fputs("    <testcase", f);
	print_attribute(f, "classname", c->class_name);
	print_attribute(f, "name", c->name);
	print_time(f, c->duration_ns);
	if (c->result == CW_JUNIT_PASSED && !c->out) {
		fputs("/>\n", f);
		return;
	}
	fputs(">\n", f);
	print_result(f, c);
	if (c->out) {
		fputs("      <system-out>", f);
		cw_xml_text(f, c->out);
		fputs("</system-out>\n", f);
	}
	fputs("    </testcase>\n", f);
}

static void print_counts(FILE *f, const struct cw_junit_suite *s)
{
	size_t nr[4] = { 0 }, i;

	for (i = 0; i < s->nr_cases; i++)
		nr[s->cases[i].result]++;
	fprintf(f, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", s->nr_cases,
		nr[CW_JUNIT_FAILED], nr[CW_JUNIT_ERROR], nr[CW_JUNIT_SKIPPED]);
	print_time(f, s->duration_ns);
}

void cw_junit_write(FILE *f, const struct cw_junit_suite *s)
{
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", f);
	print_attribute(f, "name", s->name);
	print_counts(f, s);
	fputs(">\n  <testsuite", f);
	print_attribute(f, "name", s->name);
	print_counts(f, s);
	print_timestamp(f, s->wall_ns);
	print_hostname(f);
	fputs(">\n", f);
	print_properties(f, s);
	for (i = 0; i < s->nr_cases; i++)
		print_case(f, &s->cases[i]);
	fputs("  </testsuite>\n</testsuites>\n", f);
}
