// SPDX-License-Identifier: GPL-2.0-only
/* The map for people: a table of owners, on request each range, and what the rules say. */
#include "map_print.h"

#include <string.h>
#include <time.h>

#include "devices.h"
#include "judge.h"
#include "names.h"
#include "rules.h"

static void print_size(FILE *f, const char *what, __u64 nr_pages, const char *more)
{
	fprintf(f, "%-26s  %9llu  %9llu%s\n", what, nr_pages, nr_pages * 4, more);
}

static void print_machine(FILE *f, const struct map *m)
{
	const struct cw_mode_state *mode = &m->a.mode;
	const struct cw_inv_count *c = &m->a.shared.count;

	fprintf(f, "machine     %s, Linux %s\n", cw_mode_text(mode->mode), m->platform.release);
	if (mode->no_bit)
		fprintf(f, "shared      is a second mapping at 0x%llx and above\n", mode->shared_mask);
	else
		fprintf(f, "shared      is an entry with bit %d %s\n",
			__builtin_ctzll(mode->shared_mask), mode->set_is_private ? "clear" : "set");
	fprintf(f, "walked      %llu pages in %llu tables, %llu ms", c->pages, c->tables,
		m->a.shared.took_ns / 1000000);
	if (c->changed)
		fprintf(f, "; %llu tables were read again, since they changed", c->changed);
	fputc('\n', f);
}

static void print_owners(FILE *f, const struct map *m)
{
	__u32 i;

	fprintf(f, "\n%-26s  %9s  %9s  %6s  %s\n", "owner", "pages", "KiB", "ranges", "in this mode");
	for (i = 1; i <= CW_OWNER_NR; i++) {
		__u32 owner = i % CW_OWNER_NR;	/* the unknown ones last */
		const struct map_owner *o = &m->owner[owner];
		char more[64];

		if (!o->nr_ranges)
			continue;
		if (o->forbidden)
			snprintf(more, sizeof(more), "  %6llu  must be private (frame 0x%llx)",
				 o->nr_ranges, o->first);
		else
			snprintf(more, sizeof(more), "  %6llu  %s", o->nr_ranges,
				 owner		 ? "may be shared" :
				 o->unconfirmed == o->nr_ranges ? "came or went meanwhile" :
						   "nobody is known to own it");
		print_size(f, cw_owner_name(owner), o->nr_pages, more);
	}
	print_size(f, "memory shared", m->a.owned.nr_pages, "");
	if (m->a.owned.nr_supplied)
		print_size(f, "supplied by the paravisor", m->a.owned.nr_supplied, "");
	if (m->a.owned.nr_device)
		print_size(f, "device memory", m->a.owned.nr_device, "");
}

static void print_channel(FILE *f, __u32 relid)
{
	char device[128];

	if (!relid)
		return;
	fprintf(f, ", channel %u", relid);
	if (cw_device_of_channel("", relid, device, sizeof(device)))
		fprintf(f, " (%s)", device);
}

static void print_ranges(FILE *f, const struct map *m)
{
	size_t i;

	fprintf(f, "\n%-26s  %9s  %s\n", "owner", "pages", "frames");
	for (i = 0; i < m->a.owned.nr; i++) {
		const struct cw_ev_owner *ev = &m->a.owned.ev[i];

		fprintf(f, "%-26s  %9u  0x%llx", cw_owner_name(ev->owner), ev->nr_pages, ev->gfn);
		if (ev->nr_pages > 1)
			fprintf(f, " to 0x%llx", ev->gfn + ev->nr_pages - 1);
		print_channel(f, ev->relid);
		if (ev->owner_cpu != CW_NO_INDEX)
			fprintf(f, ", cpu %u", ev->owner_cpu);
		if (ev->flags & CW_OWNER_UNCONFIRMED)
			fprintf(f, ", come or gone meanwhile");
		if (ev->flags & CW_OWNER_SUPPLIED)
			fprintf(f, ", supplied by the paravisor");
		if (ev->flags & CW_OWNER_UNMAPPED)
			fprintf(f, ", in no shared mapping");
		else if ((ev->flags & CW_OWNER_NO_DIRECT) && !m->a.mode.no_bit &&
			 !(ev->flags & CW_OWNER_SUPPLIED))
			fprintf(f, ", not in the direct map");
		if (m->addresses && ev->vaddr)
			fprintf(f, ", at 0x%llx", ev->vaddr);
		fputc('\n', f);
	}
}

static void print_left(FILE *f, const struct map *m)
{
	__u32 i;

	if (m->kexec_failed) {
		fprintf(f, "\nat kexec    not known: the kernel's list of shared pages could not be read\n");
		return;
	}
	fprintf(f, "\nat kexec    %llu pages would stay shared", m->nr_left);
	if (m->a.mode.kexec_undoes)
		fprintf(f, " (%s makes the others private)\n", cw_callbacks_name(m->a.mode.kexec_by));
	else
		fprintf(f, " (this kernel makes none private)\n");
	for (i = 0; i < CW_OWNER_NR; i++)
		if (m->left[i])
			print_size(f, cw_owner_name(i), m->left[i], "");
}

bool map_is_whole(const struct map *m)
{
	return !m->a.shared.count.failed && !m->a.claims_failed;
}

static void print_rule(FILE *f, enum cw_rule rule, const char *outcome, const char *note)
{
	const struct cw_rule_info *r = cw_rule_info(rule);

	fprintf(f, "%-4s  %-26s  %s%s\n", r->id, r->name, outcome, note);
}

static const char *outcome_of(bool violated, bool known)
{
	if (violated)
		return "violated";
	return known ? "held" : "unknown";
}

static void print_rules(FILE *f, const struct map *m)
{
	char note[64] = "";

	fputc('\n', f);
	if (m->warned)
		snprintf(note, sizeof(note), "  %u ranges without a known owner", m->warned);
	print_rule(f, CW_RULE_S4, outcome_of(m->violated, map_is_whole(m)), note);
	print_rule(f, CW_RULE_P1, outcome_of(m->out_mode.violated & CW_RULE_BIT(CW_RULE_P1), true), "");
	if (m->out_mode.checked & CW_RULE_BIT(CW_RULE_P2))
		print_rule(f, CW_RULE_P2,
			   outcome_of(m->out_mode.violated & CW_RULE_BIT(CW_RULE_P2), true), "");
	if (m->kexec && !m->kexec_failed)
		print_rule(f, CW_RULE_T9, outcome_of(m->nr_left, map_is_whole(m)), "");
	if (m->a.shared.count.failed)
		fprintf(f, "lost: %llu page tables that could not be read\n", m->a.shared.count.failed);
	if (m->a.claims_failed)
		fprintf(f, "lost: %u structures of the kernel that could not be read\n",
			m->a.claims_failed);
}

void map_text_print(FILE *f, const struct map *m)
{
	print_machine(f, m);
	print_owners(f, m);
	if (m->ranges)
		print_ranges(f, m);
	if (m->kexec)
		print_left(f, m);
	print_rules(f, m);
}

/* ---- two snapshots ---- */

/* "2026-11-22 08:30:03 UTC"; returns buf. */
static const char *when_text(const struct cw_snapshot *s, char *buf, size_t size)
{
	time_t seconds = (time_t)(s->wall_ns / 1000000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(buf, size, "?");
	return buf;
}

static void print_when(FILE *f, const char *what, const struct cw_snapshot *s)
{
	char when[40];

	fprintf(f, "%-10s  %s, %s, Linux %s\n", what, when_text(s, when, sizeof(when)), s->mode,
		s->kernel);
}

static void print_change(FILE *f, const struct cw_diff_range *r)
{
	const struct cw_snap_range *now = r->after ? r->after : r->before;

	fprintf(f, "%-8s  %-26s  %9llu  0x%llx", cw_change_name(r->change),
		cw_owner_name(now->owner), r->nr_pages, r->gfn);
	if (r->nr_pages > 1)
		fprintf(f, " to 0x%llx", r->gfn + r->nr_pages - 1);
	if (now->relid)
		fprintf(f, ", channel %u", now->relid);
	if (now->cpu != CW_NO_INDEX)
		fprintf(f, ", cpu %u", now->cpu);
	if (r->change == CW_CHANGE_OWNER)
		fprintf(f, ", was %s", cw_owner_name(r->before->owner));
	if (r->after && r->after->allowed == CW_ALLOWED_NO)
		fprintf(f, ", must be private");
	fputc('\n', f);
}

/* What can be said of ages: a page that is in both may have been private in between. */
static void print_ages(FILE *f, const struct map_diff *d)
{
	const __u64 *nr = d->diff.nr_pages;
	char old[40], now[40];

	when_text(&d->old, old, sizeof(old));
	when_text(&d->now, now, sizeof(now));
	fprintf(f, "\n%-10s  %llu pages since before %s (kept, changed)\n", "shared",
		nr[CW_CHANGE_KEPT] + nr[CW_CHANGE_OWNER], old);
	fprintf(f, "%-10s  %llu pages since between %s and %s (added)\n", "", nr[CW_CHANGE_ADDED], old,
		now);
}

static void print_sums(FILE *f, const struct cw_diff *d)
{
	__u32 i;

	fprintf(f, "\n%-26s  %9s  %9s  %9s\n", "owner", "before", "after", "pages");
	for (i = 1; i <= CW_OWNER_NR; i++) {
		__u32 owner = i % CW_OWNER_NR;	/* the unknown ones last */

		if (d->before[owner] || d->after[owner])
			fprintf(f, "%-26s  %9llu  %9llu  %+9lld\n", cw_owner_name(owner),
				d->before[owner], d->after[owner],
				(long long)(d->after[owner] - d->before[owner]));
	}
}

void map_diff_text(FILE *f, const struct map_diff *d)
{
	size_t i, nr_shown = 0;

	print_when(f, "before", &d->old);
	print_when(f, "after", &d->now);
	if (strcmp(d->old.mode, d->now.mode) || strcmp(d->old.kernel, d->now.kernel))
		fprintf(f, "These are not of one machine, or not of one boot.\n");
	print_ages(f, d);
	for (i = 0; i < d->diff.nr; i++) {
		if (d->diff.range[i].change == CW_CHANGE_KEPT && !d->ranges)
			continue;
		if (!nr_shown++)
			fprintf(f, "\n%-8s  %-26s  %9s  %s\n", "", "owner", "pages", "frames");
		print_change(f, &d->diff.range[i]);
	}
	print_sums(f, &d->diff);
	fprintf(f, "\n%llu pages added, %llu gone, %llu of another owner\n",
		d->diff.nr_pages[CW_CHANGE_ADDED], d->diff.nr_pages[CW_CHANGE_GONE],
		d->diff.nr_pages[CW_CHANGE_OWNER]);
}
