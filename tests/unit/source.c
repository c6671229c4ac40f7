// SPDX-License-Identifier: GPL-2.0-only
/* Which rules are armed, by the probes that are attached, the way in which the kernel
 * shares pages, and what lockdown allows.
 */
#include "unit.h"

#include <string.h>

#include "rules.h"
#include "source.h"

#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)

static struct cw_arming arming;

/* Attaches every probe that the way wants. */
static void attach(const struct cw_source *source, __u32 way, bool blind)
{
	size_t i;

	cw_arming_init(&arming, source, way);
	arming.blind = blind;
	for (i = 0; i < source->nr_probes; i++)
		if (cw_arming_wants(&arming, i))
			cw_arming_attached(&arming, i);
	cw_arming_finish(&arming);
}

static size_t probe_of(const char *prog)
{
	size_t i, k;

	for (i = 0; i < cw_source_stock.nr_probes; i++)
		for (k = 0; k < CW_HOOKS_MAX && cw_source_stock.probes[i].hooks[k].prog; k++)
			if (!strcmp(cw_source_stock.probes[i].hooks[k].prog, prog))
				return i;
	fail_msg("no probe %s", prog);
	return 0;
}

static void test_ways(void **state)
{
	static const struct {
		__u32 way;
		__u64 armed;
		__u64 not_armed;
	} rows[] = {
		{ CW_WAY_WINDOW, BIT(T1) | BIT(T2) | BIT(T3) | BIT(T4) | BIT(T6) | BIT(S3), 0 },
		{ CW_WAY_VTOM, BIT(T3) | BIT(T4) | BIT(S3), BIT(T1) | BIT(T2) | BIT(T6) },
		{ CW_WAY_OLD, BIT(T5) | BIT(T6) | BIT(S3),
		  BIT(T1) | BIT(T2) | BIT(T3) | BIT(T4) | BIT(T8) },
		{ CW_WAY_SNP, BIT(T3) | BIT(T5) | BIT(S3), BIT(T1) | BIT(T2) | BIT(T6) },
		{ CW_WAY_TDX, BIT(T3) | BIT(T4) | BIT(S3), BIT(T1) | BIT(T2) | BIT(T6) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		attach(&cw_source_stock, rows[i].way, false);
		assert_int_equal(arming.armed & rows[i].armed, rows[i].armed);
		assert_int_equal(arming.armed & rows[i].not_armed, 0);
	}
	attach(&cw_source_stock, CW_WAY_OLD, false);
	assert_non_null(strstr(arming.why_rule[CW_RULE_T1], "no not-present window"));
	assert_non_null(strstr(arming.why_rule[CW_RULE_T9], "map --kexec"));
}

/* A hook of another way is not asked for, and does not stand for the one that is. */
static void test_hooks_of_other_ways(void **state)
{
	const struct cw_probe *begin = &cw_source_stock.probes[probe_of("on_begin_old")];

	(void)state;
	assert_ptr_equal(begin, &cw_source_stock.probes[probe_of("on_begin")]);
	assert_true(cw_hook_fits(&begin->hooks[0], CW_WAY_OLD));
	assert_false(cw_hook_fits(&begin->hooks[0], CW_WAY_WINDOW));
	assert_true(cw_hook_fits(&begin->hooks[1], CW_WAY_WINDOW));
	cw_arming_init(&arming, &cw_source_stock, CW_WAY_OLD);
	assert_false(cw_arming_wants(&arming, probe_of("on_flushed")));
	assert_true(cw_arming_wants(&arming, probe_of("on_page_free")));
}

static void test_one_missing_probe(void **state)
{
	(void)state;
	attach(&cw_source_stock, CW_WAY_WINDOW, false);
	cw_arming_failed(&arming, probe_of("on_flushed"), "no such function");
	cw_arming_finish(&arming);
	assert_false(arming.armed & BIT(T2));
	assert_true(arming.armed & BIT(T1));
	assert_string_equal(arming.why_rule[CW_RULE_T2], "no such function");
}

static void test_optional_probe(void **state)
{
	(void)state;
	attach(&cw_source_stock, CW_WAY_WINDOW, false);
	cw_arming_failed(&arming, probe_of("on_host_answer"), "no such function");
	cw_arming_finish(&arming);
	assert_true(arming.armed & BIT(T4));
}

/* At lockdown=confidentiality only what needs no reads is left. */
static void test_blind(void **state)
{
	(void)state;
	attach(&cw_source_stock, CW_WAY_WINDOW, true);
	assert_int_equal(arming.armed, cw_source_stock.blind);
	assert_true(arming.armed & BIT(T4));
	assert_non_null(strstr(arming.why_rule[CW_RULE_T1], "confidentiality"));
	assert_false(cw_arming_wants(&arming, probe_of("on_page_free")));
}

/* What a profile leaves out is not attached, and says how to ask for it. */
static void test_profile(void **state)
{
	size_t i;

	(void)state;
	cw_arming_init(&arming, &cw_source_stock, CW_WAY_WINDOW);
	arming.asked = cw_rules_of_profile("pages");
	assert_false(cw_arming_wants(&arming, probe_of("on_packet")));
	for (i = 0; i < cw_source_stock.nr_probes; i++)
		if (cw_arming_wants(&arming, i))
			cw_arming_attached(&arming, i);
	cw_arming_finish(&arming);
	assert_true(arming.armed & BIT(T1));
	assert_false(arming.armed & (BIT(S6) | BIT(Z4)));
	assert_non_null(strstr(arming.why_rule[CW_RULE_S6], "--profile io"));
	assert_non_null(strstr(arming.why_rule[CW_RULE_Z4], "--profile all"));
	attach(&cw_source_stock, CW_WAY_WINDOW, false);
	assert_true(arming.armed & BIT(Z4));
}

/* A loss of what the state of frames comes from is a loss of the rules that ask for it. */
static void test_losses_of_states(void **state)
{
	(void)state;
	assert_true(cw_source_fed_by(&cw_source_stock, CW_EV_BEGIN) & BIT(S1));
	assert_true(cw_source_fed_by(&cw_source_stock, CW_EV_END) & BIT(S6));
	assert_true(cw_source_fed_by(&cw_source_stock, CW_EV_SEED) & BIT(H2));
	assert_true(cw_source_fed_by(&cw_source_stock, CW_EV_KEPT) & BIT(S5));
	assert_false(cw_source_fed_by(&cw_source_stock, CW_EV_ZEROPAD) & BIT(S1));
}

/* At its return a function's arguments are gone: who looks by a kretprobe needs an entry, whatever
 * the reason is that it is one.
 */
static void test_entries_of_kretprobes(void **state)
{
	static const struct {
		const char *entry, *leave;
		__u64 rule;
	} pairs[] = {
		{ "on_completion_in_k", "on_completion", BIT(H6) },
		{ "on_ring_init_in_k", "on_ring_init", BIT(S2) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(pairs); i++) {
		size_t entry = probe_of(pairs[i].entry), leave = probe_of(pairs[i].leave);

		attach(&cw_source_stock, CW_WAY_WINDOW, false);
		assert_false(cw_arming_wants(&arming, entry));
		assert_true(arming.armed & pairs[i].rule);
		arming.hook[leave] = 1;
		assert_true(cw_arming_wants(&arming, entry));
		cw_arming_finish(&arming);
		assert_false(arming.armed & pairs[i].rule);
		cw_arming_attached(&arming, entry);
		cw_arming_finish(&arming);
		assert_true(arming.armed & pairs[i].rule);
	}
}

/* Such a row stands before the one that it belongs to, with a kretprobe of its own function. */
static void test_entries_stand_before_theirs(void **state)
{
	size_t i, k, nr = 0;

	(void)state;
	for (i = 0; i < cw_source_stock.nr_probes; i++) {
		const struct cw_probe *entry = &cw_source_stock.probes[i], *leave = entry + 1;

		if (!entry->entry_of_next)
			continue;
		nr++;
		assert_true(i + 1 < cw_source_stock.nr_probes);
		assert_true(entry->rules == leave->rules && entry->object == leave->object);
		for (k = 0; k < CW_HOOKS_MAX && leave->hooks[k].prog; k++)
			assert_string_equal(leave->hooks[k].target, entry->hooks[0].target);
		assert_int_equal(leave->hooks[k - 1].kind, CW_HOOK_KRETPROBE);
	}
	assert_int_equal(nr, 2);
}

/* The spare of a hook: the same but for the name of its program. */
static bool is_spare_of(const struct cw_hook *spare, const struct cw_hook *hook)
{
	size_t len = strlen(hook->prog);

	return !strncmp(spare->prog, hook->prog, len) && !strcmp(spare->prog + len, "_nested") &&
	       spare->kind == hook->kind && !strcmp(spare->target, hook->target);
}

/* Where the hook of a probe is used. */
static __u32 ways_of(const struct cw_probe *probe, size_t hook)
{
	__u32 ways = probe->ways ? probe->ways : CW_WAY_ANY;

	return probe->hooks[hook].ways ? ways & probe->hooks[hook].ways : ways;
}

static void spare_check(const struct cw_source *source, size_t i, size_t k)
{
	const struct cw_probe *spare = &source->probes[i], *probe = NULL;
	size_t of, n = 0;

	for (of = 0; of < source->nr_probes; of++) {
		probe = &source->probes[of];
		for (n = 0; n < CW_HOOKS_MAX && probe->hooks[n].prog; n++)
			if (is_spare_of(&spare->hooks[k], &probe->hooks[n]))
				break;
		if (n < CW_HOOKS_MAX && probe->hooks[n].prog)
			break;
	}
	if (of == source->nr_probes)
		fail_msg("%s is the spare of nothing", spare->hooks[k].prog);
	assert_false(probe->spare);
	assert_int_equal(probe->event, spare->event);
	assert_int_equal(probe->object, spare->object);
	assert_true(probe->rules == spare->rules);
	assert_int_equal(ways_of(probe, n), ways_of(spare, k));
	/* the order in which the kernel runs them: see nested.bpf.h */
	if (spare->hooks[k].kind == CW_HOOK_RAW_TP ? of > i : of < i)
		fail_msg("%s is attached at the wrong time", spare->hooks[k].prog);
}

static void test_spares(void **state)
{
	static const struct cw_source *const sources[] = { &cw_source_stock, &cw_source_module };
	size_t nr = 0, n, i, k;

	(void)state;
	for (n = 0; n < NR(sources); n++)
		for (i = 0; i < sources[n]->nr_probes; i++) {
			const struct cw_probe *probe = &sources[n]->probes[i];

			if (!probe->spare)
				continue;
			for (k = 0; k < CW_HOOKS_MAX && probe->hooks[k].prog; k++, nr++)
				spare_check(sources[n], i, k);
		}
	assert_true(nr > 30);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_ways),
	cmocka_unit_test(test_hooks_of_other_ways),
	cmocka_unit_test(test_one_missing_probe),
	cmocka_unit_test(test_optional_probe),
	cmocka_unit_test(test_blind),
	cmocka_unit_test(test_profile),
	cmocka_unit_test(test_losses_of_states),
	cmocka_unit_test(test_entries_of_kretprobes),
	cmocka_unit_test(test_entries_stand_before_theirs),
	cmocka_unit_test(test_spares),
};

UNIT_MAIN(tests)
