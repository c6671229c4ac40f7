// SPDX-License-Identifier: GPL-2.0-only
/* A policy file's meaning: what its rows make of the rules, under what the command line said. */
#include "policy_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "parse.h"
#include "regular.h"
#include "rules.h"

#define SECONDS_A_DAY 86400
#define WHY_LEN 512

/* What the command line said, by rule. */
struct asked {
	__u64 required;
	__u64 waived;
	__u64 reacted;
};

void cw_finding_lower(const char *id, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && id[i]; i++)
		buf[i] = (char)tolower((unsigned char)id[i]);
	buf[i] = '\0';
}

static bool is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return !text[i];
}

/* A day that timegm() has to move is none. */
long cw_date_days(const char *text)
{
	struct tm tm = { .tm_mday = 0 }, same;
	time_t sec;

	if (!is_date(text))
		return -EINVAL;
	tm.tm_year = (int)strtol(text, NULL, 10) - 1900;
	tm.tm_mon = (int)strtol(text + 5, NULL, 10) - 1;
	tm.tm_mday = (int)strtol(text + 8, NULL, 10);
	same = tm;
	sec = timegm(&same);
	if (tm.tm_year < 70 || same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday)
		return -EINVAL;
	return (long)(sec / SECONDS_A_DAY);
}

/* ---- waivers ---- */

/* The finding of that name in a rule; CW_FIND_NONE for "", -EINVAL with why. */
static int finding_find(__u32 rule, const char *name, char *why, size_t size)
{
	const struct cw_finding_info *info;
	const char *names[CW_FIND_NR];
	char lower[CW_FIND_NR][40], hint[96];
	size_t nr = 0;
	__u32 i;

	if (!*name)
		return CW_FIND_NONE;
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		info = cw_finding_info(i);
		if (info->rule != rule)
			continue;
		cw_finding_lower(info->id, lower[nr], sizeof(lower[nr]));
		names[nr] = lower[nr];
		if (!strcmp(names[nr++], name))
			return (int)i;
	}
	snprintf(why, size, "%s has no finding '%s'%s", cw_rule_info(rule)->id, name,
		 cw_nearest_hint(hint, sizeof(hint), cw_nearest(name, names, nr)));
	return -EINVAL;
}

static int waiver_fill(struct cw_waiver *w, const struct cw_policy_waiver_row *row,
		       const struct asked *asked, char *why, size_t size)
{
	int finding = finding_find(row->rule, row->finding, why, size);
	bool whole = !row->finding[0] && !row->function[0];

	if (finding < 0)
		return finding;
	if (row->expires[0] && cw_date_days(row->expires) < 0) {
		snprintf(why, size, "'%s' is no day (such as 2026-12-31)", row->expires);
		return -EINVAL;
	}
	w->rule = row->rule;
	w->finding = (__u32)finding;
	strcpy(w->function, row->function);
	strcpy(w->reason, row->reason);
	strcpy(w->expires, row->expires);
	w->overruled = asked->waived & CW_RULE_BIT(w->rule) ||
		       (whole && asked->required & CW_RULE_BIT(w->rule));
	return 0;
}

static bool is_whole(const struct cw_waiver *w)
{
	return !w->finding && !w->function[0];
}

/* A whole rule is waived while its waiver counts, for that waiver's reason. */
static void whole_count(struct cw_policy *p, const struct cw_waiver *w)
{
	__u64 bit = CW_RULE_BIT(w->rule);

	if (!is_whole(w) || w->overruled)
		return;
	if (!w->expired) {
		p->waived |= bit;
		p->reason[w->rule] = w->reason;
	} else if (p->reason[w->rule] == w->reason) {
		p->waived &= ~bit;
		p->reason[w->rule] = NULL;
	}
}

/* A recording may have a day that is none, and says itself what became of it. */
static bool is_expired(const struct cw_waiver *w, long day)
{
	long last = cw_date_days(w->expires);

	return last < 0 ? w->expired : day > last;
}

void cw_policy_at(struct cw_policy *p, time_t now)
{
	struct cw_policy_file *file = p->file;
	long day = now / SECONDS_A_DAY;
	size_t i;

	if (!file || file->day == day)
		return;
	file->day = day;
	for (i = 0; i < file->nr_waivers; i++)
		file->waiver[i].expired = is_expired(&file->waiver[i], day);
	/* first those that have expired: another of the same rule may go on */
	for (i = 0; i < file->nr_waivers; i++)
		if (file->waiver[i].expired)
			whole_count(p, &file->waiver[i]);
	for (i = 0; i < file->nr_waivers; i++)
		if (!file->waiver[i].expired)
			whole_count(p, &file->waiver[i]);
}

static int waivers_take(struct cw_policy *p, struct cw_policy_file *file, const struct asked *asked,
			time_t now, char *why, size_t size)
{
	char what[WHY_LEN / 2];
	struct cw_waiver *w;
	__u32 i;

	file->nr_waivers = 0;
	for (i = 0; i < file->waivers_count; i++) {
		w = &file->waiver[i];
		if (waiver_fill(w, &file->waivers[i], asked, what, sizeof(what))) {
			snprintf(why, size, "waiver %u: %s", i + 1, what);
			return -EINVAL;
		}
		file->nr_waivers++;
		if (is_whole(w) && file->require.of[w->rule]) {
			snprintf(why, size, "waiver %u: rule %s is required as well", i + 1,
				 cw_rule_info(w->rule)->id);
			return -EINVAL;
		}
	}
	cw_policy_at(p, now);
	return 0;
}

const struct cw_waiver *cw_policy_waiver(const struct cw_policy *p, size_t n)
{
	size_t i;

	for (i = 0; p->file && i < p->file->nr_waivers; i++)
		if (!p->file->waiver[i].overruled && !n--)
			return &p->file->waiver[i];
	return NULL;
}

/* ---- severities ---- */

#define SEVERITY_NAME(id, name) [CW_SEVERITY_##id] = name,
static const char *const severity_names[CW_SEVERITY_NR] = { CW_SEVERITIES(SEVERITY_NAME) };

static void severity_take(struct cw_policy *p, __u32 rule, enum cw_severity severity)
{
	__u64 bit = CW_RULE_BIT(rule);

	p->as_violation |= severity == CW_SEVERITY_VIOLATION ? bit : 0;
	p->as_warning |= severity == CW_SEVERITY_WARNING ? bit : 0;
	p->off |= severity == CW_SEVERITY_OFF ? bit : 0;
}

const char *cw_policy_severity(const struct cw_policy *p, __u32 rule)
{
	__u64 bit = CW_RULE_BIT(rule);

	return severity_names[p->off & bit	    ? CW_SEVERITY_OFF :
			      p->as_warning & bit   ? CW_SEVERITY_WARNING :
			      p->as_violation & bit ? CW_SEVERITY_VIOLATION :
						      CW_SEVERITY_DEFAULT];
}

int cw_policy_severity_set(struct cw_policy *p, __u32 rule, const char *name)
{
	__u32 i;

	for (i = 0; i < CW_SEVERITY_NR; i++) {
		if (strcmp(severity_names[i], name))
			continue;
		severity_take(p, rule, (enum cw_severity)i);
		return 0;
	}
	return -EINVAL;
}

/* ---- the rest ---- */

static int rules_take(struct cw_policy *p, const struct cw_policy_file *file,
		      const struct asked *asked, char *why, size_t size)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		enum cw_severity severity = file->rules.of[i];
		__u64 bit = CW_RULE_BIT(i);

		if (severity == CW_SEVERITY_OFF && file->require.of[i]) {
			snprintf(why, size, "rule %s is off and required", cw_rule_info(i)->id);
			return -EINVAL;
		}
		if (severity != CW_SEVERITY_OFF || !(asked->required & bit))
			severity_take(p, i, severity);
		if (!file->require.of[i] || (asked->required | asked->waived) & bit)
			continue;
		p->required |= bit;
		p->min_checked[i] = file->require.of[i];
	}
	return 0;
}

static int reactions_take(struct cw_reactions *rs, const struct cw_policy_file *file,
			  const struct asked *asked, char *why, size_t size)
{
	char what[WHY_LEN / 2];
	__u32 i;

	for (i = 0; i < file->reactions_count; i++) {
		const struct cw_policy_reaction_row *row = &file->reactions[i];
		bool both = row->program[0] && row->signal[0];
		const char *with = row->program[0] ? row->program : row->signal;

		if (asked->reacted & CW_RULE_BIT(row->rule))
			continue;
		snprintf(what, sizeof(what), "a program and a signal are two reactions");
		if (both ||
		    cw_reactions_row(rs, row->rule, row->action, with, what, sizeof(what))) {
			snprintf(why, size, "reaction %u: %s", i + 1, what);
			return -EINVAL;
		}
	}
	return 0;
}

/* All bytes of a file of bounded size.  Returns how many, or -errno, with why when it was not
 * opened.
 */
static long file_read(const char *path, char *bytes, size_t size, char *why, size_t why_size)
{
	size_t len;
	FILE *f;
	int err = cw_regular_fopen(&f, path, why, why_size);

	if (err)
		return err;
	errno = 0;
	len = fread(bytes, 1, size, f);
	if (ferror(f))
		err = errno ? -errno : -EIO;
	else if (len == size)
		err = -EFBIG;
	fclose(f);
	return err ? err : (long)len;
}

static struct cw_policy_file *file_load(const char *path)
{
	char *bytes = malloc(CW_POLICY_BYTES_MAX + 1), why[WHY_LEN] = "";
	struct cw_policy_file *file = NULL;
	long len = -ENOMEM;

	if (bytes)
		len = file_read(path, bytes, CW_POLICY_BYTES_MAX + 1, why, sizeof(why));
	if (len < 0) {
		cw_say(0, "cannot read policy %s: %s", path, *why ? why : strerror((int)-len));
	} else {
		file = cw_policy_file_parse(bytes, (size_t)len, why, sizeof(why));
		if (!file)
			cw_say(0, "policy %s: %s", path, why);
	}
	free(bytes);
	return file;
}

int cw_policy_load(struct cw_policy *p, struct cw_reactions *reactions, const char *path,
		   time_t now)
{
	struct asked asked = { .required = p->required, .waived = p->waived };
	struct cw_policy_file *file = file_load(path);
	char why[WHY_LEN];
	size_t i;

	if (!file)
		return -EINVAL;
	for (i = 0; i < reactions->nr; i++)
		asked.reacted |= CW_RULE_BIT(reactions->reaction[i].rule);
	cw_policy_free(p);
	p->file = file;
	if (waivers_take(p, file, &asked, now, why, sizeof(why)) ||
	    rules_take(p, file, &asked, why, sizeof(why)) ||
	    reactions_take(reactions, file, &asked, why, sizeof(why)))
		return cw_say(-EINVAL, "policy %s: %s", path, why);
	return 0;
}

void cw_policy_free(struct cw_policy *p)
{
	free(p->file);
	p->file = NULL;
}
