// SPDX-License-Identifier: GPL-2.0-only
/* Which frees are judged: those of frames that took part, once each.  And where PTEs do not tell,
 * whether a transition of the frame was seen or its mapping alone.
 */
#include <errno.h>
#include <stdbool.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/count.h>

#include "native.h"
#include "watch.h"
#include "watch.skel.h"

#define GFN	0x7ddd	/* the last word of its block has it */
#define FIRST	0x7c00	/* of that block */
#define NEXT	0x7e00	/* and of the next */

static struct watch_bpf *skel;

static struct watch_io ask(__u64 gfn, enum watch_op op)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	struct watch_io io = { .gfn = gfn, .op = (__u32)op };
	int map = bpf_map__fd(skel->maps.watch_ios);
	__u32 key = 0;

	if (bpf_map_update_elem(map, &key, &io, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(skel->progs.run_watch), &opts) ||
	    bpf_map_lookup_elem(map, &key, &io))
		report(false, "the program runs");
	return io;
}

static void span_is(__u64 min, __u64 max)
{
	struct cw_kern kern = { 0 };
	__u32 key = 0;

	bpf_map_lookup_elem(bpf_map__fd(skel->maps.cw_kerns), &key, &kern);
	report(kern.gfn_min == min && kern.gfn_max == max, "the watched lie in [%#llx, %#llx]", min,
	       max);
}

/* What the free of the frame is told, and that it is told once. */
static void freed_is(const char *what, __u64 gfn, bool watched, bool followed)
{
	struct watch_io io = ask(gfn, WATCH_FREED);

	report(io.watched == watched && io.followed == followed && io.asked == followed, "%s", what);
	io = ask(gfn, WATCH_FREED);
	report(!io.watched && !io.followed, "%s: its next life is another", what);
}

static void tests_run(bool no_bit)
{
	report(!ask(GFN, WATCH_ASKED).block, "before anything took part no free is looked at");
	freed_is("a frame that nobody knows", GFN, false, false);
	ask(GFN, WATCH_FOUND);
	report(ask(FIRST, WATCH_ASKED).block && !ask(NEXT, WATCH_ASKED).block &&
	       !ask(FIRST - 1, WATCH_ASKED).block, "its block is looked at, its neighbours are not");
	freed_is("its neighbour", GFN - 1, false, false);
	freed_is("found by the inventory", GFN, true, false);
	ask(GFN, WATCH_BEGUN);
	ask(GFN + 1, WATCH_FOUND);
	freed_is("a transition began", GFN, true, no_bit);
	freed_is("the one beside it", GFN + 1, true, false);
	ask(GFN, WATCH_FOUND);
	ask(GFN, WATCH_BEGUN);
	freed_is("found, then a transition began", GFN, true, no_bit);
	ask(GFN, WATCH_BEGUN);
	ask(GFN, WATCH_FOUND);
	freed_is("a transition began, then found", GFN, true, no_bit);
	ask(FIRST, WATCH_BEGUN);
	ask(NEXT - 1, WATCH_BEGUN);
	freed_is("the first of the block", FIRST, true, no_bit);
	freed_is("the last of the block", NEXT - 1, true, no_bit);
	span_is(FIRST, NEXT - 1);
}

/* 0, or the errno with which the programs did not load. */
static int kernel_be(bool no_bit)
{
	struct cw_kern kern = { .gfn_min = ~0ULL };
	__u32 key = 0;
	int err;

	skel = watch_bpf__open();
	if (!skel)
		return errno;
	skel->rodata->cfg_no_bit = no_bit;
	err = watch_bpf__load(skel);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(skel->maps.cw_kerns), &key, &kern, BPF_ANY);
	if (!err) {
		printf("# PTEs %s\n", no_bit ? "do not tell" : "tell");
		tests_run(no_bit);
	}
	watch_bpf__destroy(skel);
	return -err;
}

int main(void)
{
	int err;

	native_begin();
	err = kernel_be(false);
	if (!err)
		err = kernel_be(true);
	if (err)
		return native_skip(err);
	printf("1..%d\n", tests);
	return failed != 0;
}
