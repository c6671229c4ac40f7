// SPDX-License-Identifier: GPL-2.0-only
/* What a recording says of its rules: what was asked of them, what became of them, which waivers
 * there were, and what was done about violations.
 */
#include "record_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_file.h"
#include "record_impl.h"
#include "rules.h"

/* The rule that a row begins with. */
static int rule_column(struct cw_recording *r, sqlite3_stmt *stmt, const char *table)
{
	const char *id = (const char *)sqlite3_column_text(stmt, 0);
	int rule = id ? cw_rule_find(id) : -ENOENT;

	return rule >= 0 ? rule : cw_recording_damaged(r, "%s: there is no such rule", table);
}

/* ---- rules ---- */

static int outcome_parse(const char *name)
{
	int i;

	for (i = CW_OUTCOME_HELD; i <= CW_OUTCOME_UNKNOWN; i++)
		if (name && !strcmp(name, cw_outcome_name((enum cw_outcome)i)))
			return i;
	return -EINVAL;
}

static void rule_count_read(struct cw_count *c, sqlite3_stmt *stmt, int column)
{
	c->checked = (__u64)sqlite3_column_int64(stmt, column);
	c->violated = (__u64)sqlite3_column_int64(stmt, column + 1);
	c->warned = (__u64)sqlite3_column_int64(stmt, column + 2);
	c->observed = (__u64)sqlite3_column_int64(stmt, column + 3);
	c->no_evidence = (__u64)sqlite3_column_int64(stmt, column + 4);
}

static int rule_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	struct cw_recording_info *info = &r->info;
	const char *severity = (const char *)sqlite3_column_text(stmt, 8);
	int rule = rule_column(r, stmt, "rules"), outcome;

	if (rule < 0)
		return rule;
	if (sqlite3_column_int(stmt, 1))
		info->arming.armed |= CW_RULE_BIT(rule);
	cw_column_text(stmt, 2, info->arming.why_rule[rule], sizeof(info->arming.why_rule[rule]));
	info->arming.since_ns[rule] = (__u64)sqlite3_column_int64(stmt, 3);
	if (sqlite3_column_int(stmt, 4))
		info->policy.required |= CW_RULE_BIT(rule);
	info->policy.min_checked[rule] = (__u64)sqlite3_column_int64(stmt, 5);
	if (sqlite3_column_int(stmt, 6))
		info->policy.waived |= CW_RULE_BIT(rule);
	cw_column_text(stmt, 7, info->reason[rule], sizeof(info->reason[rule]));
	info->policy.reason[rule] = info->reason[rule];
	if (!severity || cw_policy_severity_set(&info->policy, (__u32)rule, severity))
		return cw_recording_damaged(r, "rules: %s has no severity",
					    cw_rule_info((__u32)rule)->id);
	rule_count_read(&info->totals.rule[rule], stmt, 9);
	info->totals.excused[rule] = (__u64)sqlite3_column_int64(stmt, 14);
	if (!info->complete)
		return 0;
	outcome = outcome_parse((const char *)sqlite3_column_text(stmt, 15));
	if (outcome < 0)
		return cw_recording_damaged(r, "rules: %s has no outcome",
					    cw_rule_info((__u32)rule)->id);
	info->outcome[rule] = (__u32)outcome;
	return 0;
}

/* ---- waivers ---- */

/* The next waiver of the policy, all zeroes.  NULL: no room, or no memory. */
static struct cw_waiver *waiver_next(struct cw_policy *p)
{
	if (!p->file)
		p->file = calloc(1, sizeof(*p->file));
	if (!p->file || p->file->nr_waivers == CW_WAIVERS_MAX)
		return NULL;
	return &p->file->waiver[p->file->nr_waivers++];
}

/* One for a whole rule is also why the rule is waived, unless the command line said why. */
static void waiver_whole(struct cw_policy *p, const struct cw_waiver *w)
{
	if (w->finding || w->function[0] || w->expired || !(p->waived & CW_RULE_BIT(w->rule)))
		return;
	p->reason[w->rule] = w->reason;
}

static int waiver_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	const char *id = (const char *)sqlite3_column_text(stmt, 1);
	int finding = id && *id ? cw_recording_finding(id) : CW_FIND_NONE;
	int rule = rule_column(r, stmt, "waivers");
	struct cw_waiver *w;

	if (rule < 0)
		return rule;
	if (finding < 0 || (finding && cw_finding_info((__u32)finding)->rule != (__u32)rule))
		return cw_recording_damaged(r, "waivers: there is no such finding");
	w = waiver_next(&r->info.policy);
	if (!w)
		return r->info.policy.file ?
			       cw_recording_damaged(r, "waivers: there are too many") : -ENOMEM;
	w->rule = (__u32)rule;
	w->finding = (__u32)finding;
	cw_column_text(stmt, 2, w->function, sizeof(w->function));
	cw_column_text(stmt, 3, w->reason, sizeof(w->reason));
	cw_column_text(stmt, 4, w->expires, sizeof(w->expires));
	w->expired = sqlite3_column_int(stmt, 5);
	waiver_whole(&r->info.policy, w);
	return 0;
}

/* ---- reactions ---- */

static int reaction_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	struct cw_reactions *rs = &r->info.reactions;
	const char *name = (const char *)sqlite3_column_text(stmt, 1);
	int rule = rule_column(r, stmt, "reactions"), action;
	char what[CW_PROGRAM_LEN], why[128];
	struct cw_reaction *reaction;

	if (rule < 0)
		return rule;
	action = name ? cw_action_find(name) : -ENOENT;
	cw_column_text(stmt, 2, what, sizeof(what));
	if (action < 0 || cw_reactions_row(rs, (__u32)rule, (__u32)action, what, why, sizeof(why)))
		return cw_recording_damaged(r, "reactions: there is no such action");
	reaction = &rs->reaction[rs->nr - 1];
	reaction->done = (__u64)sqlite3_column_int64(stmt, 3);
	reaction->limited = (__u64)sqlite3_column_int64(stmt, 4);
	reaction->failed = (__u64)sqlite3_column_int64(stmt, 5);
	return 0;
}

int cw_recording_policy_read(struct cw_recording *r)
{
	int err = cw_recording_each(
		r, "SELECT rule, armed, why, since_ns, required, min_checked, waived, reason, "
		"severity, checked, violated, warned, observed, no_evidence, excused, outcome "
		"FROM rules", rule_read);

	if (!err)
		err = cw_recording_each(r, "SELECT rule, finding, function, reason, expires, "
					"expired FROM waivers ORDER BY nr", waiver_read);
	cw_policy_at(&r->info.policy,
		     (time_t)((r->info.ts_ns + r->info.wall_offset_ns) / 1000000000ULL));
	if (!err)
		err = cw_recording_each(r, "SELECT rule, action, what, done, limited, failed "
					"FROM reactions ORDER BY nr", reaction_read);
	return err;
}
