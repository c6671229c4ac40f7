/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a catalogue in one session, and writing down what came of it. */
#ifndef CW_SELFTEST_RUN_H
#define CW_SELFTEST_RUN_H

#include <stdbool.h>
#include <linux/types.h>

#include "options.h"
#include "platform.h"
#include "selftest.h"

struct selftest {
	struct cw_common common;
	const char *module;		/* file of cocovm.ko; NULL: the one loaded or installed */
	const char *emulate;		/* its mode; NULL: as it is */
	__u64 rules;			/* that are tried, as a mask; 0: all */
	bool list, shuffled;
	__u64 seed;
	__u64 repeat;			/* how often each misbehaviour is run */
	__u64 slow_limit_ns;
	__u64 max_walk;			/* 0: the default */

	struct cw_platform platform;
	struct cw_catalogue catalogue;
	struct cw_selftest result;
	char why_not_armed[CW_RULE_NR][192];
	__u64 wall_ns, duration_ns;
};

/* Whether the scenario is one that was asked for. */
bool selftest_wants(const struct selftest *t, const struct cw_scenario *sc);

/* Every trial in one session, judged.  0, or -errno after a message. */
int selftest_run(struct selftest *t);

/* selftest_out.c: to each output that was asked for. */
void selftest_print_list(const struct selftest *t, const struct cw_writer *w);
void selftest_print(const struct selftest *t, const struct cw_writer *w);

#endif
