/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the emulated host: where an honest answer can be bent. */
#ifndef COCOVM_HOST_H
#define COCOVM_HOST_H

#include <cocowatch/hosts.h>

#include "cocovm.h"

/* A visibility call; the honest answer is filled in. */
struct cw_host_call {
	bool visible;	/* shared with the host, or taken back */
	u32 start, count;	/* repetitions asked for: from, to */
	u32 done;	/* how far it is really converted */
	u32 told;	/* how far the guest is told */
	u32 status;
};

/* Bends the answer as the orders of a scenario say, or without any as the host is at present. */
void cw_host_lie(enum cw_host_id orders, struct cw_host_call *call);

/* Whether what is behind the hypervisor can be this host. */
bool cw_host_vmbus_is(enum cw_host_id id);

#endif
