// SPDX-License-Identifier: GPL-2.0-only
/* The life of a session: open, load, attach, ask the module to announce what
 * there is, poll, count, detach.  A program that cannot be loaded or attached
 * disarms its rules only.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/state.h>

#include "clock.h"
#include "err.h"
#include "ksyms.h"
#include "libbpf_log.h"
#include "module.skel.h"

#define DEVICE "/dev/cocovm"
#define DRAIN_MAX 65536		/* records read at a time */

struct kernel_syms {
	__u64 init_top_pgt;
	__u64 page_offset_base;
	__u64 vmemmap_base;
	__u64 physical_mask;
	__u64 pgtable_l5_enabled;
};

struct cw_session {
	struct cw_arming *arming;
	struct kernel_syms kernel;
	struct cw_feed *feed;
	struct module_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *link[CW_PROBES_MAX];
	int nr_cpus;
	__u64 nr_read;		/* records */
	__u64 ring_lost;	/* beginnings and ends that the ring had no room for, so far */
};

struct cw_pte_fmt cw_session_fmt(const struct cw_platform *p)
{
	__u64 frames = ((1ULL << p->phys_bits) - 1) & CW_PTE_FRAME;

	return (struct cw_pte_fmt){
		.shared_mask = p->module.pte_mask,
		.frame_mask = frames & ~p->module.pte_mask,
		.set_is_private = p->module.set_is_private,
	};
}

/* ---- loading ---- */

static struct bpf_program *probe_program(const struct module_bpf *skel,
					 const struct cw_probe *probe)
{
	return bpf_object__find_program_by_name(skel->obj, probe->prog);
}

#define ALL_PROBES -1
#define NO_PROBES -2

/* What the programs read of the kernel.  The last two may be missing: they have defaults. */
static int kernel_find(struct kernel_syms *k)
{
	const struct cw_ksym syms[] = {
		{ "init_top_pgt", &k->init_top_pgt },
		{ "page_offset_base", &k->page_offset_base },
		{ "vmemmap_base", &k->vmemmap_base },
		{ "physical_mask", &k->physical_mask },
		{ "__pgtable_l5_enabled", &k->pgtable_l5_enabled },
	};
	int err = cw_ksyms_find("/proc/kallsyms", syms, sizeof(syms) / sizeof(syms[0]));

	if (err)
		return err;
	return k->init_top_pgt && k->page_offset_base && k->vmemmap_base ? 0 : -ENODATA;
}

static void kernel_fill(const struct kernel_syms *k, struct module_bpf *skel)
{
	skel->rodata->cfg_sym_init_top_pgt = k->init_top_pgt;
	skel->rodata->cfg_sym_page_offset_base = k->page_offset_base;
	skel->rodata->cfg_sym_vmemmap_base = k->vmemmap_base;
	skel->rodata->cfg_sym_physical_mask = k->physical_mask;
	skel->rodata->cfg_sym_pgtable_l5_enabled = k->pgtable_l5_enabled;
}

/* The object, configured, with the program of one probe, or all that did not fail before. */
static struct module_bpf *skel_open(const struct cw_session *s, const struct cw_platform *p,
				    const struct cw_session_opts *opts, int only)
{
	const struct cw_arming *a = s->arming;
	struct cw_pte_fmt fmt = cw_session_fmt(p);
	__u64 nr_frames = cw_platform_nr_frames("");
	struct module_bpf *skel = module_bpf__open();
	size_t i;

	if (!skel)
		return NULL;
	skel->rodata->cfg_shared_mask = fmt.shared_mask;
	skel->rodata->cfg_set_is_private = fmt.set_is_private;
	kernel_fill(&s->kernel, skel);
	skel->rodata->cfg_record_frees = opts->record_frees;
	if (opts->max_walk)
		skel->rodata->cfg_max_walk = opts->max_walk;
	bpf_map__set_max_entries(skel->maps.cw_pages, (__u32)((nr_frames + CW_FRAMES_PER_WORD - 1) /
							      CW_FRAMES_PER_WORD));
	for (i = 0; i < a->source->nr_probes; i++) {
		struct bpf_program *prog = probe_program(skel, &a->source->probes[i]);

		if (prog)
			bpf_program__set_autoload(prog, only == ALL_PROBES ? !a->why_probe[i][0] :
								      only == (int)i);
	}
	return skel;
}

/* libbpf loads all or nothing: each program is tried alone to find those that cannot be. */
static void culprits_find(const struct cw_session *s, const struct cw_platform *p,
			  const struct cw_session_opts *opts)
{
	struct cw_arming *a = s->arming;
	size_t i;

	for (i = 0; i < a->source->nr_probes; i++) {
		struct module_bpf *skel = skel_open(s, p, opts, (int)i);
		int err;

		cw_libbpf_forget();
		err = skel ? module_bpf__load(skel) : -errno;
		if (err)
			cw_arming_failed(a, i, "%s could not be loaded: %s", a->source->probes[i].prog,
					 *cw_libbpf_last() ? cw_libbpf_last() : strerror(-err));
		module_bpf__destroy(skel);
	}
}

static int skel_load(struct cw_session *s, const struct cw_platform *p,
		     const struct cw_session_opts *opts, int only)
{
	int err;

	s->skel = skel_open(s, p, opts, only);
	if (!s->skel)
		return -errno;
	cw_libbpf_forget();
	err = module_bpf__load(s->skel);
	if (!err)
		return 0;
	module_bpf__destroy(s->skel);
	s->skel = NULL;
	return err;
}

static int session_load(struct cw_session *s, const struct cw_platform *p,
			const struct cw_session_opts *opts)
{
	int err = skel_load(s, p, opts, ALL_PROBES);

	if (!err || err == -EPERM)
		return err;
	/* without any program: what fails even then is no program's fault */
	err = skel_load(s, p, opts, NO_PROBES);
	if (err)
		return err;
	module_bpf__destroy(s->skel);
	s->skel = NULL;
	culprits_find(s, p, opts);
	return skel_load(s, p, opts, ALL_PROBES);
}

static void load_failed_why(int err, char *why, size_t size)
{
	if (err == -EPERM)
		snprintf(why, size, "the kernel refused to load a tracing program: %s (run as root, outside of "
			 "a container, without lockdown=confidentiality)", strerror(-err));
	else
		snprintf(why, size, "the BPF programs could not be loaded: %s",
			 *cw_libbpf_last() ? cw_libbpf_last() : strerror(-err));
}

/* ---- attaching ---- */

static void probe_attach(struct cw_session *s, size_t i)
{
	const struct cw_probe *probe = &s->arming->source->probes[i];
	struct bpf_program *prog = probe_program(s->skel, probe);
	int err;

	if (s->arming->why_probe[i][0])
		return;
	if (!prog) {
		cw_arming_failed(s->arming, i, "this cocowatch has no program %s", probe->prog);
		return;
	}
	s->link[i] = bpf_program__attach(prog);
	err = s->link[i] ? 0 : -errno;
	if (!err)
		cw_arming_attached(s->arming, i);
	else if (err == -ENOENT && probe->kind == CW_HOOK_RAW_TP)
		cw_arming_failed(s->arming, i, "this kernel has no tracepoint %s", probe->hook);
	else
		cw_arming_failed(s->arming, i, "cannot attach to %s %s: %s",
				 cw_hook_kind_name(probe->kind), probe->hook, strerror(-err));
}

/* The module emits its platform state, pool ranges and withheld pages when asked to; with
 * try_only it is only seen whether it could be asked.
 */
static int announce(bool try_only)
{
	static const char word[] = "announce";
	int fd = open(DEVICE, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (!try_only && write(fd, word, sizeof(word) - 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* What was announced before is lost to a probe that was not there to hear it. */
static void announced_arm(struct cw_session *s, int err)
{
	size_t i;

	if (!err)
		return;
	for (i = 0; i < s->arming->source->nr_probes; i++) {
		__u32 event = s->arming->source->probes[i].event;

		if (s->arming->why_probe[i][0])	/* the first reason is the one told */
			continue;
		if (event == CW_EV_PLATFORM || event == CW_EV_SEED || event == CW_EV_WITHHELD)
			cw_arming_failed(s->arming, i, "the module was not asked what there is: %s: %s",
					 DEVICE, strerror(-err));
	}
}

/* Stops libbpf after a while, so that a ring that fills as fast as it is read does
 * not keep the session from its signals.
 */
static int on_record(void *ctx, void *data, size_t size)
{
	struct cw_session *s = ctx;

	cw_feed_record(s->feed, data, size);
	return ++s->nr_read % DRAIN_MAX ? 0 : -EAGAIN;
}

/* In reverse, see the table of probes. */
static void links_destroy(struct cw_session *s)
{
	size_t i;

	for (i = CW_PROBES_MAX; i-- > 0;) {
		bpf_link__destroy(s->link[i]);
		s->link[i] = NULL;
	}
}

static int session_attach(struct cw_session *s, const struct cw_session_opts *opts, char *why,
			  size_t size)
{
	size_t i;

	if (!opts->try_only) {
		s->ring =
			ring_buffer__new(bpf_map__fd(s->skel->maps.cw_events), on_record, s, NULL);
		if (!s->ring) {
			snprintf(why, size, "the event ring could not be mapped: %s", strerror(errno));
			return -errno;
		}
	}
	for (i = 0; i < s->arming->source->nr_probes; i++)
		probe_attach(s, i);
	announced_arm(s, announce(opts->try_only));
	cw_arming_finish(s->arming);
	return 0;
}

/* Without a single armed rule there is nothing to watch. */
static int armed_check(const struct cw_arming *a, char *why, size_t size)
{
	size_t i;

	if (a->armed)
		return 0;
	for (i = 0; i < a->source->nr_probes && !a->why_probe[i][0]; i++)
		;
	snprintf(why, size, "no rule could be armed (%s)",
		 i < a->source->nr_probes ? a->why_probe[i] : "the source has no probes");
	return -ENOENT;
}

static int session_start(struct cw_session *s, const struct cw_platform *p,
			 const struct cw_session_opts *opts, char *why, size_t size)
{
	int err;

	if (!cw_platform_nr_frames("")) {
		snprintf(why, size, "/proc/iomem hides the memory map (run as root, or with CAP_SYS_ADMIN)");
		return -EPERM;
	}
	err = kernel_find(&s->kernel);
	if (err) {
		snprintf(why, size, "/proc/kallsyms does not give the kernel's addresses: %s (needs "
			 "CAP_SYSLOG, and kernel.kptr_restrict below 2)", strerror(-err));
		return err;
	}
	err = session_load(s, p, opts);
	if (err) {
		load_failed_why(err, why, size);
		return err;
	}
	err = session_attach(s, opts, why, size);
	return err ? err : armed_check(s->arming, why, size);
}

int cw_session_open(struct cw_session **out, const struct cw_platform *p,
		    const struct cw_session_opts *opts, struct cw_arming *arming,
		    struct cw_feed *feed, char *why, size_t size)
{
	struct cw_session *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	cw_arming_init(arming, &cw_source_module);
	if (!s) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	s->arming = arming;
	s->feed = feed;
	s->nr_cpus = libbpf_num_possible_cpus();
	err = session_start(s, p, opts, why, size);
	if (err) {
		cw_session_close(s);
		return err;
	}
	malloc_trim(0);	/* libbpf has just freed the kernel's BTF */
	*out = s;
	return 0;
}

/* ---- running ---- */

int cw_session_fd(const struct cw_session *s)
{
	return ring_buffer__epoll_fd(s->ring);
}

/* The sum over all CPUs of n numbers at one key.  0, or -errno with the sums 0. */
static int percpu_sum(const struct cw_session *s, const struct bpf_map *map, __u32 key, __u64 *sum,
		      size_t n)
{
	__u64 *values = s->nr_cpus > 0 ? calloc((size_t)s->nr_cpus, n * sizeof(*values)) : NULL;
	size_t cpu, i;
	int err;

	memset(sum, 0, n * sizeof(*sum));
	if (!values)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(map), &key, values);
	for (cpu = 0; !err && cpu < (size_t)s->nr_cpus; cpu++)
		for (i = 0; i < n; i++)
			sum[i] += values[cpu * n + i];
	free(values);
	return err;
}

static int loss_read(const struct cw_session *s, __u32 event, __u32 loss, __u64 *sum)
{
	return percpu_sum(s, s->skel->maps.cw_losses, event * CW_LOSS_NR + loss, sum, 1);
}

/* An end that was lost, or may have been, must not make its transition look slow. */
static void ring_losses_heed(struct cw_session *s)
{
	__u64 begins, ends;
	int err = loss_read(s, CW_EV_BEGIN, CW_LOSS_RING, &begins);

	if (!err)
		err = loss_read(s, CW_EV_END, CW_LOSS_RING, &ends);
	if (!err && begins + ends == s->ring_lost)
		return;
	if (!err)
		s->ring_lost = begins + ends;
	cw_judge_forget(s->feed->judge);
}

bool cw_session_drain(struct cw_session *s)
{
	/* taken first: every end before it is in the ring by now */
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC);

	if (ring_buffer__consume(s->ring) == -EAGAIN)
		return false;
	ring_losses_heed(s);
	cw_feed_tick(s->feed, now);
	return true;
}

void cw_session_stop(struct cw_session *s)
{
	links_destroy(s);
	while (!cw_session_drain(s))
		;
}

/* ---- counting ---- */

/* Of a program that is not loaded: none. */
static int misses_read(const struct bpf_program *prog, __u64 *misses)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err;

	*misses = 0;
	if (!prog || bpf_program__fd(prog) < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);
	if (!err)
		*misses = info.recursion_misses;
	return err;
}

/* Runs that the kernel refused.  Frees whose first program was refused and whose
 * spare one acted are no loss.
 */
static void misses_count(const struct cw_session *s, struct cw_totals *t)
{
	const struct cw_source *source = s->arming->source;
	size_t i;

	for (i = 0; i < source->nr_probes; i++) {
		const struct cw_probe *probe = &source->probes[i];
		__u64 misses;

		if (probe->spare)
			continue;
		t->unreadable += !!misses_read(probe_program(s->skel, probe), &misses);
		t->loss[probe->event][CW_LOSS_MISSED] += misses;
	}
	if (t->loss[CW_EV_PAGE_FREE][CW_LOSS_MISSED] > t->stat[CW_STAT_NESTED])
		t->loss[CW_EV_PAGE_FREE][CW_LOSS_MISSED] -= t->stat[CW_STAT_NESTED];
	else
		t->loss[CW_EV_PAGE_FREE][CW_LOSS_MISSED] = 0;
}

void cw_session_totals(const struct cw_session *s, struct cw_totals *t)
{
	__u32 i, k;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < CW_RULE_NR; i++)
		t->unreadable += !!percpu_sum(s, s->skel->maps.cw_counts, i, (__u64 *)&t->rule[i],
					      sizeof(struct cw_count) / sizeof(__u64));
	for (i = 0; i < CW_EV_NR; i++)
		for (k = 0; k < CW_LOSS_NR; k++)
			t->unreadable += !!loss_read(s, i, k, &t->loss[i][k]);
	for (i = 0; i < CW_STAT_NR; i++)
		t->unreadable += !!percpu_sum(s, s->skel->maps.cw_stats, i, &t->stat[i], 1);
	misses_count(s, t);
	cw_feed_totals(s->feed, t);
}

void cw_session_close(struct cw_session *s)
{
	if (!s)
		return;
	links_destroy(s);
	ring_buffer__free(s->ring);
	module_bpf__destroy(s->skel);
	free(s);
}
