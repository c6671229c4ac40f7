/* SPDX-License-Identifier: GPL-2.0-only */
/* JUnit XML as CI servers read it: one suite of cases, written as a whole.  What a case means is
 * the caller's; here is counted and escaped.
 */
#ifndef CW_JUNIT_H
#define CW_JUNIT_H

#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

enum cw_junit_result { CW_JUNIT_PASSED, CW_JUNIT_FAILED, CW_JUNIT_ERROR, CW_JUNIT_SKIPPED };

struct cw_junit_case {
	const char *class_name;
	const char *name;
	enum cw_junit_result result;
	const char *type;	/* of what went wrong, "violation"; NULL: none */
	const char *message;	/* one line on it; NULL: none.  Neither is said of what passed */
	const char *text;	/* all of it, several lines; NULL: none */
	const char *out;	/* what else was said, whatever the result; NULL: none */
	__u64 duration_ns;	/* 0: not known */
};

struct cw_junit_property {
	const char *name;
	const char *value;
};

struct cw_junit_suite {
	const char *name;
	__u64 wall_ns;		/* CLOCK_REALTIME, when it began */
	__u64 duration_ns;
	const struct cw_junit_property *properties;
	size_t nr_properties;
	const struct cw_junit_case *cases;
	size_t nr_cases;
};

/* Writes the document to f; whether that went well is to be asked of f.  Text may be any bytes. */
void cw_junit_write(FILE *f, const struct cw_junit_suite *suite);

#endif
