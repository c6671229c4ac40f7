// SPDX-License-Identifier: GPL-2.0-only
/* Who waits for the ring is woken for a verdict at once, and not for each event: that is what a
 * line on the terminal waits for.  What is looked at is the wake-up, not a time.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/event.h>
#include <cocowatch/rules.h>

#include "native.h"
#include "wake.h"
#include "wake.skel.h"

#define WOKEN_MS   60000	/* a busy machine; a wake-up that is there takes none of it */
#define ASLEEP_MS  200
#define RING_BYTES (4 << 20)	/* CW_RING_BYTES */

static struct wake_bpf *skel;
static struct ring_buffer *ring;
static int nr_records, nr_verdicts;

static int on_record(void *ctx, void *data, size_t size)
{
	const struct cw_rec_hdr *hdr = data;

	(void)ctx;
	(void)size;
	nr_records++;
	nr_verdicts += hdr->type == CW_REC_VERDICT;
	return 0;
}

/* A step of which the engine says this, so often. */
static bool step(const struct wake_io *io, int repeat)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = repeat);
	__u32 key = 0;

	return !bpf_map_update_elem(bpf_map__fd(skel->maps.wake_ios), &key, io, BPF_ANY) &&
	       !bpf_prog_test_run_opts(bpf_program__fd(skel->progs.run_wake), &opts);
}

static bool is_woken(int ms)
{
	struct epoll_event event;

	return epoll_wait(ring_buffer__epoll_fd(ring), &event, 1, ms) == 1;
}

/* All that is there, so that only what comes next can wake. */
static void consume(void)
{
	nr_records = nr_verdicts = 0;
	ring_buffer__consume(ring);
}

static void test_event(void)
{
	const struct wake_io nothing = { 0 };

	report(step(&nothing, 1), "an event is sent");
	report(!is_woken(ASLEEP_MS), "an event that is no verdict wakes nobody");
	consume();
	report(nr_records == 1 && nr_verdicts == 0, "and is there when somebody looks");
}

static void test_verdict(const char *name, struct wake_io io)
{
	step(&io, 1);
	report(is_woken(WOKEN_MS), "%s wakes at once", name);
	consume();
	report(nr_records == 2 && nr_verdicts == 1, "%s comes behind its event", name);
	report(!is_woken(0), "what was read wakes nobody");
}

static void test_quarter(void)
{
	const struct wake_io nothing = { 0 };

	step(&nothing, RING_BYTES / 4 / (int)sizeof(struct cw_ev_step) + 2);
	report(is_woken(WOKEN_MS), "a quarter of the ring full wakes");
	consume();
	report(nr_verdicts == 0, "without any verdict");
}

static void tests_run(void)
{
	test_event();
	test_verdict("a violation", (struct wake_io){ .violated = CW_RULE_BIT(CW_RULE_T3) });
	test_verdict("a warning", (struct wake_io){ .warned = CW_RULE_BIT(CW_RULE_S5) });
	test_verdict("an observation", (struct wake_io){ .observed = CW_RULE_BIT(CW_RULE_H3) });
	test_event();
	test_quarter();
}

int main(void)
{
	int status;

	native_begin();
	skel = wake_bpf__open_and_load();
	if (!skel)
		return native_skip(errno);
	status = native_ring(skel->maps.cw_events, on_record, &ring, tests_run);
	wake_bpf__destroy(skel);
	return status;
}
