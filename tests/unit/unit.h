/* SPDX-License-Identifier: GPL-2.0-only */
/* What unit tests start with: cmocka, TAP output, and events to begin from. */
#ifndef CW_UNIT_H
#define CW_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cocowatch/event.h>

#define NR(array) (sizeof(array) / sizeof((array)[0]))

#define UNIT_MAIN(tests) \
	int main(void) \
	{ \
		cmocka_set_message_output(CM_OUTPUT_TAP); \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

/* Messages that a test provokes are not the business of whoever runs it. */
static inline void quiet(void)
{
	if (!freopen("/dev/null", "w", stderr))
		fail();
}

/* A step of task 7 on 4 pages from frame 0x100, both mappings walked, everything present. */
static inline struct cw_ev_step a_step(unsigned int type, __u64 seq, __u64 ts_ns)
{
	struct cw_ev_step ev = {
		.hdr = { .type = (__u16)type, .len = sizeof(ev), .ts_ns = ts_ns, .seq = seq,
			 .task = 7ULL << 32 | 7 },
		.gfn = 0x100,
		.gfn_min = 0x100,
		.gfn_max = 0x103,
		.nr_pages = 4,
		.to_shared = 1,
		.flags = CW_STEP_CONTIG,
	};

	ev.own = (struct cw_walk){ .walked = 4, .present = 4, .first_absent = CW_NO_INDEX };
	ev.alias = ev.own;
	return ev;
}

#endif
