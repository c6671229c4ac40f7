/* SPDX-License-Identifier: GPL-2.0-only */
/* From the probe table to attached programs: objects are opened, configured, loaded
 * with maps in common, and each probe gets the first of its hooks that works.
 */
#ifndef CW_LOADER_H
#define CW_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <bpf/libbpf.h>

#include "kbtf.h"
#include "ksyms.h"
#include "source.h"

/* A configuration variable, for every object that has it. */
struct cw_bpf_var {
	const char *name;
	__u64 value;
};

struct cw_loader_opts {
	const struct cw_bpf_var *vars;	/* up to the one without a name; copied */
	__u64 nr_frames;		/* that the state map is to hold */
	const struct cw_kfunc *funcs;	/* from cw_hook_funcs(), counted; they outlive it */
	size_t nr_funcs;
};

struct cw_loader;

/* Loads and attaches what can be; the arming says what could not, and why.  0 or -errno with the
 * reason on one line in why.  The arming stays the caller's and must outlive the loader.
 */
int cw_loader_open(struct cw_loader **out, struct cw_arming *arming,
		   const struct cw_loader_opts *opts, char *why, size_t size);

/* Loads and attaches objects whose kernel module has come since.  How many probes were attached. */
int cw_loader_late(struct cw_loader *l);

/* Whether an object waits for its module, and is worth to wait for. */
bool cw_loader_waits(const struct cw_loader *l);

/* Whether a module that is waited for has come. */
bool cw_loader_can_go_on(const struct cw_loader *l);

/* Another value for a configuration variable, for objects that are loaded from now on. */
void cw_loader_set(struct cw_loader *l, const char *name, __u64 value);

/* Kernel modules that attached hooks hold, so that they stay: up to CW_OBJ_NR names. */
size_t cw_loader_pinned(const struct cw_arming *arming, const char **modules);

/* The map of this name, of whatever object has it; NULL when none is loaded. */
struct bpf_map *cw_loader_map(const struct cw_loader *l, const char *name);

/* Runs of a probe's program that the kernel refused, and where it says so those that a kprobe
 * missed before.  0 or -errno.
 */
int cw_loader_misses(const struct cw_loader *l, size_t probe, __u64 *misses);

/* Adds what the kernel says of the time that all loaded programs have run, which it only keeps
 * while somebody asks for it (BPF_ENABLE_STATS).
 */
void cw_loader_run_time(const struct cw_loader *l, __u64 *ns, __u64 *runs);

/* Whether the module of an attached kprobe went and came again: what it does now nobody sees. */
bool cw_loader_is_reloaded(const struct cw_loader *l, size_t probe);

/* Detaches every program. */
void cw_loader_detach(struct cw_loader *l);

void cw_loader_close(struct cw_loader *l);	/* NULL is fine */

#endif
