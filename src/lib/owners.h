/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose the shared pages are: what the kernel's own structures claim, set against what its page
 * tables map as shared.
 */
#ifndef CW_OWNERS_H
#define CW_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event_owner.h>

#include "inventory.h"
#include "kernel.h"
#include "mode.h"
#include "ram.h"

/* Frames that a structure of the kernel names. */
struct cw_claim {
	__u64 gfn;
	__u64 nr_pages;
	__u64 reach;	/* highest end of this claim and of all that sort before it */
	__u32 owner;	/* enum cw_owner */
	__u32 relid;
	__u32 cpu;	/* or CW_NO_INDEX */
	__u32 flags;	/* CW_OWNER_CONFIDENTIAL */
};

struct cw_claims {
	struct cw_claim *claim;
	size_t nr;
	size_t room;
	__u32 failed;	/* structures that could not be read */
};

#define CW_RELIDS_MAX 2048	/* channels that VMBus can have: MAX_CHANNEL_RELIDS */

/* Addresses of the channels by their relid, 0 where there is none.  0; -ENOENT: there is no VMBus;
 * -errno.
 */
int cw_channels_read(const struct cw_kernel *k, __u64 channel[CW_RELIDS_MAX]);

/* What belongs to whom, in the order of frames, as events whose headers are filled but for time,
 * task and number.
 */
struct cw_owned {
	struct cw_ev_owner *ev;
	size_t nr;
	size_t room;
	__u64 nr_pages;		/* shared pages of this guest's memory */
	__u64 nr_supplied;	/* shared pages that the paravisor supplies */
	__u64 nr_device;	/* shared pages of devices; not listed */
};

/* Collects what the kernel's structures say; what this kernel does not have is passed over.
 * 0 or -ENOMEM.
 */
int cw_claims_read(struct cw_claims *c, const struct cw_kernel *k, const struct cw_shared *s,
		   __u32 nr_cpus);
int cw_claims_add(struct cw_claims *c, const struct cw_claim *claim);
void cw_claims_sort(struct cw_claims *c);
void cw_claims_free(struct cw_claims *c);

/* Sets the claims, sorted, against the shared pages.  0 or -ENOMEM. */
int cw_owned_find(struct cw_owned *o, const struct cw_claims *c, const struct cw_shared *s,
		  const struct cw_ram *ram, const struct cw_mode_state *mode);
void cw_owned_free(struct cw_owned *o);

/* Marks as unconfirmed what S4 would report now and what was not so a look before (NULL: none).
 * Returns how many ranges that are.
 */
size_t cw_owned_confirm(struct cw_owned *now, const struct cw_owned *before);

/* What is shared now and whose it is, all in one. */
struct cw_account {
	struct cw_mode_state mode;
	struct cw_shared shared;
	struct cw_owned owned;
	__u32 claims_failed;	/* structures that could not be read */
};

/* Reads the mode, walks, attributes; with seed the page state is filled (account.c).  0 or -errno
 * with the reason on one line in why; -ENOTSUP where this is no confidential VM.
 */
int cw_account_make(struct cw_account *a, struct cw_inventory *inv, const struct cw_platform *p,
		    bool seed, char *why, size_t size);
/* The same where the memory map has been read before, while we could. */
int cw_account_look(struct cw_account *a, struct cw_inventory *inv, const struct cw_platform *p,
		    const struct cw_ram *ram, bool seed, char *why, size_t size);
void cw_account_free(struct cw_account *a);

/* Frames that the kernel's list of shared pages has, which it makes private at kexec (7.x). */
int cw_kexec_list_read(struct cw_claims *c, const struct cw_kernel *k);

/* Whether a kexec now would make this frame of a run private.  list: cw_kexec_list_read, sorted. */
bool cw_kexec_undoes(const struct cw_mode_state *mode, const struct cw_claims *list,
		     const struct cw_ev_owner *ev, __u64 gfn);

#endif
