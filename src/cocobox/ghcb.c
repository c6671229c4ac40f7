// SPDX-License-Identifier: GPL-2.0-only
/* VMGEXIT: the GHCB MSR protocol and the GHCB page (GHCB specification, sections 2.3 and 4;
 * Hyper-V's own use of the page is in arch/x86/hyperv/ivm.c).  The page is shared: what is judged
 * is copied first.
 */
#include <stddef.h>
#include <string.h>

#include "box.h"
#include "boot.h"
#include "bytes.h"
#include "hyperv.h"

#define MSR_INFO_MASK		0xfffULL
#define MSR_SEV_INFO_RESP	0x001
#define MSR_SEV_INFO_REQ	0x002
#define MSR_TERMINATE		0x100
#define PROTOCOL_MIN		1
#define PROTOCOL_MAX		2
#define USAGE_DEFAULT		0
#define USAGE_HYPERV_CALL	1
#define EXIT_MSR		0x7c
#define EXIT_INFO_ERROR		1

/* Offsets in the page (GHCB specification, table 3) */
enum {
	GHCB_RAX	= 0x1f8,
	GHCB_RCX	= 0x308,
	GHCB_RDX	= 0x310,
	GHCB_EXIT_CODE	= 0x390,
	GHCB_INFO_1	= 0x398,
	GHCB_VALID	= 0x3f0,
	GHCB_PROTOCOL	= 0xffa,
	GHCB_USAGE	= 0xffc,
	/* union hv_ghcb */
	HV_DATA_LEN	= 0xfe8,
	HV_OUTPUT_GPA	= 0xfe8,
	HV_CALL		= 0xff0,
};

/* A save area field and its bit in the valid bitmap. */
static void put_field(__u8 *page, unsigned int offset, __u64 value)
{
	memcpy(page + offset, &value, sizeof(value));
	page[GHCB_VALID + offset / 64] |= 1 << (offset / 8 % 8);
}

/* ---- the page ---- */

static __u64 exit_msr(struct cw_box *box, unsigned int vp, const __u8 *copy, __u8 *page)
{
	bool write = cw_get64(copy + GHCB_INFO_1) & 1;
	__u64 value = (cw_get64(copy + GHCB_RDX) & 0xffffffff) << 32 |
		      (cw_get64(copy + GHCB_RAX) & 0xffffffff);

	if (!cw_hyperv_msr(box, vp, CW_SIDE_HOST, (__u32)cw_get64(copy + GHCB_RCX), write, &value))
		return EXIT_INFO_ERROR;
	if (!write) {
		put_field(page, GHCB_RAX, value & 0xffffffff);
		put_field(page, GHCB_RDX, value >> 32);
	}
	return 0;
}

static void exit_hyperv_call(struct cw_box *box, unsigned int vp, const __u8 *copy, __u64 gpa)
{
	struct cw_hypercall call = {
		.side = CW_SIDE_HOST,
		.vp = vp,
		.control = cw_get64(copy + HV_CALL),
		.output = cw_get64(copy + HV_OUTPUT_GPA),
		.data = copy,
		.data_len = HV_DATA_LEN,
	};
	__u64 result = cw_hyperv_call(box, &call);
	__u8 *page = cw_mem_visible_at(&box->mem, gpa, CW_PAGE_SIZE);

	/* the call may have taken back the page that it came in */
	if (page)
		memcpy(page + HV_CALL, &result, sizeof(result));
}

static void exit_page(struct cw_box *box, unsigned int vp, __u64 gpa)
{
	__u8 copy[CW_PAGE_SIZE], *page = cw_mem_visible_at(&box->mem, gpa, CW_PAGE_SIZE);
	__u64 info = EXIT_INFO_ERROR;
	__u16 protocol;
	__u32 usage;

	if (!page)
		return;
	memcpy(copy, page, sizeof(copy));
	memcpy(&protocol, copy + GHCB_PROTOCOL, sizeof(protocol));
	memcpy(&usage, copy + GHCB_USAGE, sizeof(usage));
	if (usage == USAGE_HYPERV_CALL) {
		exit_hyperv_call(box, vp, copy, gpa);
		return;
	}
	if (usage == USAGE_DEFAULT && protocol >= PROTOCOL_MIN && protocol <= PROTOCOL_MAX &&
	    cw_get64(copy + GHCB_EXIT_CODE) == EXIT_MSR)
		info = exit_msr(box, vp, copy, page);
	put_field(page, GHCB_INFO_1, info);
}

/* ---- the MSR protocol ---- */

static void exit_msr_protocol(struct cw_box *box, __u64 *msr)
{
	switch (*msr & MSR_INFO_MASK) {
	case MSR_SEV_INFO_REQ:
		*msr = (__u64)PROTOCOL_MAX << 48 | (__u64)PROTOCOL_MIN << 32 | MSR_SEV_INFO_RESP;
		break;
	case MSR_TERMINATE:
		cw_box_end(box, CW_BOX_PANIC);
		break;
	default:
		*msr = 0;
	}
}

void cw_ghcb_exit(struct cw_box *box, unsigned int vp)
{
	__u64 *msr = &box->hyperv->vp[vp].ghcb;

	if (*msr & MSR_INFO_MASK)
		exit_msr_protocol(box, msr);
	else
		exit_page(box, vp, *msr);
}

bool cw_ghcb_msr(struct cw_box *box, unsigned int vp, bool write, __u64 *value)
{
	if (write)
		box->hyperv->vp[vp].ghcb = *value;
	else
		*value = box->hyperv->vp[vp].ghcb;
	return true;
}
