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
	CW_HOOK_KPROBE,
	CW_HOOK_KRETPROBE,
	CW_HOOK_LOOK,	/* no hook: the inventory looks, when the session begins */
};

/* BPF objects, in the order of loading; see objects.c. */
enum cw_object_id {
	CW_OBJ_MODULE,
	CW_OBJ_MODULE_VMBUS,
	CW_OBJ_TRANSITION,
	CW_OBJ_FREE,
	CW_OBJ_SHARE,
	CW_OBJ_VMBUS_SHARE,
	CW_OBJ_VMBUS,
	CW_OBJ_PCI,
	CW_OBJ_MODULE_PATH,
	CW_OBJ_NR,
	CW_OBJ_NONE = CW_OBJ_NR,	/* the inventory's are not attached */
};

/* Ways in which a kernel changes pages, as a mask: where a hook or a rule makes sense. */
#define CW_WAY_WINDOW	(1U << 0)	/* vTOM, pages taken out meanwhile (6.8 and later) */
#define CW_WAY_VTOM	(1U << 1)	/* vTOM without the window (6.4 to 6.7) */
#define CW_WAY_OLD	(1U << 2)	/* vTOM by second mappings (before 6.4) */
#define CW_WAY_SNP	(1U << 3)
#define CW_WAY_TDX	(1U << 4)
#define CW_WAY_ANY	(~0U)

/* A program and where it attaches. */
struct cw_hook {
	const char *prog;	/* name of the BPF program */
	enum cw_hook_kind kind;
	const char *target;	/* tracepoint or function */
	__u32 ways;		/* CW_WAY_*; 0: any */
};

#define CW_HOOKS_MAX 4

/* One fact: the first of its hooks that loads and attaches is used.  A rule is armed when every
 * probe that feeds it has a hook attached; a probe that makes no sense in this way is not asked.
 */
struct cw_probe {
	enum cw_rec_type event;	/* what it makes, and what its losses are losses of */
	enum cw_object_id object;
	__u64 rules;		/* that it feeds, as a mask */
	struct cw_hook hooks[CW_HOOKS_MAX];	/* up to the first without a program */
	__u32 ways;		/* CW_WAY_*; 0: any */
	bool spare;		/* of another one, where that is refused; no loss itself */
	bool entry_of_next;	/* for the arguments, where the next probe uses a kretprobe */
	bool optional;		/* more evidence for its rules, which are armed without it too */
};

#define CW_KPROBE(prog, target) { prog, CW_HOOK_KPROBE, target, 0 }
#define CW_KRETPROBE(prog, target) { prog, CW_HOOK_KRETPROBE, target, 0 }
#define CW_LOOK(target) { "inventory", CW_HOOK_LOOK, target, 0 }
#define CW_RAW_TP(prog, target) { prog, CW_HOOK_RAW_TP, target, 0 }
#define CW_FENTRY(prog, target) { prog, CW_HOOK_FENTRY, target, 0 }
#define CW_FEXIT(prog, target) { prog, CW_HOOK_FEXIT, target, 0 }

/* Rules that make no sense in some ways. */
struct cw_way_rules {
	__u32 ways;
	__u64 rules;
	const char *why;
};

/* Rules that lose evidence too when events of a type are lost: their states come from them. */
struct cw_side {
	enum cw_rec_type event;
	__u64 rules;
};

/* A function whose arguments are read by their place, and are not the same in all kernels. */
struct cw_known_args {
	const char *func;
	__u32 numbers;	/* how many it may have for the places to be known, a bit each */
};

struct cw_source {
	const char *name;
	const struct cw_probe *probes;
	size_t nr_probes;
	const struct cw_known_args *known_args;	/* up to the one without a function; NULL: none */
	const struct cw_side *sides;	/* up to the one without rules; NULL: none */
	const struct cw_way_rules *senseless;	/* up to the first without a reason; NULL: none */
	__u64 blind;	/* rules that can be judged where no program may read memory */
};

extern const struct cw_source cw_source_module;
extern const struct cw_source cw_source_stock;

#define CW_PROBES_MAX 96
#define CW_WHY_LEN 192

/* What became of each probe and each rule. */
struct cw_arming {
	const struct cw_source *source;
	__u32 way;					/* one of CW_WAY_*, 0: unknown or none */
	bool blind;					/* lockdown: no program may read memory */
	bool no_pin;					/* hold no kernel module */
	bool no_module_btf;				/* it takes CAP_SYS_ADMIN, which we lack */
	bool misses_said;				/* the kernel counts what kprobes miss */
	__u64 asked;					/* rules of the profile */
	bool attached[CW_PROBES_MAX];
	__u8 hook[CW_PROBES_MAX];			/* which of its hooks */
	char why_probe[CW_PROBES_MAX][CW_WHY_LEN];	/* why not attached */
	__u64 armed;					/* rules, as a mask */
	char why_rule[CW_RULE_NR][CW_WHY_LEN];		/* why not armed */
	__u64 since_ns[CW_RULE_NR];	/* CLOCK_MONOTONIC, armed late; 0: from the start */
};

/* Every probe unattached, without a reason. */
void cw_arming_init(struct cw_arming *a, const struct cw_source *source, __u32 way);

/* Whether the probe has anything to see in this way, and may look; hooks of other ways are passed
 * over.
 */
bool cw_arming_wants(const struct cw_arming *a, size_t probe);
bool cw_hook_fits(const struct cw_hook *hook, __u32 way);

/* Whether a program can read the arguments of a function that has so many. */
bool cw_source_knows_args(const struct cw_source *source, const char *func, int nr);

/* The hook that a probe uses, or would use first. */
const struct cw_hook *cw_arming_hook(const struct cw_arming *a, size_t probe);

void cw_arming_attached(struct cw_arming *a, size_t probe);
void cw_arming_failed(struct cw_arming *a, size_t probe, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Works out which rules are armed, and why the others are not. */
void cw_arming_finish(struct cw_arming *a);

/* Rules that probes making this event feed. */
__u64 cw_source_fed_by(const struct cw_source *source, __u32 event);

const char *cw_hook_kind_name(enum cw_hook_kind kind);

#endif
