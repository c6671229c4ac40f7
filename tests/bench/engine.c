// SPDX-License-Identifier: GPL-2.0-only
/* How long a step of the engine takes, as BPF and as native code.
 *
 * Usage: engine ROUNDS
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.h"
#include "engine.skel.h"
#include "fill.h"
#include "memstore.h"

#define BPF_TURNS    200000
#define NATIVE_NS    (200 * NSEC_PER_MSEC)	/* CPU time of one round */
#define TRANSITIONS  4096			/* in the recorded array, each of another task */
#define IN_FLIGHT    4			/* of them at a time, as four CPUs would record them */
#define RECORDED     (TRANSITIONS * HONEST_STEPS)

/* ---- as BPF ---- */

/* Nanoseconds of one turn, or 0 after a message. */
static double bpf_time(struct engine_bpf *skel, const struct bpf_program *prog)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	__u64 start;
	int err;

	skel->bss->count = BPF_TURNS;
	start = cpu_ns();
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (!err && !skel->bss->cnt_failed)
		return (double)(cpu_ns() - start) / BPF_TURNS;
	if (err)
		failed("BPF_PROG_TEST_RUN: %s", strerror(-err));
	else
		failed("%u turns of %s failed", skel->bss->cnt_failed, bpf_program__name(prog));
	return 0;
}

static int bpf_round(struct engine_bpf *skel)
{
	double step = bpf_time(skel, skel->progs.run_steps);
	double frame = step > 0 ? bpf_time(skel, skel->progs.run_frames) : 0;

	if (step <= 0 || frame <= 0)
		return 1;
	if (skel->bss->mask_reported || skel->bss->mask_checked != HONEST_CHECKED)
		return failed("the transition timed in BPF is not honest: checked %#llx, reported %#llx",
			      skel->bss->mask_checked, skel->bss->mask_reported);
	result("engine_bpf_step", step);
	result("engine_bpf_frame", frame);
	return 0;
}

/* NULL with errno set when this machine refuses it. */
static struct engine_bpf *bpf_open(void)
{
	struct engine_bpf *skel = engine_bpf__open();
	int err;

	if (!skel)
		return NULL;
	bpf_map__set_max_entries(skel->maps.cw_pages, LOOP_FRAMES / CW_FRAMES_PER_WORD);
	err = engine_bpf__load(skel);
	if (!err)
		err = honest_fill(bpf_map__fd(skel->maps.events));
	if (!err)
		return skel;
	engine_bpf__destroy(skel);
	errno = -err;
	return NULL;
}

/* ---- as native code ---- */

static struct cw_store store;

static void record(struct cw_ev_step *ev)
{
	unsigned int group, step, i;

	for (group = 0; group < TRANSITIONS; group += IN_FLIGHT)
		for (step = 0; step < HONEST_STEPS; step++)
			for (i = 0; i < IN_FLIGHT; i++)
				honest_step(ev++, honest_types[step], (group + i) & 1,
					    (1000ULL + group + i) << 32 | (1000 + group + i));
}

/* One pass over the recording.  False when it is not what an honest one gives. */
static bool replay(struct cw_ev_step *ev)
{
	__u64 checked = 0, reported = 0;
	struct cw_out out;
	size_t i;
	int ret = 0;

	for (i = 0; i < RECORDED; i++) {
		memset(&out, 0, sizeof(out));
		ret |= cw_engine_step(&store, &honest_fmt, &ev[i].hdr, &out);
		checked |= out.checked;
		reported |= out.violated | out.warned | out.no_evidence;
	}
	return !ret && !reported && checked == HONEST_CHECKED;
}

static int native_round(struct cw_ev_step *ev)
{
	__u64 start = cpu_ns(), spent;
	double steps = 0;

	do {
		if (!replay(ev))
			return failed("the recording timed natively is not honest");
		steps += RECORDED;
		spent = cpu_ns() - start;
	} while (spent < NATIVE_NS);
	result("engine_native", steps / (double)spent * 1e3);
	return 0;
}

/* One and the other in turn, so that what else the machine does meets both. */
static int rounds_run(struct engine_bpf *skel, struct cw_ev_step *ev, unsigned long rounds)
{
	int bpf_err = !skel, err = 0;

	while (rounds-- && !err) {
		bpf_err = bpf_err || bpf_round(skel);
		err = native_round(ev);
	}
	return bpf_err | err;
}

int main(int argc, char **argv)
{
	unsigned long rounds = number(argc == 2 ? argv[1] : NULL);
	struct cw_ev_step *ev = calloc(RECORDED, sizeof(*ev));
	struct engine_bpf *skel;
	int err;

	if (!rounds || !ev)
		return 2;
	libbpf_set_print(NULL);	/* what the verifier says of a refusal fills screens */
	skel = bpf_open();
	if (!skel)
		failed("this machine refuses socket-type BPF programs: %s", strerror(errno));
	else
		result("state_bits",
		       8.0 * bpf_map__value_size(skel->maps.cw_pages) / CW_FRAMES_PER_WORD);
	record(ev);
	replay(ev);	/* its pages and the store are in memory now */
	err = rounds_run(skel, ev, rounds);
	engine_bpf__destroy(skel);
	free(ev);
	return err;
}
