/* SPDX-License-Identifier: GPL-2.0-only */
/* Which confidential mode the kernel itself is in, from its own variables: what P1 and P2
 * are judged by, and how its page-table entries are read.
 */
#ifndef CW_MODE_H
#define CW_MODE_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/event.h>
#include <cocowatch/event_owner.h>

#include "kernel.h"
#include "platform.h"

/* What is known of the kernel's mode. */
struct cw_mode_state {
	struct cw_ev_platform ev;	/* header zero; the isolation leaf from CPUID */
	__u32 mode;			/* enum cw_mode, by the leaf and the kernel's variables */
	__u32 leaf;			/* isolation type that the kernel keeps of the leaf */
	__u32 leaf_paravisor;
	__u64 shared_mask;		/* bit of a PTE that tells shared from private, 0: none */
	bool set_is_private;		/* it is set in private entries (AMD's C-bit) */
	bool no_bit;			/* shared is a second mapping (vTOM before 6.4) */
	bool window;			/* pages are taken out while they change (6.8 and later) */
	bool kexec_undoes;		/* a callback makes shared pages private at kexec */
	__u32 kexec_by;			/* enum cw_callbacks: whose */
};

/* Reads what the kernel's variables say.  0, or -errno when even the symbols cannot be read. */
int cw_mode_read(struct cw_mode_state *m, const struct cw_kernel *k, const struct cw_platform *p);

/* "snp-vtom", "snp on another hypervisor", ...; "none" for no confidential VM. */
const char *cw_mode_text(__u32 mode);

/* Whether this is a confidential VM whose shared pages can be told. */
bool cw_mode_tells(const struct cw_mode_state *m);

#endif
