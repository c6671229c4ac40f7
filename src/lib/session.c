// SPDX-License-Identifier: GPL-2.0-only
/* The life of a session: open, load, attach, ask the module to announce what
 * there is, poll, count, detach.
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

#include "baseline.h"
#include "clock.h"
#include "err.h"
#include "hook.h"
#include "ksyms.h"
#include "loader.h"
#include "misses.h"
#include "objects.h"
#include "pages_runs.h"
#include "ram.h"

#define DEVICE "/dev/cocovm"
#define DRAIN_MAX 65536		/* records read at a time */
#define LATE_NS 1000000000ULL	/* how often it is seen whether a module has come */

/* Kernel variables that the programs read; configured as cfg_sym_NAME. */
struct kernel_syms {
	__u64 init_top_pgt;
	__u64 page_offset_base;
	__u64 vmemmap_base;
	__u64 physical_mask;
	__u64 pgtable_l5_enabled;
	__u64 hyperv_pcpu_input_arg;
	__u64 per_cpu_offset;
	__u64 is_confidential;
	__u64 ms_hyperv;
	__u64 vmbus_devs;
};

struct cw_session {
	struct cw_arming *arming;
	const struct cw_platform *platform;	/* the caller's */
	struct cw_feed *feed;
	struct cw_loader *loader;
	struct ring_buffer *ring;
	struct cw_baseline baseline;	/* to be told when the session begins */
	struct cw_kfunc funcs[CW_FUNCS_MAX];	/* that are attached to */
	size_t nr_funcs;
	int nr_cpus;
	__u64 nr_read;		/* records */
	__u64 nr_heeded;	/* of them, when it was seen last what was lost */
	__u64 lost;		/* beginnings and ends, as far as that is known */
	__u64 late_ns;		/* when modules were looked for last */
	/* While programs are attached and detached one of a pair is alone, and what it leaves to
	 * the other is nobody's: that is before the session, and after it.
	 */
	struct cw_misses begun, ended;
	__u32 unreadable;	/* counters of ended, and 1 where the programs went on */
	__u64 over_ns;		/* when it was stopped; 0: not yet */
};

/* ---- counters ---- */

/* The sum over all CPUs of n numbers at one key.  0, or -errno with the sums 0. */
static int percpu_sum(const struct cw_session *s, const char *name, __u32 key, __u64 *sum,
		      size_t n)
{
	const struct bpf_map *map = cw_loader_map(s->loader, name);
	__u64 *values = s->nr_cpus > 0 ? calloc((size_t)s->nr_cpus, n * sizeof(*values)) : NULL;
	size_t cpu, i;
	int err;

	memset(sum, 0, n * sizeof(*sum));
	if (!values || !map) {
		free(values);
		return -ENOMEM;
	}
	err = bpf_map_lookup_elem(bpf_map__fd(map), &key, values);
	for (cpu = 0; !err && cpu < (size_t)s->nr_cpus; cpu++)
		for (i = 0; i < n; i++)
			sum[i] += values[cpu * n + i];
	free(values);
	return err;
}

static int loss_read(const struct cw_session *s, __u32 event, __u32 loss, __u64 *sum)
{
	return percpu_sum(s, "cw_losses", event * CW_LOSS_NR + loss, sum, 1);
}

/* Runs for events of that type; returns how many counters could not be read. */
static __u32 misses_read(const struct cw_session *s, __u32 event, struct cw_misses *m)
{
	const struct cw_source *source = s->arming->source;
	__u32 i, unreadable = 0;

	for (i = 0; i < source->nr_probes; i++)
		if (source->probes[i].event == event)
			unreadable += !!cw_loader_misses(s->loader, i, &m->refused[i]);
	unreadable += !!percpu_sum(s, "cw_left", event, &m->left[event], 1);
	unreadable += !!percpu_sum(s, "cw_nested", event, &m->acted[event], 1);
	return unreadable;
}

/* The same of all types. */
static __u32 misses_read_all(const struct cw_session *s, struct cw_misses *m)
{
	__u32 event, unreadable = 0;

	for (event = 0; event < CW_EV_NR; event++)
		unreadable += misses_read(s, event, m);
	return unreadable;
}

/* ---- configuration ---- */

/* Only the first three must be there: the others have defaults, or are of some kernels only. */
static int kernel_find(struct cw_session *s, struct kernel_syms *k)
{
	const struct cw_ksym syms[] = {
		{ "init_top_pgt", &k->init_top_pgt },
		{ "page_offset_base", &k->page_offset_base },
		{ "vmemmap_base", &k->vmemmap_base },
		{ "physical_mask", &k->physical_mask },
		{ "__pgtable_l5_enabled", &k->pgtable_l5_enabled },
		{ "hyperv_pcpu_input_arg", &k->hyperv_pcpu_input_arg },
		{ "__per_cpu_offset", &k->per_cpu_offset },
		{ "is_confidential", &k->is_confidential },
		{ "ms_hyperv", &k->ms_hyperv },
		{ "vmbus_devs", &k->vmbus_devs },
	};
	int err;

	s->nr_funcs = cw_hook_funcs(s->arming->source, s->funcs);
	err = cw_ksyms_find("/proc/kallsyms", syms, sizeof(syms) / sizeof(syms[0]), s->funcs,
			    s->nr_funcs);
	if (err)
		return err;
	return k->init_top_pgt && k->page_offset_base && k->vmemmap_base ? 0 : -ENODATA;
}

static int loader_start(struct cw_session *s, const struct cw_platform *p,
			const struct cw_session_opts *opts, const struct kernel_syms *k, char *why,
			size_t size)
{
	struct cw_pte_fmt fmt = cw_session_fmt(s->arming->source, p);
	const struct cw_bpf_var vars[] = {
		{ "cfg_shared_mask", fmt.shared_mask },
		{ "cfg_set_is_private", fmt.set_is_private },
		{ "cfg_no_bit", fmt.no_bit },
		{ "cfg_no_read", s->arming->blind },
		{ "cfg_paravisor", p->paravisor },
		{ "cfg_stale", s->arming->asked >> CW_RULE_Z4 & 1 },
		{ "cfg_window", p->way == CW_WAY_WINDOW },
		{ "cfg_callbacks_bool", p->callbacks_bool },
		{ "cfg_record_frees", opts->record_frees },
		{ "cfg_record_hot", opts->record_hot },
		{ "cfg_record_steps", opts->record_steps },
		{ "cfg_record_stacks", opts->record_stacks },
		{ "cfg_max_walk", opts->max_walk ? opts->max_walk : CW_MAX_WALK },
		{ "cfg_sym_init_top_pgt", k->init_top_pgt },
		{ "cfg_sym_page_offset_base", k->page_offset_base },
		{ "cfg_sym_vmemmap_base", k->vmemmap_base },
		{ "cfg_sym_physical_mask", k->physical_mask },
		{ "cfg_sym_pgtable_l5_enabled", k->pgtable_l5_enabled },
		{ "cfg_sym_hyperv_pcpu_input_arg", k->hyperv_pcpu_input_arg },
		{ "cfg_sym_per_cpu_offset", k->per_cpu_offset },
		{ "cfg_sym_is_confidential", k->is_confidential },
		{ "cfg_sym_ms_hyperv", k->ms_hyperv },
		{ "cfg_sym_vmbus_devs", k->vmbus_devs },
		{ NULL, 0 },
	};
	const struct cw_loader_opts loader = {
		.vars = vars,
		.nr_frames = cw_ram_nr_frames(""),
		.funcs = s->funcs,
		.nr_funcs = s->nr_funcs,
	};

	return cw_loader_open(&s->loader, s->arming, &loader, why, size);
}

struct cw_pte_fmt cw_session_fmt(const struct cw_source *source, const struct cw_platform *p)
{
	__u64 frames = ((1ULL << p->phys_bits) - 1) & CW_PTE_FRAME;
	__u64 mask = source == &cw_source_module ? p->module.pte_mask : p->shared_mask;

	return (struct cw_pte_fmt){
		.shared_mask = mask,
		.frame_mask = frames & ~mask,
		.set_is_private = source == &cw_source_module ? p->module.set_is_private :
								p->set_is_private,
		.no_bit = source != &cw_source_module && p->way == CW_WAY_OLD,
	};
}

/* ---- attaching ---- */

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

static int session_attach(struct cw_session *s, const struct cw_platform *p,
			  const struct cw_session_opts *opts, char *why, size_t size)
{
	misses_read_all(s, &s->begun);
	if (!opts->try_only) {
		struct bpf_map *events = cw_loader_map(s->loader, "cw_events");

		s->ring = events ? ring_buffer__new(bpf_map__fd(events), on_record, s, NULL) : NULL;
		if (!s->ring) {
			snprintf(why, size, "the event ring could not be mapped: %s", strerror(errno));
			return -errno;
		}
	}
	if (s->arming->source == &cw_source_module)
		announced_arm(s, announce(opts->try_only));
	else
		cw_baseline_take(&s->baseline, s->arming, s->loader, p, !opts->try_only);
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
	struct kernel_syms kernel;
	int err;

	if (!cw_ram_nr_frames("")) {
		snprintf(why, size, "%s", cw_ram_unknown);
		return -EPERM;
	}
	err = kernel_find(s, &kernel);
	if (err) {
		snprintf(why, size, "/proc/kallsyms does not give the kernel's addresses: %s (needs "
			 "CAP_SYSLOG, and kernel.kptr_restrict below 2)", strerror(-err));
		return err;
	}
	err = loader_start(s, p, opts, &kernel, why, size);
	if (!err)
		err = session_attach(s, p, opts, why, size);
	return err ? err : armed_check(s->arming, why, size);
}

int cw_session_open(struct cw_session **out, const struct cw_platform *p,
		    const struct cw_session_opts *opts, struct cw_arming *arming,
		    struct cw_feed *feed, char *why, size_t size)
{
	struct cw_session *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	cw_arming_init(arming, opts->source, opts->source == &cw_source_module ? 0 : p->way);
	if (opts->asked && opts->source == &cw_source_stock)
		arming->asked = opts->asked;
	arming->no_pin = opts->no_pin;
	arming->no_module_btf = !p->caps[CW_CAP_SYS_ADMIN];
	arming->blind = p->lockdown == CW_LOCKDOWN_CONFIDENTIALITY;
	if (!s) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	s->arming = arming;
	s->platform = p;
	s->feed = feed;
	s->nr_cpus = libbpf_num_possible_cpus();
	err = session_start(s, p, opts, why, size);
	if (err) {
		cw_session_close(s);
		return err;
	}
	if (feed)	/* our own programs have their names by now */
		cw_symbols_load(feed->symbols);
	cw_objects_rest();
	malloc_trim(0);	/* libbpf has just freed the kernel's BTF */
	*out = s;
	return 0;
}

/* ---- running ---- */

int cw_session_fd(const struct cw_session *s)
{
	return ring_buffer__epoll_fd(s->ring);
}

/* Time stands still when the session is over. */
static __u64 session_now(const struct cw_session *s)
{
	return s->over_ns ? s->over_ns : cw_clock_ns(CLOCK_MONOTONIC);
}

/* Ends that both programs were refused. */
static int ends_missed(const struct cw_session *s, __u64 *missed)
{
	struct cw_misses m = s->ended;

	if (!s->over_ns && misses_read(s, CW_EV_END, &m))
		return -EIO;
	*missed = cw_misses_of(s->arming->source, &m, CW_EV_END);
	return 0;
}

/* An end that was lost, or may have been, must not make its transition look slow. */
static void losses_heed(struct cw_session *s)
{
	__u64 begins, ends = 0, missed = 0;
	int err = loss_read(s, CW_EV_BEGIN, CW_LOSS_RING, &begins);

	if (!err)
		err = loss_read(s, CW_EV_END, CW_LOSS_RING, &ends);
	if (!err)
		err = ends_missed(s, &missed);
	if (!err && begins + ends + missed == s->lost)
		return;
	if (!err)
		s->lost = begins + ends + missed;
	cw_feed_forget(s->feed, session_now(s));
}

/* What the module brought along. */
static void late_symbols(struct cw_session *s)
{
	struct kernel_syms kernel;

	if (kernel_find(s, &kernel))
		return;
	cw_loader_set(s->loader, "cfg_sym_is_confidential", kernel.is_confidential);
	cw_loader_set(s->loader, "cfg_sym_vmbus_devs", kernel.vmbus_devs);
}

__u64 cw_session_late(struct cw_session *s)
{
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC), armed = s->arming->armed;
	__u32 i;

	if (!cw_loader_waits(s->loader) || now - s->late_ns < LATE_NS)
		return 0;
	s->late_ns = now;
	if (!cw_loader_can_go_on(s->loader))
		return 0;
	late_symbols(s);
	if (cw_loader_late(s->loader)) {	/* and what it has shared meanwhile has an owner */
		cw_baseline_take(&s->baseline, s->arming, s->loader, s->platform, true);
		cw_symbols_load(s->feed->symbols);
	}
	cw_arming_finish(s->arming);
	armed = s->arming->armed & ~armed;
	for (i = 0; i < CW_RULE_NR; i++)
		if (armed & CW_RULE_BIT(i))
			s->arming->since_ns[i] = now;
	return armed;
}

bool cw_session_waits(const struct cw_session *s)
{
	return cw_loader_waits(s->loader);
}

void cw_session_pages(const struct cw_session *s,
		      void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx)
{
	const struct bpf_map *map = cw_loader_map(s->loader, "cw_pages");

	if (map)
		cw_pages_runs(bpf_map__fd(map), bpf_map__max_entries(map), fn, ctx);
}

bool cw_session_drain(struct cw_session *s)
{
	/* taken first: every end before it is in the ring by now */
	__u64 now = session_now(s);

	cw_baseline_feed(&s->baseline, s->feed);
	if (ring_buffer__consume(s->ring) == -EAGAIN)
		return false;
	/* nothing is lost where nothing came */
	if (s->nr_read != s->nr_heeded || cw_judge_nr_open(s->feed->judge))
		losses_heed(s);
	s->nr_heeded = s->nr_read;
	cw_feed_tick(s->feed, now);
	return true;
}

/* No program begins with an event any more.  0 or -errno. */
static int programs_hush(const struct cw_session *s)
{
	const struct bpf_map *map = cw_loader_map(s->loader, "cw_session_over");
	__u64 over = 1;
	__u32 key = 0;

	return map ? bpf_map_update_elem(bpf_map__fd(map), &key, &over, BPF_ANY) : -ENOENT;
}

void cw_session_stop(struct cw_session *s)
{
	s->over_ns = cw_clock_ns(CLOCK_MONOTONIC);
	s->unreadable = !!programs_hush(s);
	s->unreadable += misses_read_all(s, &s->ended);
	cw_loader_detach(s->loader);
	while (!cw_session_drain(s))
		;
}

/* ---- counting ---- */

/* Counters that cannot be read are counted, and 0. */
static void misses_count(const struct cw_session *s, struct cw_totals *t)
{
	const struct cw_source *source = s->arming->source;
	struct cw_misses m = s->ended;
	__u32 i;

	for (i = 0; i < source->nr_probes; i++)
		if (!source->probes[i].spare)
			t->loss[source->probes[i].event][CW_LOSS_RELOADED] +=
				cw_loader_is_reloaded(s->loader, i);
	t->unreadable += s->over_ns ? s->unreadable : misses_read_all(s, &m);
	cw_misses_since(&m, &s->begun);
	cw_misses_add(s->arming, &m, t);
}

void cw_session_totals(const struct cw_session *s, struct cw_totals *t)
{
	__u32 i, k;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < CW_RULE_NR; i++)
		t->unreadable += !!percpu_sum(s, "cw_counts", i, (__u64 *)&t->rule[i],
					      sizeof(struct cw_count) / sizeof(__u64));
	for (i = 0; i < CW_EV_NR; i++)
		for (k = 0; k < CW_LOSS_NR; k++)
			t->unreadable += !!loss_read(s, i, k, &t->loss[i][k]);
	for (i = 0; i < CW_STAT_NR; i++)
		t->unreadable += !!percpu_sum(s, "cw_stats", i, &t->stat[i], 1);
	misses_count(s, t);
	cw_feed_totals(s->feed, t);
}

void cw_session_run_time(const struct cw_session *s, __u64 *ns, __u64 *runs)
{
	*ns = 0;
	*runs = 0;
	cw_loader_run_time(s->loader, ns, runs);
}

void cw_session_close(struct cw_session *s)
{
	if (!s)
		return;
	if (s->loader)
		cw_loader_detach(s->loader);
	ring_buffer__free(s->ring);
	cw_baseline_free(&s->baseline);
	cw_loader_close(s->loader);
	free(s);
}
