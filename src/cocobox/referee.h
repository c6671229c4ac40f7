/* SPDX-License-Identifier: GPL-2.0-only */
/* The referee: what the guest really shared, from its hypercalls, its page accesses and its bytes,
 * and never from what it says.  One NDJSON line for each finding and a summary at the end.
 */
#ifndef CW_BOX_REFEREE_H
#define CW_BOX_REFEREE_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

/* Who handed a frame to the host. */
enum cw_handed {
	CW_HANDED_GPADL,	/* frame list of a GPADL, when the host first uses it */
	CW_HANDED_BUFFER,	/* page buffers of a packet */
	CW_HANDED_SYNIC,	/* message and event pages */
	CW_HANDED_MONITOR,	/* VMBus monitor pages */
	CW_HANDED_NR,
};

/* After the memory and the loop.  A host kernel without userfaultfd costs the alias watch, not the
 * run: the summary says so.  0, or -errno after a message.
 */
int cw_referee_init(struct cw_box *box);
/* After the vCPU threads are gone: until then they may wait for a look at an access. */
void cw_referee_exit(struct cw_box *box);

/* vCPU threads say who they are, so that a wrong access can be given its vCPU. */
void cw_referee_vcpu(struct cw_box *box, unsigned int vp);

/* The guest changed the visibility of [gfn, gfn + nr) by hypercall.  Frames that change sides lose
 * their contents and their mapping in the alias that is wrong from now on.  0, -EINVAL when not all
 * of it is RAM in one piece (nothing is done then), or -errno.
 */
int cw_referee_convert(struct cw_box *box, __u64 gfn, __u64 nr, bool visible);

/* Frames that the paravisor supplies (GHCB, SynIC): visible from the start, all zeroes, and
 * not left visible at the end.  0 or -errno.
 */
int cw_referee_supply(struct cw_box *box, __u64 gfn, __u64 nr);

/* A visibility hypercall as answered, for the account. */
void cw_referee_call(struct cw_box *box, bool visible, __u32 asked, __u32 done, __u16 status);

/* A frame was handed over; a finding when it is not visible.  Returns whether it is. */
bool cw_referee_handed(struct cw_box *box, enum cw_handed by, __u64 gfn);

/* A message of the guest to the host, a device that bound, a hostile deed: lines of the account
 * that are no findings.  Printed when --referee has a file.
 */
void cw_referee_note(struct cw_box *box, const char *what, const char *detail);

/* A hostile host did what its name says: counted, and the first one noted.  Deeds: how many so far.
 */
void cw_referee_deed(struct cw_box *box, const char *name);
__u64 cw_referee_deeds(const struct cw_box *box);

/* At the end: the last search for canaries, what is still visible, the summary, also as one line on
 * stderr.  Call it when no vCPU runs any more, without a lock.  Returns the number of findings.
 */
__u64 cw_referee_close(struct cw_box *box);

#endif
