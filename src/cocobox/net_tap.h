/* SPDX-License-Identifier: GPL-2.0-only */
/* A TAP device of the host as the other end of the guest's cable (--net=TAP). */
#ifndef CW_BOX_NET_TAP_H
#define CW_BOX_NET_TAP_H

#include "net_peer.h"

struct cw_box;
struct cw_tap;

/* Opens the TAP device of that name and serves it in the box's loop; send gets each frame that
 * comes from it.  0, or -errno after a message.
 */
int cw_tap_new(struct cw_tap **tap, struct cw_box *box, const char *name, cw_peer_send send,
	       void *arg);
void cw_tap_free(struct cw_tap *tap);

/* A frame from the guest.  false: it was dropped. */
bool cw_tap_input(struct cw_tap *tap, const __u8 *frame, __u32 len);

#endif
