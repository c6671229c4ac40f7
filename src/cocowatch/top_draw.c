// SPDX-License-Identifier: GPL-2.0-only
/* Drawing a session: title, rates, owners beside the times of transitions, rules, findings. */
#include "top_draw.h"

#include <stdarg.h>
#include <string.h>

#include "names.h"
#include "rules.h"

#define RULE_COLS 20		/* of one rule */
#define LATENCY_COLS 33		/* of the histogram, on the right */
#define BAR_COLS 14
#define PARTS_MIN 8		/* rows of the tables in the middle, with their heads */

/* ---- the grid ---- */

static void grid_clear(struct top_grid *g, int rows, int cols)
{
	g->rows = rows < TOP_ROWS_MAX ? rows : TOP_ROWS_MAX;
	g->cols = cols < TOP_COLS_MAX ? cols : TOP_COLS_MAX;
	memset(g->text, ' ', sizeof(g->text));
	memset(g->look, TOP_PLAIN, sizeof(g->look));
}

static void put(struct top_grid *g, int row, int col, enum top_look look, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Writes at a place; what does not fit is cut off. */
static void put(struct top_grid *g, int row, int col, enum top_look look, const char *fmt, ...)
{
	char text[TOP_COLS_MAX];
	va_list ap;
	int i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; text[i] && row < g->rows && col + i < g->cols; i++) {
		g->text[row][col + i] = text[i];
		g->look[row][col + i] = (__u8)look;
	}
}

void top_print(FILE *f, const struct top_grid *g)
{
	int row, len;

	for (row = 0; row < g->rows; row++) {
		for (len = g->cols; len && g->text[row][len - 1] == ' '; len--)
			;
		fprintf(f, "%.*s\n", len, g->text[row]);
	}
}

/* ---- numbers in few characters ---- */

/* At most six: "123456", "12.3M". */
static const char *short_count(__u64 n, char *buf, size_t size)
{
	static const char unit[] = "kMGTPE";
	double v = (double)n;
	int i = -1;

	if (n < 1000000) {
		snprintf(buf, size, "%llu", n);
		return buf;
	}
	for (; v >= 1000 && unit[i + 1]; i++)
		v /= 1000;
	snprintf(buf, size, v < 100 ? "%.1f%c" : "%.0f%c", v, unit[i]);
	return buf;
}

/* "812ns", "64us", "1.5s" */
static const char *short_time(__u64 ns, char *buf, size_t size)
{
	static const char *const unit[] = { "ns", "us", "ms", "s" };
	double v = (double)ns;
	int i = 0;

	for (; v >= 1000 && i < 3; i++)
		v /= 1000;
	snprintf(buf, size, v < 10 && v != (double)(int)v ? "%.1f%s" : "%.0f%s", v, unit[i]);
	return buf;
}

/* "3s", "12m", "5h", "9d" */
static const char *short_age(__u64 ns, char *buf, size_t size)
{
	__u64 s = ns / 1000000000;

	if (s < 120)
		snprintf(buf, size, "%llus", s);
	else if (s < 7200)
		snprintf(buf, size, "%llum", s / 60);
	else if (s < 48 * 3600)
		snprintf(buf, size, "%lluh", s / 3600);
	else
		snprintf(buf, size, "%llud", s / 86400);
	return buf;
}

/* Since when something has been shared, as an age. */
static const char *age_text(const struct cw_live *l, __u64 since_ns, char *buf, size_t size)
{
	if (!since_ns)
		return "before";	/* anybody looked */
	return short_age(l->now.ts_ns > since_ns ? l->now.ts_ns - since_ns : 0, buf, size);
}

/* ---- the top rows ---- */

static void title_draw(struct top_grid *g, const struct cw_live *l, const struct top_head *h)
{
	__u64 s = (l->now.ts_ns - h->start_ns) / 1000000000;

	put(g, 0, 0, TOP_HEAD, "cocowatch top  %02llu:%02llu:%02llu  %s, %s, Linux %s",
	    s / 3600, s / 60 % 60, s % 60, h->mode, h->source, h->kernel);
}

static void rates_draw(struct top_grid *g, const struct cw_live *l, const struct top_head *h)
{
	const struct cw_sample *a = &l->before, *b = &l->now;
	double shared = cw_live_rate(l, a->nr_transitions[1], b->nr_transitions[1]);
	double private = cw_live_rate(l, a->nr_transitions[0], b->nr_transitions[0]);

	put(g, 1, 0, TOP_PLAIN, "transitions %9.1f/s  (%.1f shared, %.1f private), %llu of %llu failed",
	    shared + private, shared, private, b->nr_failed,
	    b->nr_transitions[0] + b->nr_transitions[1]);
	if (!h->packets) {
		put(g, 2, 0, TOP_PLAIN, "packets     not watched (the rules that see them are not armed)");
		return;
	}
	put(g, 2, 0, TOP_PLAIN, "packets     %9.1f/s out, %.1f/s in",
	    cw_live_rate(l, cw_packets_out(&a->totals), cw_packets_out(&b->totals)),
	    cw_live_rate(l, cw_packets_in(&a->totals), cw_packets_in(&b->totals)));
}

/* The kind of loss that there is most of. */
static const char *loss_worst(const struct cw_totals *t)
{
	__u64 most = t->malformed + t->unreadable;
	const char *text = "records or counters that could not be read";
	__u32 event, loss;

	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (t->loss[event][loss] > most) {
				most = t->loss[event][loss];
				text = cw_loss_text(loss);
			}
	return text;
}

static void losses_draw(struct top_grid *g, const struct cw_live *l)
{
	__u64 lost = cw_losses_sum(&l->now.totals);

	if (!lost)
		put(g, 3, 0, TOP_PLAIN, "lost        nothing");
	else
		put(g, 3, 0, TOP_ALERT, "LOST        %llu: %s", lost, loss_worst(&l->now.totals));
}

static void cost_draw(struct top_grid *g, const struct cw_live *l)
{
	const struct cw_cost *a = &l->before.cost, *b = &l->now.cost;
	double runs = cw_live_rate(l, a->bpf_runs, b->bpf_runs);
	double bpf = cw_live_rate(l, a->bpf_ns, b->bpf_ns);
	char each[24], text[80] = "BPF not timed (needs CAP_SYS_ADMIN)";

	if (b->bpf_known)
		snprintf(text, sizeof(text), "BPF %.2f%% of a CPU, %.0f runs/s, %s each", bpf / 1e7,
			 runs, short_time(runs > 0 ? (__u64)(bpf / runs) : 0, each, sizeof(each)));
	put(g, 4, 0, TOP_PLAIN, "cost        CPU %.1f%%, memory %.1f MiB; %s",
	    cw_live_rate(l, a->cpu_ns, b->cpu_ns) / 1e7, (double)b->rss_kib / 1024, text);
}

/* ---- owners ---- */

static void owner_label(const struct cw_live_owner *o, char *buf, size_t size)
{
	if (o->owner == CW_OWNER_UNKNOWN && o->comm[0])
		snprintf(buf, size, "unknown, by %s", o->comm);
	else
		snprintf(buf, size, "%s", cw_owner_name(o->owner));
}

static void owner_draw(struct top_grid *g, int row, const struct cw_live *l,
		       const struct cw_live_owner *o)
{
	char label[64], age[24];

	owner_label(o, label, sizeof(label));
	put(g, row, 0, TOP_PLAIN, "%-24.24s %8llu %5llu %6s", label, o->nr_pages, o->nr_ranges,
	    age_text(l, o->newest_ns, age, sizeof(age)));
}

/* What has no row of its own is summed up in the last. */
static void owners_draw(struct top_grid *g, int row, int rows, const struct cw_live *l)
{
	struct cw_live_owner owner[CW_LIVE_OWNERS];
	size_t nr = cw_live_owners(l, owner), shown = (size_t)rows - 2, i;
	char label[40];
	__u64 rest = 0;

	put(g, row, 0, TOP_HEAD, "%-24s %8s %5s %6s", "owner of shared pages", "pages", "parts", "newest");
	if (nr > shown)
		shown--;
	for (i = 0; i < nr && i < shown; i++)
		owner_draw(g, row + 1 + (int)i, l, &owner[i]);
	for (; i < nr; i++)
		rest += owner[i].nr_pages;
	if (rest)
		put(g, row + 1 + (int)shown, 0, TOP_PLAIN, "%-24s %8llu", "others", rest);
	snprintf(label, sizeof(label), "all, %s%llu MiB",
		 l->nr_scattered || l->spans.nr_unseen ? "about " : "", l->spans.nr_pages / 256);
	put(g, row + rows - 1, 0, TOP_PLAIN, "%-24s %8llu %5zu", label, l->spans.nr_pages, l->spans.nr);
}

/* ---- how long transitions took ---- */

struct bars {
	__u32 first, last;	/* buckets that are shown */
	__u32 step;		/* buckets in one bar */
};

static struct bars bars_choose(const struct cw_latency *l, __u32 rows)
{
	struct bars b = { 0, 0, 1 };

	while (b.first + 1 < CW_LATENCY_NR && !l->count[b.first])
		b.first++;
	for (b.last = CW_LATENCY_NR - 1; b.last > b.first && !l->count[b.last]; b.last--)
		;
	while (b.last - b.first + 1 > rows * b.step)
		b.step++;
	return b;
}

static __u64 bar_count(const struct cw_latency *l, const struct bars *b, __u32 from)
{
	__u64 n = 0;
	__u32 i;

	for (i = from; i < from + b->step && i < CW_LATENCY_NR; i++)
		n += l->count[i];
	return n;
}

static __u64 bar_limit(const struct bars *b, __u32 from)
{
	__u32 last = from + b->step - 1;

	return cw_latency_limit(last < CW_LATENCY_NR ? last : CW_LATENCY_NR - 1);
}

static void bar_draw(struct top_grid *g, int row, int col, __u64 limit, __u64 n, __u64 most)
{
	static const char hashes[] = "##############";
	char time[24] = "more", count[24];
	int len = (int)(n * BAR_COLS / most);

	if (limit != ~0ULL)
		short_time(limit, time, sizeof(time));
	if (n && !len)
		len = 1;
	put(g, row, col, TOP_PLAIN, "%s%6s %-*.*s %7s", limit == ~0ULL ? " " : "<", time, BAR_COLS, len,
	    hashes, short_count(n, count, sizeof(count)));
}

static void latency_draw(struct top_grid *g, int row, int rows, const struct cw_live *live)
{
	const struct cw_latency *l = &live->latency;
	struct bars b = bars_choose(l, (__u32)rows - 2);
	int col = g->cols - LATENCY_COLS;
	char half[24], most_of[24], max[24];
	__u64 most = 1;
	__u32 i;

	put(g, row, col, TOP_HEAD, "%-*s", LATENCY_COLS, "transitions took");
	if (!l->nr) {
		put(g, row + 1, col, TOP_PLAIN, "none so far");
		return;
	}
	for (i = b.first; i <= b.last; i += b.step)
		most = bar_count(l, &b, i) > most ? bar_count(l, &b, i) : most;
	for (i = b.first; i <= b.last; i += b.step)
		bar_draw(g, row + 1 + (int)((i - b.first) / b.step), col, bar_limit(&b, i),
			 bar_count(l, &b, i), most);
	put(g, row + rows - 1, col, TOP_PLAIN, "50%% <%s, 99%% <%s, max %s",
	    short_time(cw_latency_below(l, 500), half, sizeof(half)),
	    short_time(cw_latency_below(l, 990), most_of, sizeof(most_of)),
	    short_time(l->max_ns, max, sizeof(max)));
}

/* ---- rules ---- */

static const char *outcome_word(enum cw_outcome outcome)
{
	static const char *const words[] = {
		[CW_OUTCOME_HELD] = "held",
		[CW_OUTCOME_VIOLATED] = "VIOLATED",
		[CW_OUTCOME_NOT_EXERCISED] = "idle",
		[CW_OUTCOME_NOT_ARMED] = "-",
		[CW_OUTCOME_UNKNOWN] = "unknown",
	};

	return words[outcome];
}

static void rule_draw(struct top_grid *g, int row, int col, const struct cw_sample *s, __u32 rule)
{
	const struct cw_count *c = &s->totals.rule[rule];
	bool violated = s->outcome[rule] == CW_OUTCOME_VIOLATED;
	const char *word = outcome_word(s->outcome[rule]);
	__u64 n = violated ? c->violated : c->checked;
	char count[24];

	/* a warning leaves the rule held, and is worth a mark */
	put(g, row, col, violated ? TOP_ALERT : TOP_PLAIN, "%-3s%c%-8s%6s", cw_rule_info(rule)->id,
	    c->warned ? '!' : ' ', word,
	    s->outcome[rule] == CW_OUTCOME_NOT_ARMED ? "" : short_count(n, count, sizeof(count)));
}

static int rules_rows(int cols)
{
	int per_row = cols / RULE_COLS;

	return (CW_RULE_NR + per_row - 1) / per_row;
}

static void rules_draw(struct top_grid *g, int row, const struct cw_live *l)
{
	int rows = rules_rows(g->cols);
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		rule_draw(g, row + (int)i % rows, (int)i / rows * RULE_COLS, &l->now, i);
}

/* ---- findings ---- */

static void finding_draw(struct top_grid *g, int row, const struct cw_live *l,
			 const struct cw_live_finding *f)
{
	char age[24], frame[32] = "";

	if (f->gfn != ~0ULL)
		snprintf(frame, sizeof(frame), " frame 0x%llx", f->gfn);
	put(g, row, 0, f->sev == CW_SEV_V ? TOP_ALERT : TOP_PLAIN, "%4s ago  %s %s%s, %s: %s",
	    short_age(l->now.ts_ns > f->ts_ns ? l->now.ts_ns - f->ts_ns : 0, age, sizeof(age)),
	    cw_sev_name(f->sev), cw_rule_info(f->rule)->id, frame, f->comm[0] ? f->comm : "?", f->seen);
}

/* The last ones, the newest first. */
static void findings_draw(struct top_grid *g, int row, int rows, const struct cw_live *l)
{
	__u64 i, nr = l->nr_findings < CW_LIVE_FINDINGS ? l->nr_findings : CW_LIVE_FINDINGS;

	if (!nr)
		put(g, row, 0, TOP_PLAIN, "nothing found");
	for (i = 0; i < nr && (int)i < rows; i++)
		finding_draw(g, row + (int)i, l,
			     &l->finding[(l->nr_findings - 1 - i) % CW_LIVE_FINDINGS]);
}

/* ---- every range ---- */

static void range_draw(struct top_grid *g, int row, const struct cw_live *l,
		       const struct cw_span *span)
{
	char age[24], channel[24] = "";

	if (span->relid)
		snprintf(channel, sizeof(channel), "channel %u", span->relid);
	put(g, row, 0, TOP_PLAIN, "%-22.22s %8llu  0x%-10llx %6s  %-15s %s", cw_owner_name(span->owner),
	    span->nr_pages, span->gfn, age_text(l, span->since_ns, age, sizeof(age)),
	    span->comm[0] ? span->comm : "-", channel);
}

static void ranges_draw(struct top_grid *g, int row, int rows, const struct cw_live *l,
			size_t first)
{
	size_t i;

	put(g, row, 0, TOP_HEAD, "%-22s %8s  %-12s %6s  %-15s %s", "owner", "pages", "first frame",
	    "age", "shared by", "");
	for (i = 0; i + 1 < (size_t)rows && first + i < l->spans.nr; i++)
		range_draw(g, row + 1 + (int)i, l, &l->spans.span[first + i]);
}

/* ---- all of it ---- */

#define TITLE_ROWS 6	/* and one empty */

static void overview_draw(struct top_grid *g, const struct cw_live *l)
{
	int rules = rules_rows(g->cols), left = g->rows - TITLE_ROWS - rules - 3;
	int parts = left > PARTS_MIN + 4 ? PARTS_MIN + (left - PARTS_MIN) / 2 : left;

	if (parts > CW_LATENCY_NR + 2)
		parts = CW_LATENCY_NR + 2;
	owners_draw(g, TITLE_ROWS, parts, l);
	latency_draw(g, TITLE_ROWS, parts, l);
	put(g, TITLE_ROWS + parts, 0, TOP_HEAD, "rules: outcome, and how often judged or violated%*s",
	    g->cols - 48, "! warned  - not armed");
	rules_draw(g, TITLE_ROWS + parts + 1, l);
	findings_draw(g, TITLE_ROWS + parts + 1 + rules,
		      g->rows - TITLE_ROWS - parts - 2 - rules, l);
}

static void keys_draw(struct top_grid *g, const struct top_head *h)
{
	if (h->keys)
		put(g, g->rows - 1, 0, TOP_HEAD, "q quit  r %s%*s", h->ranges ? "sums  " : "ranges",
		    g->cols - 16, h->ranges ? "arrows, PgUp, PgDn move" : "");
}

int top_rows_wanted(const struct cw_live *live, const struct top_head *head)
{
	if (head->ranges)
		return TITLE_ROWS + 2 + (int)(live->spans.nr < 200 ? live->spans.nr : 200);
	return 40;
}

void top_draw(struct top_grid *g, int rows, int cols, const struct cw_live *live,
	      const struct top_head *head)
{
	grid_clear(g, rows, cols);
	if (rows < TOP_ROWS_MIN || cols < TOP_COLS_MIN) {
		put(g, 0, 0, TOP_ALERT, "too small: %dx%d, needs %dx%d", cols, rows, TOP_COLS_MIN,
		    TOP_ROWS_MIN);
		return;
	}
	title_draw(g, live, head);
	rates_draw(g, live, head);
	losses_draw(g, live);
	cost_draw(g, live);
	if (head->ranges)
		ranges_draw(g, TITLE_ROWS, g->rows - TITLE_ROWS - 1, live, head->first);
	else
		overview_draw(g, live);
	keys_draw(g, head);
}
