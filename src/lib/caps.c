// SPDX-License-Identifier: GPL-2.0-only
/* Giving up what a running session no longer needs. */
#include "caps.h"

#include <errno.h>

#include <cap-ng.h>

int cw_caps_drop(bool keep_kill)
{
	bool has_kill;

	capng_get_caps_process();
	has_kill = capng_have_capability(CAPNG_PERMITTED, CAP_KILL) > 0;
	capng_clear(CAPNG_SELECT_CAPS);
	if (has_kill && keep_kill)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_KILL);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}
