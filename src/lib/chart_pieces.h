/* SPDX-License-Identifier: GPL-2.0-only */
/* The pieces of guest memory that a chart shows: 2 MiB each where frames are known one by one, and
 * longer ones in between, where all that is known is that ranges of scattered frames lie across.
 */
#ifndef CW_CHART_PIECES_H
#define CW_CHART_PIECES_H

#include <stddef.h>
#include <linux/types.h>

#define CW_PIECE_SHIFT	9	/* frames of 2 MiB */
#define CW_PIECE_FRAMES (1U << CW_PIECE_SHIFT)
#define CW_PIECES_MAX	65536	/* 128 GiB whose frames are known; as many stretches across */

struct cw_piece {
	__u64 gfn_min;
	__u64 gfn_max;
	__u64 before;	/* frames of all pieces below */
	__u8 *mine;	/* a byte a frame, zero at first; NULL: no frame is known for itself */
};

/* Numbers of 2 MiB blocks, both ends included. */
struct cw_stretch {
	__u64 first;
	__u64 last;
};

struct cw_stretches {
	struct cw_stretch *stretch;
	size_t nr;
	size_t room;
};

struct cw_pieces {
	struct cw_piece *piece;	/* lowest frames first */
	size_t nr;
	__u8 *mine;
	struct cw_stretches known;	/* until it is planned */
	struct cw_stretches across;
};

/* Frames that follow each other, and the lowest and highest of some that do not.  What is beyond
 * CW_PIECES_MAX or the 2^52 frames of a physical address gets no piece.  0 or -ENOMEM.
 */
int cw_pieces_see(struct cw_pieces *p, __u64 gfn_min, __u64 gfn_max);
int cw_pieces_see_across(struct cw_pieces *p, __u64 gfn_min, __u64 gfn_max);

/* Afterwards, once: at most so many, as long as 2 MiB where frames are known allow it.  0 or
 * -ENOMEM.
 */
int cw_pieces_plan(struct cw_pieces *p, size_t max);

/* The piece that has a frame, or NULL. */
struct cw_piece *cw_pieces_find(const struct cw_pieces *p, __u64 gfn);

/* Frames in a piece. */
__u64 cw_piece_frames(const struct cw_piece *piece);

void cw_pieces_exit(struct cw_pieces *p);

#endif
