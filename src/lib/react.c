// SPDX-License-Identifier: GPL-2.0-only
/* Reactions as they are asked for: actions by name, rows of a policy and RULE=ACTION of the command
 * line.
 */
#include "react.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "parse.h"
#include "policy.h"
#include "rules.h"

#define ACTION_NAME(id, name, help) [CW_ACTION_##id] = name,
static const char *const action_names[CW_ACTION_NR] = { CW_ACTIONS(ACTION_NAME) };

const char *cw_action_name(__u32 action)
{
	return action < CW_ACTION_NR ? action_names[action] : "?";
}

int cw_action_find(const char *name)
{
	int i;

	for (i = 0; i < CW_ACTION_NR; i++)
		if (!strcmp(action_names[i], name))
			return i;
	return -ENOENT;
}

const char *cw_reaction_text(const struct cw_reaction *r, char *buf, size_t size)
{
	const char *name = cw_action_name(r->action);

	if (r->action == CW_ACTION_EXEC)
		snprintf(buf, size, "%s %s", name, r->program);
	else if (r->action == CW_ACTION_SIGNAL)
		snprintf(buf, size, "%s SIG%s", name, sigabbrev_np(r->signal));
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

/* ---- what was asked for ---- */

/* "TERM" or "SIGTERM"; 0: no such signal. */
static int signal_parse(const char *name)
{
	const char *abbrev;
	int i;

	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (i = 1; i < NSIG; i++) {
		abbrev = sigabbrev_np(i);
		if (abbrev && !strcasecmp(abbrev, name))
			return i;
	}
	return 0;
}

/* Fills in what the action is done with.  0, or -EINVAL with why. */
static int row_what(struct cw_reaction *r, const char *what, char *why, size_t size)
{
	bool takes = r->action == CW_ACTION_EXEC || r->action == CW_ACTION_SIGNAL;
	bool given = what && *what;

	if (given && !takes) {
		snprintf(why, size, "%s takes nothing, not '%s'", cw_action_name(r->action), what);
		return -EINVAL;
	}
	if (r->action == CW_ACTION_EXEC) {
		if (!given || what[0] != '/' || strlen(what) >= sizeof(r->program)) {
			snprintf(why, size, "exec needs the full path of a program");
			return -EINVAL;
		}
		strcpy(r->program, what);
	}
	if (r->action == CW_ACTION_SIGNAL) {
		r->signal = given ? signal_parse(what) : 0;
		if (!r->signal) {
			snprintf(why, size, "signal needs the name of one, such as TERM");
			return -EINVAL;
		}
	}
	return 0;
}

int cw_reactions_row(struct cw_reactions *rs, __u32 rule, __u32 action, const char *what,
		     char *why, size_t size)
{
	struct cw_reaction r = { .rule = rule, .action = action, .left = CW_REACT_BURST };
	int err = row_what(&r, what, why, size);

	if (err)
		return err;
	if (rs->nr == CW_REACTIONS_MAX) {
		snprintf(why, size, "more than %d reactions", CW_REACTIONS_MAX);
		return -EINVAL;
	}
	rs->reaction[rs->nr++] = r;
	return 0;
}

int cw_reactions_add(struct cw_reactions *rs, const char *arg)
{
	const char *equals = strchr(arg, '='), *what;
	char name[16], why[CW_PROGRAM_LEN + 96], hint[96];
	int rule, action;
	size_t len;

	rule = cw_policy_rule("--on", arg, equals ? (size_t)(equals - arg) : strlen(arg));
	if (rule < 0)
		return rule;
	if (!equals)
		return cw_say(-EINVAL, "--on: '%s' names no action (RULE=ACTION)", arg);
	len = strcspn(equals + 1, ":");
	snprintf(name, sizeof(name), "%.*s", (int)len, equals + 1);
	action = cw_action_find(name);
	if (action < 0) {
		cw_nearest_hint(hint, sizeof(hint), cw_nearest(name, action_names, CW_ACTION_NR));
		return cw_say(-EINVAL, "--on: unknown action '%s'%s", name, hint);
	}
	what = equals[1 + len] ? equals + 2 + len : NULL;
	if (cw_reactions_row(rs, (__u32)rule, (__u32)action, what, why, sizeof(why)))
		return cw_say(-EINVAL, "--on: %s: %s", cw_rule_info((__u32)rule)->id, why);
	return 0;
}

bool cw_reactions_signal(const struct cw_reactions *rs)
{
	size_t i;

	for (i = 0; i < rs->nr; i++)
		if (rs->reaction[i].action == CW_ACTION_SIGNAL)
			return true;
	return false;
}
