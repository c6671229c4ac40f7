// SPDX-License-Identifier: GPL-2.0-only
/* Arming: from the probes that could be attached to the rules that can be
 * judged.  A probe that fails disarms its rules only.
 */
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

void cw_arming_init(struct cw_arming *a, const struct cw_source *source, __u32 way)
{
	memset(a, 0, sizeof(*a));
	a->source = source;
	a->way = way;
	a->asked = CW_RULE_ALL;
}

bool cw_hook_fits(const struct cw_hook *hook, __u32 way)
{
	return !way || !hook->ways || (hook->ways & way);
}

bool cw_source_knows_args(const struct cw_source *source, const char *func, int nr)
{
	const struct cw_known_args *k = source->known_args;

	for (; k && k->func; k++)
		if (!strcmp(k->func, func))
			return nr >= 0 && nr < 32 && (k->numbers & (1U << nr));
	return true;
}

static bool kretprobe_is_next(const struct cw_arming *a, size_t nr)
{
	return nr + 1 < a->source->nr_probes &&
	       cw_arming_hook(a, nr + 1)->kind == CW_HOOK_KRETPROBE;
}

bool cw_arming_wants(const struct cw_arming *a, size_t nr)
{
	const struct cw_probe *probe = &a->source->probes[nr];
	size_t i;

	if (a->way && probe->ways && !(probe->ways & a->way))
		return false;
	if (a->blind && !(probe->rules & a->source->blind))
		return false;
	if (!(probe->rules & a->asked) || (probe->entry_of_next && !kretprobe_is_next(a, nr)))
		return false;
	for (i = 0; i < CW_HOOKS_MAX && probe->hooks[i].prog; i++)
		if (cw_hook_fits(&probe->hooks[i], a->way))
			return true;
	return false;
}

const struct cw_hook *cw_arming_hook(const struct cw_arming *a, size_t probe)
{
	return &a->source->probes[probe].hooks[a->hook[probe]];
}

void cw_arming_attached(struct cw_arming *a, size_t probe)
{
	a->attached[probe] = true;
	a->why_probe[probe][0] = '\0';
}

void cw_arming_failed(struct cw_arming *a, size_t probe, const char *fmt, ...)
{
	va_list ap;

	a->attached[probe] = false;
	va_start(ap, fmt);
	vsnprintf(a->why_probe[probe], CW_WHY_LEN, fmt, ap);
	va_end(ap);
}

/* Index of the first probe that the rule lacks; -1 when it has all, -2 when none feeds it. */
static int probe_missing(const struct cw_arming *a, __u32 rule)
{
	const struct cw_source *s = a->source;
	int fed = 0;
	size_t i;

	for (i = 0; i < s->nr_probes; i++) {
		if (!(s->probes[i].rules & CW_RULE_BIT(rule)) || !cw_arming_wants(a, i))
			continue;
		fed = 1;
		if (!a->attached[i] && !s->probes[i].optional)
			return (int)i;
	}
	return fed ? -1 : -2;
}

/* Why the rule makes no sense here, or NULL. */
static const char *senseless_why(const struct cw_arming *a, __u32 rule)
{
	const struct cw_way_rules *r = a->source->senseless;

	for (; r && r->why; r++)
		if ((r->ways & a->way) && (r->rules & CW_RULE_BIT(rule)))
			return r->why;
	if (!(a->asked & CW_RULE_BIT(rule)))
		return cw_rule_info(rule)->profile == CW_PROFILE_IO ? "not in the profile (--profile io)" :
								      "on request only (--profile all)";
	if (a->blind && !(a->source->blind & CW_RULE_BIT(rule)))
		return "kernel lockdown is at 'confidentiality', where no program may read kernel memory";
	return NULL;
}

void cw_arming_finish(struct cw_arming *a)
{
	__u32 rule;

	a->armed = 0;
	for (rule = 0; rule < CW_RULE_NR; rule++) {
		const char *senseless = senseless_why(a, rule);
		int probe = probe_missing(a, rule);
		char *why = a->why_rule[rule];

		why[0] = '\0';
		if (senseless)
			snprintf(why, CW_WHY_LEN, "%s", senseless);
		else if (probe == -1)
			a->armed |= CW_RULE_BIT(rule);
		else if (probe == -2)
			snprintf(why, CW_WHY_LEN, "the %s source has no probe for it", a->source->name);
		else
			snprintf(why, CW_WHY_LEN, "%s", a->why_probe[probe]);
	}
}

__u64 cw_source_fed_by(const struct cw_source *source, __u32 event)
{
	const struct cw_side *side = source->sides;
	__u64 rules = 0;
	size_t i;

	for (; side && side->rules; side++)
		if (side->event == event)
			rules |= side->rules;
	for (i = 0; i < source->nr_probes; i++)
		if (source->probes[i].event == event)
			rules |= source->probes[i].rules;
	return rules;
}

const char *cw_hook_kind_name(enum cw_hook_kind kind)
{
	static const char *const names[] = { "raw_tp", "fentry", "fexit", "kprobe", "kretprobe", "look at" };

	return names[kind];
}
