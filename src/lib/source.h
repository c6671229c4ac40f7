/* SPDX-License-Identifier: GPL-2.0-only */
/* Where facts come from: a table of probes, and which rules are armed once the
 * probes that could be attached are known.
 */
#ifndef CW_SOURCE_H
#define CW_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>
#include <cocowatch/rules.h>

enum cw_hook_kind {
	CW_HOOK_RAW_TP,
	CW_HOOK_FENTRY,
	CW_HOOK_FEXIT,
};

/* One BPF program.  A rule is armed when every probe that feeds it is attached. */
struct cw_probe {
	const char *prog;	/* name of the BPF program */
	enum cw_rec_type event;	/* what it makes, and what its losses are losses of */
	enum cw_hook_kind kind;
	const char *hook;	/* tracepoint or function */
	__u64 rules;		/* that it feeds, as a mask */
	bool spare;		/* for when the one before is refused: its misses are no loss */
};

struct cw_source {
	const char *name;
	const struct cw_probe *probes;
	size_t nr_probes;
};

extern const struct cw_source cw_source_module;

#define CW_PROBES_MAX 32
#define CW_WHY_LEN 192

/* What became of each probe and each rule. */
struct cw_arming {
	const struct cw_source *source;
	bool attached[CW_PROBES_MAX];
	char why_probe[CW_PROBES_MAX][CW_WHY_LEN];	/* why not attached */
	__u64 armed;					/* rules, as a mask */
	char why_rule[CW_RULE_NR][CW_WHY_LEN];		/* why not armed */
};

/* Every probe unattached, without a reason. */
void cw_arming_init(struct cw_arming *a, const struct cw_source *source);

void cw_arming_attached(struct cw_arming *a, size_t probe);
void cw_arming_failed(struct cw_arming *a, size_t probe, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Works out which rules are armed, and why the others are not. */
void cw_arming_finish(struct cw_arming *a);

/* Rules that probes making this event feed. */
__u64 cw_source_fed_by(const struct cw_source *source, __u32 event);

const char *cw_hook_kind_name(enum cw_hook_kind kind);

#endif
