/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop as its owner sees it; what others need is in loop.h. */
#ifndef CW_BOX_LOOP_RUN_H
#define CW_BOX_LOOP_RUN_H

#include "loop.h"

int cw_loop_init(struct cw_box *box);
void cw_loop_exit(struct cw_box *box);	/* after a failed init, too */

/* Serves until box->ended.  0 or -errno. */
int cw_loop_run(struct cw_box *box);

/* Makes cw_loop_run() look at box->ended.  From any thread. */
void cw_loop_wake(struct cw_box *box);

#endif
