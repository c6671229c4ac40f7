/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes into one run of the engine and what comes out, native or in BPF. */
#ifndef VECTORS_H
#define VECTORS_H

#include <cocowatch/check.h>
#include <cocowatch/event.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

union vector_event {
	struct cw_rec_hdr hdr;
	struct cw_ev_step step;
	struct cw_ev_free free;
	struct cw_ev_zeropad zeropad;
	__u8 bytes[512];	/* room for every other event */
};

struct vector_io {
	struct cw_pte_fmt fmt;
	union vector_event ev;
	struct cw_out out;
	__u64 gfn;		/* for one step of a frame */
	__u32 frame_event;
	__u32 lost;
	__s32 ret;
	__u32 pad;
};

#endif
