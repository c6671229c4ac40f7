/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine on the KVM API: memory slots, vCPUs, their loop. */
#ifndef CW_BOX_VM_H
#define CW_BOX_VM_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

/* Delivers vector to the local APIC with that id.  0 or -errno. */
int cw_vm_interrupt(struct cw_box *box, unsigned int apic_id, __u8 vector);

/* An MSI as a device would write it. */
int cw_vm_msi(struct cw_box *box, __u64 address, __u32 data);

/* Stops vp if it is in the guest and reads where it is; it goes on by itself.  Not from a vCPU
 * thread, and not with the box's lock held.  0, -EINVAL, -ETIMEDOUT, or -ESRCH when it has ended.
 */
int cw_vm_where(struct cw_box *box, unsigned int vp, __u64 *rip, bool *halted);

/* Level of a line of the IO-APIC (0..15) as one of the devices on it (source 0..7) drives it: the
 * line is high while any of them does.
 */
void cw_vm_irq_line(struct cw_box *box, unsigned int irq, unsigned int source, bool level);

/* Hands on the port writes that KVM has collected.  The lock is held. */
void cw_vm_drain(struct cw_box *box);

/* What this host's KVM can do: 0, or -ENOTSUP after one line that names what is missing. */
int cw_vm_open(struct cw_box *box, unsigned int *shared_bit);
/* Memory slots and vCPUs in their state before the first instruction: entry is that of the boot
 * CPU. */
int cw_vm_create(struct cw_box *box, __u64 entry);
int cw_vm_start(struct cw_box *box);	/* a thread each */
void cw_vm_kick(struct cw_box *box);	/* all vCPUs leave the guest and look at box->ended */
void cw_vm_stop(
	struct cw_box *box); /* waits for the threads, once box->ended; box->vm may be NULL */
void cw_vm_free(struct cw_box *box);	/* after that */

/* Frequencies in Hz, for the frequency MSRs. */
__u64 cw_vm_tsc_hz(const struct cw_box *box);
#define CW_APIC_HZ 1000000000ULL	/* KVM's APIC bus: APIC_BUS_CYCLE_NS_DEFAULT is 1 */

#endif
