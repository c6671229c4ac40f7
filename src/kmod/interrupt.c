// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: the hypervisor injects what it likes; a paravisor lets through only what the guest
 * has enabled.  Without one the hypervisor's word is all there is.
 */
#include <linux/bitmap.h>

#include "cocovm.h"
#include "trace.h"

#define VECTORS		256
#define VECTOR_ENABLED	0x40
#define VECTOR_OTHER	0x41

/* A CPU's interrupts as its guest set them up, and what came of them. */
struct vcpu {
	DECLARE_BITMAP(enabled, VECTORS);
	u32 taken;
	u32 refused;
	bool lets_through;	/* its paravisor passes on whatever comes */
};

static void hypervisor_inject(struct vcpu *v, u32 vector)
{
	if (cw_platform.paravisor && !test_bit(vector, v->enabled) && !v->lets_through) {
		v->refused++;
		return;
	}
	trace_cocovm_interrupt_delivered((unsigned long)v->enabled, vector, cw_platform.paravisor);
	v->taken++;
}

/* One that is enabled, one that never was, and one that is no longer. */
int cw_run_interrupt(const struct cw_run *run)
{
	struct vcpu v = { .lets_through = run->misbehave };

	__set_bit(VECTOR_ENABLED, v.enabled);
	hypervisor_inject(&v, VECTOR_ENABLED);
	hypervisor_inject(&v, VECTOR_OTHER);
	__clear_bit(VECTOR_ENABLED, v.enabled);
	hypervisor_inject(&v, VECTOR_ENABLED);
	return v.taken == (run->misbehave ? 3 : 1) && v.taken + v.refused == 3 ? 0 : -EPROTO;
}
