/* SPDX-License-Identifier: GPL-2.0-only */
/* The paravisor's side of what a guest asks: Hyper-V MSRs, hypercalls, GHCB exits.  All with the
 * lock held.
 */
#ifndef CW_BOX_HYPERV_H
#define CW_BOX_HYPERV_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

/* Who serves an MSR or a hypercall: the host, reached through the GHCB, or the paravisor, reached
 * by the instruction itself.
 */
enum cw_side { CW_SIDE_HOST, CW_SIDE_PARAVISOR, CW_SIDE_NR };

/* HV_STATUS_* (include/hyperv/hvgdk_mini.h) */
enum {
	CW_HV_SUCCESS			= 0x00,
	CW_HV_INVALID_CODE		= 0x02,
	CW_HV_INVALID_INPUT		= 0x03,
	CW_HV_INVALID_ALIGNMENT		= 0x04,
	CW_HV_INVALID_PARAMETER		= 0x05,
	CW_HV_ACCESS_DENIED		= 0x06,
	CW_HV_INSUFFICIENT_MEMORY	= 0x0b,
	CW_HV_INVALID_PORT_ID		= 0x11,
	CW_HV_INVALID_CONNECTION_ID	= 0x12,
	CW_HV_INSUFFICIENT_BUFFERS	= 0x13,
	CW_HV_TIMEOUT			= 0x78,
};

/* What one vCPU has in Hyper-V MSRs, beside its SynICs. */
struct cw_hyperv_vp {
	__u64 vp_assist;
	__u64 ghcb;		/* MSR 0xc0010130: a GPA, or a request of the MSR protocol */
};

struct cw_hyperv {
	__u64 guest_os_id[CW_SIDE_NR];
	__u64 hypercall;
	__u64 invariant_tsc;
	__u64 crash[5];
	bool seen;		/* the guest identified itself: it has Hyper-V support */
	struct cw_hyperv_vp vp[4];
};

/* false: there is no such MSR, or it does not take that value (the guest gets #GP). */
bool cw_hyperv_msr(struct cw_box *box, unsigned int vp, enum cw_side side, __u32 msr, bool write,
		   __u64 *value);

struct cw_hypercall {
	enum cw_side side;
	unsigned int vp;
	__u64 control;		/* TLFS, Hypercall Inputs */
	__u64 input;		/* GPA, or a value with the fast bit */
	__u64 output;
	const __u8 *data;	/* GHCB: the input itself; NULL otherwise */
	__u32 data_len;
};

/* Result value: status in 15:0, repetitions done in 43:32. */
__u64 cw_hyperv_call(struct cw_box *box, const struct cw_hypercall *call);

/* VMGEXIT of vp. */
void cw_ghcb_exit(struct cw_box *box, unsigned int vp);
bool cw_ghcb_msr(struct cw_box *box, unsigned int vp, bool write, __u64 *value);

/* SynIC MSRs (synic.c). */
#define CW_MSR_SYNIC_FIRST	0x40000080
#define CW_MSR_SYNIC_LAST	0x4000009f
int cw_synic_init(struct cw_box *box);	/* 0, or -errno after a message */
void cw_synic_exit(struct cw_box *box);
bool cw_synic_msr(struct cw_box *box, unsigned int vp, enum cw_side side, __u32 msr, bool write,
		  __u64 *value);

#endif
