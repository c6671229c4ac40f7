// SPDX-License-Identifier: GPL-2.0-only
/* The report for people: a block for each finding that needs no manual, and a
 * table at the end.
 */
#include "out_text.h"

#include <string.h>
#include <time.h>

#include "judge.h"
#include "names.h"
#include "pte.h"
#include "text.h"

#define RED	"\033[1;31m"
#define YELLOW	"\033[1;33m"
#define GREEN	"\033[32m"
#define PLAIN	"\033[0m"

#define NSEC_PER_SEC 1000000000ULL
#define ERRNO_MAX 4095

static const char *color(const struct cw_writer *w, const char *code)
{
	return w->color ? code : "";
}

/* "1.203 s", "12.5 ms", "730 us" */
static const char *duration_text(char *buf, size_t size, __u64 ns)
{
	if (ns >= NSEC_PER_SEC)
		snprintf(buf, size, "%.3f s", (double)ns / 1e9);
	else if (ns >= 1000000)
		snprintf(buf, size, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(buf, size, "%llu us", ns / 1000);
	return buf;
}

static const char *clock_text(char *buf, size_t size, __u64 wall_ns)
{
	time_t sec = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;
	char hms[16] = "";

	if (localtime_r(&sec, &tm))
		strftime(hms, sizeof(hms), "%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%06llu", hms, wall_ns % NSEC_PER_SEC / 1000);
	return buf;
}

/* ---- what is watched ---- */

static void print_armed(FILE *f, const struct cw_arming *a)
{
	__u32 i;

	fprintf(f, "armed      ");
	if (!a->armed)
		fprintf(f, " none");
	for (i = 0; i < CW_RULE_NR; i++)
		if (a->armed & CW_RULE_BIT(i))
			fprintf(f, " %s", cw_rule_info(i)->id);
	fprintf(f, " (%d of %d rules)\n", __builtin_popcountll(a->armed), CW_RULE_NR);
}

/* Rules that share a reason share a line. */
static void print_not_armed(FILE *f, const struct cw_arming *a)
{
	__u64 left = CW_RULE_ALL & ~a->armed;
	__u32 i, k;

	for (i = 0; i < CW_RULE_NR; i++) {
		if (!(left & CW_RULE_BIT(i)))
			continue;
		fprintf(f, "not armed  ");
		for (k = i; k < CW_RULE_NR; k++) {
			if (!(left & CW_RULE_BIT(k)) || strcmp(a->why_rule[i], a->why_rule[k]))
				continue;
			fprintf(f, " %s", cw_rule_info(k)->id);
			left &= ~CW_RULE_BIT(k);
		}
		fprintf(f, ": %s\n", a->why_rule[i]);
	}
}

static void print_reason(FILE *f, __u32 rule, const char *reason)
{
	fprintf(f, "waived      %s %s: ", cw_rule_info(rule)->id, cw_rule_info(rule)->name);
	cw_text_print(f, reason);
	fputc('\n', f);
}

/* "waived      T3 in set_memory_p: ticket 12 (until 2026-12-31)" */
static void print_waiver(FILE *f, const struct cw_waiver *w)
{
	char what[160];

	fprintf(f, "%-10s  ", w->expired ? "expired" : "waived");
	cw_text_print(f, cw_waiver_text(w, what, sizeof(what)));
	fprintf(f, ": ");
	cw_text_print(f, w->reason);
	if (w->expires[0])
		fprintf(f, w->expired ? " (counted until %s)" : " (until %s)", w->expires);
	fputc('\n', f);
}

/* Rules waived on the command line, then what the file waives. */
static void print_waived(FILE *f, const struct cw_policy *p)
{
	const struct cw_waiver *w;
	__u64 by_file = 0;
	__u32 i;

	for (i = 0; (w = cw_policy_waiver(p, i)); i++)
		if (p->reason[w->rule] == w->reason)
			by_file |= CW_RULE_BIT(w->rule);
	for (i = 0; i < CW_RULE_NR; i++)
		if (p->waived & ~by_file & CW_RULE_BIT(i))
			print_reason(f, i, p->reason[i]);
	for (i = 0; (w = cw_policy_waiver(p, i)); i++)
		print_waiver(f, w);
}

static void text_start(struct cw_writer *w, const struct cw_start *start)
{
	const struct cw_platform *p = start->platform;

	bool module = start->arming->source == &cw_source_module;

	fprintf(w->file, "watching    %s%s, Linux %s\n", cw_platform_watched_mode(p, module),
		module && p->module.emulate[0] ? " (emulated by cocovm)" : "", p->release);
	print_armed(w->file, start->arming);
	print_not_armed(w->file, start->arming);
	print_waived(w->file, start->policy);
	fputc('\n', w->file);
}

static void text_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	char after[40];
	__u32 i;

	fprintf(w->file, "armed      ");
	for (i = 0; i < CW_RULE_NR; i++)
		if (rules & CW_RULE_BIT(i))
			fprintf(w->file, " %s", cw_rule_info(i)->id);
	fprintf(w->file, ", %s after the start: their kernel module has come\n",
		duration_text(after, sizeof(after), ts_ns - w->start->ts_ns));
}

/* ---- one finding ---- */

static void print_heading(struct cw_writer *w, const struct cw_report *r)
{
	static const char *const words[] = { [CW_SEV_V] = "VIOLATION", [CW_SEV_W] = "WARNING",
					     [CW_SEV_O] = "OBSERVATION" };
	__u32 sev = r->sev;

	fprintf(w->file, "%s%s%s  %s %s%s\n", color(w, sev == CW_SEV_V ? RED : YELLOW), words[sev],
		color(w, PLAIN), r->rule->id, r->rule->name, r->excuse ? " (waived)" : "");
}

static void print_when(struct cw_writer *w, const struct cw_report *r)
{
	const struct cw_rec_hdr *ev = r->event;
	char when[40];

	fprintf(w->file, "  when      %s on cpu %u, task %u", clock_text(when, sizeof(when),
		ev->ts_ns + w->start->wall_offset_ns), ev->cpu, (__u32)ev->task);
	if (ev->task >> 32 != (__u32)ev->task)
		fprintf(w->file, " of process %u", (__u32)(ev->task >> 32));
	if (r->comm[0])
		fprintf(w->file, " (%s)", r->comm);
	fprintf(w->file, ", %s\n", cw_event_step(ev->type));
}

static void print_mode(FILE *f, const struct cw_ev_platform *ev, __u64 agree)
{
	const char *sep = " ";
	__u32 i;

	fprintf(f, "isolation leaf %s%s, cc_vendor %s, callbacks %s, sev_status 0x%llx, cc_mask 0x%llx, "
		"shared GPA boundary 0x%llx", cw_isolation_name(ev->isolation),
		ev->paravisor ? " with paravisor" : "", cw_vendor_name(ev->vendor),
		cw_callbacks_name(ev->callbacks), ev->sev_status, ev->cc_mask, ev->boundary);
	fprintf(f, "\n            in disagreement with the mode of the leaf:");
	for (i = 0; i < CW_MODE_SOURCE_NR; i++) {
		if (agree & (1ULL << i))
			continue;
		fprintf(f, "%s%s", sep, cw_mode_source_name(i));
		sep = ", ";
	}
}

static void print_pte_seen(struct cw_writer *w, const struct cw_detail *d)
{
	char pte[CW_PTE_TEXT_LEN];

	fprintf(w->file, "%s", cw_pte_text(pte, sizeof(pte), &w->start->fmt, d->seen,
					   w->start->include_addresses));
}

/* "-16, -EBUSY"; only the number of what is no errno, since a record may hold anything. */
static void print_errno(FILE *f, __s64 seen, __s64 want)
{
	const char *name = want < 0 && want >= -ERRNO_MAX ? strerrorname_np((int)-want) : NULL;

	fprintf(f, "%lld (expected %lld%s%s)", seen, want, name ? ", -" : "", name ? name : "");
}

static void print_values(struct cw_writer *w, const struct cw_report *r)
{
	static const char *const units[] = {
		[CW_VALUES_CPUS] = "CPUs",
		[CW_VALUES_PAGES] = "pages",
		[CW_VALUES_REPS] = "repetitions",
		[CW_VALUES_BYTES] = "bytes",
	};
	const struct cw_detail *d = r->detail;
	char seen[40], want[40];
	FILE *f = w->file;

	switch (r->finding->values) {
	case CW_VALUES_PTE:
		print_pte_seen(w, d);
		break;
	case CW_VALUES_NONE:
		break;
	case CW_VALUES_CPUS:
	case CW_VALUES_PAGES:
	case CW_VALUES_REPS:
	case CW_VALUES_BYTES:
		fprintf(f, "%llu %s (expected %llu)", d->seen, units[r->finding->values], d->want);
		break;
	case CW_VALUES_FRAME:
		fprintf(f, "frame 0x%llx (expected 0x%llx)", d->seen, d->want);
		break;
	case CW_VALUES_ERRNO:
		print_errno(f, (__s64)d->seen, (__s64)d->want);
		break;
	case CW_VALUES_TASK:
		fprintf(f, "task %u", (__u32)d->seen);
		break;
	case CW_VALUES_VISIBILITY:
		fprintf(f, "%s (expected %s)", cw_visibility_name((__u32)d->seen),
			cw_visibility_name((__u32)d->want));
		break;
	case CW_VALUES_NSEC:
		fprintf(f, "%s (limit %s)", duration_text(seen, sizeof(seen), d->seen),
			duration_text(want, sizeof(want), d->want));
		break;
	case CW_VALUES_TRAP:
		fprintf(f, "%s (%llu)", cw_trap_name((__u32)d->seen), d->seen);
		break;
	case CW_VALUES_MASK:
		if (d->finding == CW_FIND_MODE_MIXED)
			print_mode(f, (const struct cw_ev_platform *)r->event, d->seen);
		else
			fprintf(f, "0x%llx (expected 0x%llx)", d->seen, d->want);
		break;
	}
}

static void print_seen(struct cw_writer *w, const struct cw_report *r)
{
	const struct cw_detail *d = r->detail;
	FILE *f = w->file;

	if (!r->before || strcmp(r->before->finding->expected, r->finding->expected) != 0)
		fprintf(f, "  expected  %s\n", r->finding->expected);
	fprintf(f, "  seen      %s\n", r->finding->seen);
	if (r->finding->values == CW_VALUES_NONE)
		return;
	fprintf(f, "            ");
	if (d->index != CW_NO_INDEX)
		fprintf(f, "page %u of the range, ", d->index);
	if (d->index != CW_NO_INDEX || r->finding->values == CW_VALUES_PTE) {
		if (d->gfn != ~0ULL)
			fprintf(f, "frame 0x%llx: ", d->gfn);
	}
	print_values(w, r);
	fputc('\n', f);
}

static void print_past(FILE *f, const struct cw_report *r)
{
	const struct cw_past *p = r->past;
	char ago[40];
	__u64 age;

	if (!p)
		return;
	age = r->event->ts_ns > p->ts_ns ? r->event->ts_ns - p->ts_ns : 0;
	fprintf(f, "  previous  %s%s%s %s before by task %u%s%s%s on cpu %u (",
		cw_past_is_certain(p, r->detail->gfn) ? "" : "around this frame, ",
		p->ret ? "failed to become " : "made ", p->to_shared ? "shared" : "private",
		duration_text(ago, sizeof(ago), age), (__u32)p->task, p->comm[0] ? " (" : "",
		p->comm, p->comm[0] ? ")" : "", p->cpu);
	cw_text_frames(f, p->nr_pages, p->gfn_min, p->gfn_max, p->contiguous);
	fprintf(f, ")\n");
}

static void print_stack(struct cw_writer *w, const struct cw_report *r)
{
	const char *trouble = r->nr_stack ? cw_symbols_trouble(w->start->symbols) : NULL;
	char text[CW_SYMBOL_LEN];
	__u32 i;

	if (trouble) {
		fprintf(w->file, "  stack     %u frames without names: %s\n", r->nr_stack, trouble);
		return;
	}
	for (i = 0; i < r->nr_stack; i++) {
		fprintf(w->file, "  %-9s %s", i ? "" : "stack",
			cw_symbol_text(w->start->symbols, r->stack[i], text, sizeof(text)));
		if (w->start->include_addresses)
			fprintf(w->file, " (%llx)", r->stack[i]);
		fputc('\n', w->file);
	}
}

/* Findings of one rule in one event make one block. */
static void text_report(struct cw_writer *w, const struct cw_report *r)
{
	if (!r->before) {
		print_heading(w, r);
		print_when(w, r);
		cw_text_event(w, r);
	}
	print_seen(w, r);
	if (r->more)
		return;
	print_past(w->file, r);
	print_stack(w, r);
	if (r->nr_untold)
		fprintf(w->file, "  and       %u more findings in the same step, counted but not shown\n",
			r->nr_untold);
	if (r->last_of_group)
		fprintf(w->file, "  from now  the same at the same place is counted but not shown\n");
	fputc('\n', w->file);
}

/* ---- the end ---- */

/* "; 2 warnings", without the "; " in front of the first. */
static void print_part(FILE *f, const char **sep, __u64 n, const char *what)
{
	if (!n)
		return;
	fprintf(f, "%s%llu %s%s", *sep, n, what, n == 1 ? "" : "s");
	*sep = "; ";
}

/* Why it is not held, what else was found, why it is waived; or nothing. */
static void print_note(FILE *f, const struct cw_start *start, const struct cw_finish *fin,
		       __u32 rule)
{
	const struct cw_count *c = &fin->totals->rule[rule];
	const char *sep = "  ";

	if (fin->verdict->note[rule][0]) {
		fprintf(f, "%s%s", sep, fin->verdict->note[rule]);
		sep = "; ";
	}
	print_part(f, &sep, c->warned, "warning");
	print_part(f, &sep, c->observed, "observation");
	if (c->checked && c->no_evidence) {
		fprintf(f, "%s%llu without evidence", sep, c->no_evidence);
		sep = "; ";
	}
	if (start->policy->waived & CW_RULE_BIT(rule)) {
		fprintf(f, "%swaived: ", sep);
		cw_text_print(f, start->policy->reason[rule]);
	} else if (fin->verdict->excuse[rule][0]) {
		fputs(sep, f);
		cw_text_print(f, fin->verdict->excuse[rule]);
	}
	fputc('\n', f);
}

static const char *outcome_color(enum cw_outcome outcome)
{
	switch (outcome) {
	case CW_OUTCOME_HELD: return GREEN;
	case CW_OUTCOME_VIOLATED: return RED;
	case CW_OUTCOME_UNKNOWN: return YELLOW;
	default: return PLAIN;
	}
}

static void print_rules(struct cw_writer *w, const struct cw_finish *f)
{
	__u32 i;

	fprintf(w->file, "%-4s  %-26s  %-13s  %9s  %9s  %s\n", "rule", "name", "outcome", "checked",
		"violated", "note");
	for (i = 0; i < CW_RULE_NR; i++) {
		enum cw_outcome outcome = f->verdict->outcome[i];

		if (outcome == CW_OUTCOME_NOT_ARMED)
			continue;
		fprintf(w->file, "%-4s  %-26s  %s%-13s%s  %9llu  %9llu", cw_rule_info(i)->id,
			cw_rule_info(i)->name, color(w, outcome_color(outcome)),
			cw_outcome_name(outcome), color(w, PLAIN), f->totals->rule[i].checked,
			f->totals->rule[i].violated);
		print_note(w->file, w->start, f, i);
	}
	print_not_armed(w->file, w->start->arming);
}

/* Findings that were counted and not shown, so that nobody takes the blocks above for all. */
static void print_untold(FILE *f, const struct cw_finish *fin)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_count *c = &fin->totals->rule[i];
		__u64 found = c->violated + c->warned + c->observed;
		const char *id = cw_rule_info(i)->id;

		if (fin->told->grouped[i])
			fprintf(f, "%s: %llu more like those above, counted but not shown\n", id,
				fin->told->grouped[i]);
		if (found > fin->told->reported[i])
			fprintf(f, "%s: %llu more, counted but not shown: the records were lost\n", id,
				found - fin->told->reported[i]);
	}
}

static void print_losses(FILE *f, const struct cw_totals *t)
{
	__u32 event, loss, i;

	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (t->loss[event][loss])
				fprintf(f, "lost: %llu %s (%s)\n", t->loss[event][loss], cw_loss_text(loss),
					cw_event_name(event));
	if (t->malformed)
		fprintf(f, "lost: %llu malformed records\n", t->malformed);
	if (t->unknown)
		fprintf(f, "skipped: %llu records of unknown types\n", t->unknown);
	if (t->unreadable)
		fprintf(f, "lost: %llu counters that could not be read\n", t->unreadable);
	for (i = 0; i < CW_STAT_NR; i++)
		if (t->stat[i])
			fprintf(f, "%s: %llu\n", cw_stat_text(i), t->stat[i]);
}

static void print_reactions(FILE *f, const struct cw_reactions *rs)
{
	char what[CW_PROGRAM_LEN + 16];
	size_t i;

	for (i = 0; rs && i < rs->nr; i++) {
		const struct cw_reaction *r = &rs->reaction[i];

		if (r->action == CW_ACTION_REPORT)
			continue;
		fprintf(f, "reaction    %s ", cw_rule_info(r->rule)->id);
		cw_text_print(f, cw_reaction_text(r, what, sizeof(what)));
		fprintf(f, ": %llu done", r->done);
		if (r->limited)
			fprintf(f, ", %llu beyond the limit", r->limited);
		if (r->failed)
			fprintf(f, ", %llu failed", r->failed);
		fputc('\n', f);
	}
}

static void text_finish(struct cw_writer *w, const struct cw_finish *f)
{
	const struct cw_verdict *v = f->verdict;
	char duration[40];

	print_rules(w, f);
	fputc('\n', w->file);
	print_untold(w->file, f);
	print_losses(w->file, f->totals);
	if (f->ending->has_command)
		fprintf(w->file, "the command ended with status %d\n", f->ending->command_status);
	print_reactions(w->file, f->reactions);
	print_waived(w->file, w->start->policy);
	fprintf(w->file, "%s%s%s: %s (after %s)\n",
		color(w, v->exit == CW_EXIT_HELD       ? GREEN
			 : v->exit == CW_EXIT_VIOLATED ? RED
						       : YELLOW),
		cw_exit_name(v->exit), color(w, PLAIN), v->why,
		duration_text(duration, sizeof(duration), f->duration_ns));
}

const struct cw_writer_ops cw_out_text = {
	.name = "text",
	.help = "for people, as it happens",
	.start = text_start,
	.armed = text_armed,
	.report = text_report,
	.finish = text_finish,
};
