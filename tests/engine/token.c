// SPDX-License-Identifier: GPL-2.0-only
/* Two programs on one hook: each event is acted on once, whichever of them the kernel refuses, and
 * wherever the task is when the second runs; what a refused second leaves behind does no harm for
 * long.
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "native.h"
#include "token.h"
#include "token.skel.h"

#define CALL	0xffffc90000013f58ULL
#define OTHER	0xfffffe0000002e98ULL	/* in an interrupt */
#define TASK	0xffff888100a40000ULL
#define TASK2	0xffff888100a48000ULL
#define JIFFIES	4300000000ULL
#define LONG	(1 << 17)	/* nobody stays so long between two programs */
#define MANY	4096		/* more than there is room for */

static struct token_bpf *skel;
static __u32 pair;	/* each test has its own */
static __u64 jiffies = JIFFIES;
static __u64 ns;
static cpu_set_t cpus;	/* that we may use; all is done on the first */

static bool ask(enum token_op op, __u64 call, __u64 task)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	struct token_io io = { .call = call, .jiffies = jiffies, .task = task, .ns = ns,
			       .pair = pair, .op = (__u32)op };
	int map = bpf_map__fd(skel->maps.token_ios);
	__u32 key = 0;

	if (bpf_map_update_elem(map, &key, &io, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(skel->progs.run_token), &opts) ||
	    bpf_map_lookup_elem(map, &key, &io)) {
		report(false, "the program runs");
		return false;
	}
	return io.acts;
}

/* The first program, from its beginning to its end. */
static bool first(__u64 call, __u64 task)
{
	bool acts = ask(TOKEN_FIRST, call, task);

	if (acts)
		ask(TOKEN_FIRST_DONE, call, task);
	return acts;
}

static bool second(__u64 call, __u64 task)
{
	return ask(TOKEN_SECOND, call, task);
}

/* A call for which both run, and the first acts. */
static bool both(__u64 call, __u64 task)
{
	return first(call, task) && !second(call, task);
}

static void test_both(void)
{
	report(both(CALL, TASK), "both run: the first acts, the second does not");
	report(both(CALL, TASK), "and so the next time");
}

static void test_not_attached(void)
{
	report(!second(CALL, TASK) && !second(CALL, TASK),
	       "the first is not attached yet: the second does not do its work");
}

/* An interrupt in the middle of the first: the kernel refuses it there. */
static void test_interrupted(void)
{
	bool acts = ask(TOKEN_FIRST, CALL, TASK), in_interrupt = second(OTHER, TASK);

	ask(TOKEN_FIRST_DONE, CALL, TASK);
	report(acts && in_interrupt, "an interrupt of the first: there the second acts");
	report(!second(CALL, TASK), "and not on what was interrupted");
}

/* The kernel counts the first in before its first instruction, and out after its last. */
static void test_window(void)
{
	report(both(OTHER, TASK) && second(OTHER, TASK),
	       "an interrupt before the first's first instruction: the second acts");
	report(first(CALL, TASK) && second(OTHER, TASK) && !second(CALL, TASK),
	       "and after its last one");
}

static void test_preempted(void)
{
	bool acts = ask(TOKEN_FIRST, CALL, TASK), other = second(OTHER, TASK2);

	ask(TOKEN_FIRST_DONE, CALL, TASK);
	report(acts && other && !second(CALL, TASK),
	       "another task while the first is under way: the second acts for it, once");
	acts = first(CALL, TASK2);
	other = ask(TOKEN_FIRST, OTHER, TASK);
	report(acts && other && !second(CALL, TASK2),
	       "another task's first is under way when the second comes: it has been acted on");
	ask(TOKEN_FIRST_DONE, OTHER, TASK);
	report(!second(OTHER, TASK), "and so has the other's");
}

/* To the CPU of that number among those that we may use. */
static bool cpu_go(int nr)
{
	cpu_set_t set;
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &cpus) && nr-- == 0)
			break;
	if (cpu == CPU_SETSIZE)
		return false;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void test_moved(void)
{
	bool moved;

	if (!cpu_go(1)) {
		printf("ok %d - the task is moved # SKIP one CPU\n", ++tests);
		return;
	}
	moved = both(OTHER, TASK) && cpu_go(0) && first(CALL, TASK) && cpu_go(1);
	report(moved && !second(CALL, TASK), "the task is moved between the two: the second knows");
	cpu_go(0);
}

/* The second was refused: its token stays. */
static void test_left_behind(void)
{
	report(first(CALL, TASK) && both(CALL, TASK) && second(CALL, TASK),
	       "what a refused second left is gone with the next call of that place");
	first(CALL, TASK);
	report(!second(CALL, TASK) && second(CALL, TASK),
	       "or is believed once, where the first is refused: a loss, which is counted");
	first(CALL, TASK);
	ask(TOKEN_FIRST, OTHER, TASK);
	report(second(CALL, TASK), "but not in an interrupt of the first, which was surely refused");
	ask(TOKEN_FIRST_DONE, OTHER, TASK);
	report(!second(OTHER, TASK), "and what was interrupted has been acted on");
}

static void test_full(void)
{
	int i, acted = 0, taken = 0;
	bool once = true;

	for (i = 0; i < MANY; i++)
		acted += first(CALL + (__u64)i * 16384, TASK);
	report(acted > 0 && acted < MANY, "no room for a token: the first leaves the event to the second");
	for (i = 0; i < MANY; i++) {
		bool acts = second(CALL + (__u64)i * 16384, TASK);

		taken += !acts;
		once &= acts == second(CALL + (__u64)i * 16384, TASK) || !acts;
	}
	report(taken == acted && once, "which acts on these, and on no other");
	report(both(CALL, TASK), "and then there is room again");
}

static void test_old(void)
{
	int i, acted = 0;

	for (i = 0; i < MANY; i++)
		first(CALL + (__u64)i * 16384, TASK);
	jiffies += LONG;
	for (i = MANY; i < MANY + 64; i++)
		acted += both(CALL + (__u64)i * 16384, TASK);
	report(acted == 64, "what was left behind long ago makes room");
	jiffies = JIFFIES;
}

static void test_pairs(void)
{
	bool acts = first(CALL, TASK), other;

	pair--;
	other = second(CALL, TASK);
	pair++;
	report(acts && other && !second(CALL, TASK), "no pair takes another's token");
}

/* Of any call that began at that time. */
static bool crowded(__u64 since_ns)
{
	ns = since_ns;
	return ask(TOKEN_CROWDED, CALL, TASK);
}

static void test_crowded(void)
{
	report(!crowded(1), "nobody was refused twice while no second one acts");
	ask(TOKEN_BEGINS, CALL, TASK);
	ask(TOKEN_BEGINS, OTHER, TASK2);
	report(crowded(1000), "while one acts a third call may be");
	ns = 900;
	ask(TOKEN_DONE, OTHER, TASK2);
	report(crowded(1000), "and while another one does");
	ns = 2000;
	ask(TOKEN_DONE, CALL, TASK);
	report(crowded(2000) && crowded(1), "and one that began before it was done");
	report(!crowded(2001), "and none that began later");
	ask(TOKEN_BEGINS, CALL, TASK);
	ns = 1500;
	ask(TOKEN_DONE, CALL, TASK);
	report(crowded(2000), "an earlier time that comes later takes nothing back");
	pair--;
	report(!crowded(1), "another pair is not");
	pair++;
}

/* A token that was left behind, and the first refused because another task is in it. */
static void test_doubt(void)
{
	bool acts;

	report(both(CALL, TASK) && !crowded(1), "a token of its own is not doubted");
	first(CALL, TASK);
	ask(TOKEN_FIRST, OTHER, TASK2);
	ns = 3000;
	acts = second(CALL, TASK);
	report(!acts && crowded(3000) && !crowded(3001),
	       "while another task is in the first, a token may be an old one");
	ask(TOKEN_FIRST_DONE, OTHER, TASK2);
}

int main(void)
{
	static void (*const runs[])(void) = {
		test_both, test_not_attached, test_interrupted, test_window, test_preempted,
		test_moved, test_left_behind, test_full, test_old, test_pairs,
		test_crowded, test_doubt,
	};
	size_t i;

	native_begin();
	if (sched_getaffinity(0, sizeof(cpus), &cpus) || !cpu_go(0))
		return 1;
	skel = token_bpf__open_and_load();
	if (!skel)
		return native_skip(errno);
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		pair = (__u32)i;
		runs[i]();
	}
	token_bpf__destroy(skel);
	printf("1..%d\n", tests);
	return failed != 0;
}
