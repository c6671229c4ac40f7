// SPDX-License-Identifier: GPL-2.0-only
/* A session that is over counts and sends nothing of what its programs still see; and one that is
 * not does.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/count.h>
#include <cocowatch/event.h>
#include <cocowatch/rules.h>

#include "native.h"
#include "over.skel.h"

static struct over_bpf *skel;
static struct ring_buffer *ring;
static int nr_records;

static int on_record(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	nr_records++;
	return 0;
}

/* Element 0 of what stands at the key, over all CPUs; -1 where it cannot be read. */
static long long sum_read(const struct bpf_map *map, __u32 key)
{
	size_t nr_cpus = (size_t)libbpf_num_possible_cpus(), i;
	size_t numbers = bpf_map__value_size(map) / sizeof(__u64);
	__u64 *values = calloc(nr_cpus * numbers, sizeof(*values));
	long long sum = 0;

	if (!values || bpf_map_lookup_elem(bpf_map__fd(map), &key, values))
		sum = -1;
	for (i = 0; sum >= 0 && i < nr_cpus; i++)
		sum += (long long)values[i * numbers];
	free(values);
	return sum;
}

static bool over_set(__u64 over)
{
	__u32 key = 0;

	return !bpf_map_update_elem(bpf_map__fd(skel->maps.cw_session_over), &key, &over, BPF_ANY);
}

/* After n steps were seen, whether each has left its two records and its counts. */
static void test_seen(const char *when, int n)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	report(!bpf_prog_test_run_opts(bpf_program__fd(skel->progs.run_over), &opts),
	       "%s: a step", when);
	ring_buffer__consume(ring);
	report(nr_records == 2 * n, "%s: records: %d", when, nr_records);
	/* by the step, and by itself */
	report(sum_read(skel->maps.cw_counts, CW_RULE_T3) == 2LL * n, "%s: checks", when);
	report(sum_read(skel->maps.cw_stats, CW_STAT_STEPS) == n, "%s: steps", when);
	report(sum_read(skel->maps.cw_losses, CW_EV_END * CW_LOSS_NR + CW_LOSS_TABLE) == n,
	       "%s: losses", when);
	report(sum_read(skel->maps.cw_losses, CW_EV_BEGIN * CW_LOSS_NR + CW_LOSS_TABLE) == n,
	       "%s: losses of what has no scratch", when);
}

static void tests_run(void)
{
	test_seen("while it lasts", 1);
	report(over_set(1), "the session is over");
	test_seen("after its end", 1);
	report(over_set(0), "it goes on");
	test_seen("while it lasts again", 2);
}

int main(void)
{
	int status;

	native_begin();
	skel = over_bpf__open_and_load();
	if (!skel)
		return native_skip(errno);
	status = native_ring(skel->maps.cw_events, on_record, &ring, tests_run);
	over_bpf__destroy(skel);
	return status;
}
