// SPDX-License-Identifier: GPL-2.0-only
/* SynICs: each vCPU has one at the host, whose pages the paravisor supplies, and one at the
 * paravisor, with pages of its own, which confidential VMBus uses.
 */
#include "synic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "box.h"
#include "err.h"
#include "hyperv.h"
#include "referee.h"
#include "vm.h"

#define NR_SINTS	16
#define MSR_SCONTROL	0x40000080
#define MSR_SVERSION	0x40000081
#define MSR_SIEFP	0x40000082
#define MSR_SIMP	0x40000083
#define MSR_EOM		0x40000084
#define MSR_SINT0	0x40000090
#define ENABLE		1ULL
#define SINT_MASKED	(1ULL << 16)
#define QUEUE_MAX	1024

/* struct hv_message: type, payload size, flags, sender, payload */
#define MESSAGE_BYTES	256
#define MESSAGE_PENDING	1
#define MESSAGE_TYPE	1	/* any but HVMSG_NONE: VMBus looks into the payload */
#define EVENT_FLAGS	2048

struct message {
	struct message *next;
	__u8 len;
	__u8 payload[CW_MESSAGE_PAYLOAD_MAX];
};

struct unit {
	__u64 scontrol, siefp, simp;
	__u64 sint[NR_SINTS];
	struct message *first, **last;
	unsigned int nr_waiting;
};

struct cw_synic {
	struct unit unit[CW_CPUS_MAX][CW_SIDE_NR];
};

/* Where VMBus is: at the paravisor when it offers that and the guest went for it. */
static enum cw_side vmbus_side(const struct cw_box *box, unsigned int vp)
{
	bool taken = box->synic->unit[vp][CW_SIDE_PARAVISOR].scontrol & ENABLE;

	return box->config->confidential && taken ? CW_SIDE_PARAVISOR : CW_SIDE_HOST;
}

int cw_synic_init(struct cw_box *box)
{
	struct cw_synic *s = calloc(1, sizeof(*s));
	unsigned int vp, side, sint;

	if (!s)
		return cw_err(-ENOMEM, "cannot make interrupt controllers");
	box->synic = s;
	for (vp = 0; vp < CW_CPUS_MAX; vp++) {
		for (side = 0; side < CW_SIDE_NR; side++) {
			struct unit *u = &s->unit[vp][side];

			u->last = &u->first;
			for (sint = 0; sint < NR_SINTS; sint++)
				u->sint[sint] = SINT_MASKED;
		}
		/* the GPAs carry the shared bit, as a paravisor gives them */
		s->unit[vp][CW_SIDE_HOST].simp =
			(cw_boot_supplied(box, vp) + CW_PAGE_SIZE) | 1ULL << box->mem.shared_bit;
		s->unit[vp][CW_SIDE_HOST].siefp = s->unit[vp][CW_SIDE_HOST].simp + CW_PAGE_SIZE;
	}
	return 0;
}

static void drop_first(struct unit *u)
{
	struct message *m = u->first;

	u->first = m->next;
	if (!u->first)
		u->last = &u->first;
	u->nr_waiting--;
	free(m);
}

void cw_synic_exit(struct cw_box *box)
{
	unsigned int vp, side;

	if (!box->synic)
		return;
	for (vp = 0; vp < CW_CPUS_MAX; vp++)
		for (side = 0; side < CW_SIDE_NR; side++)
			while (box->synic->unit[vp][side].first)
				drop_first(&box->synic->unit[vp][side]);
	free(box->synic);
	box->synic = NULL;
}

/* ---- pages ---- */

/* The page of an MSR; NULL when it is off or is not what that side may touch. */
static __u8 *page_of(struct cw_box *box, enum cw_side side, __u64 msr)
{
	__u64 gpa = cw_mem_gpa(&box->mem, msr & ~0xfffULL);

	if (!(msr & ENABLE))
		return NULL;
	if (side == CW_SIDE_PARAVISOR)
		return cw_mem_at(&box->mem, gpa, CW_PAGE_SIZE);
	if (!cw_referee_handed(box, CW_HANDED_SYNIC, gpa >> CW_PAGE_SHIFT))
		return NULL;
	return cw_mem_visible_at(&box->mem, gpa, CW_PAGE_SIZE);
}

static void interrupt(struct cw_box *box, unsigned int vp, const struct unit *u)
{
	__u64 sint = u->sint[CW_VMBUS_SINT];

	if (!(sint & SINT_MASKED))
		cw_vm_interrupt(box, vp, (__u8)sint);
}

/* ---- messages ---- */

/* Moves the first waiting message into a free slot.  When the slot is taken, says in it that more
 * are waiting; the guest may have emptied it in between without having seen that, so it is looked
 * at again.
 */
static void deliver(struct cw_box *box, unsigned int vp, enum cw_side side)
{
	struct unit *u = &box->synic->unit[vp][side];
	__u8 *slot = u->first && u->scontrol & ENABLE ? page_of(box, side, u->simp) : NULL;
	struct message *m = u->first;
	__u32 *type;

	if (!slot)
		return;
	slot += CW_VMBUS_SINT * MESSAGE_BYTES;
	type = (__u32 *)(void *)slot;
	if (__atomic_load_n(type, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_or(slot + 5, MESSAGE_PENDING, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(type, __ATOMIC_SEQ_CST))
			return;
	}
	slot[4] = m->len;
	slot[5] = m->next ? MESSAGE_PENDING : 0;
	memset(slot + 6, 0, 10);
	memcpy(slot + 16, m->payload, m->len);
	memset(slot + 16 + m->len, 0, CW_MESSAGE_PAYLOAD_MAX - m->len);
	__atomic_store_n(type, MESSAGE_TYPE, __ATOMIC_SEQ_CST);
	drop_first(u);
	interrupt(box, vp, u);
}

int cw_synic_post(struct cw_box *box, unsigned int vp, const void *payload, __u32 len)
{
	enum cw_side side;
	struct unit *u;
	struct message *m;

	if (vp >= box->config->nr_cpus || len > CW_MESSAGE_PAYLOAD_MAX)
		return -EINVAL;
	side = vmbus_side(box, vp);
	u = &box->synic->unit[vp][side];
	m = u->nr_waiting < QUEUE_MAX ? calloc(1, sizeof(*m)) : NULL;
	if (!m)
		return -ENOSPC;
	m->len = (__u8)len;
	memcpy(m->payload, payload, len);
	*u->last = m;
	u->last = &m->next;
	u->nr_waiting++;
	deliver(box, vp, side);
	return 0;
}

/* ---- events ---- */

int cw_synic_signal(struct cw_box *box, unsigned int vp, unsigned int flag)
{
	enum cw_side side;
	struct unit *u;
	__u8 *flags, bit;

	if (vp >= box->config->nr_cpus || flag >= EVENT_FLAGS)
		return -EINVAL;
	side = vmbus_side(box, vp);
	u = &box->synic->unit[vp][side];
	flags = u->scontrol & ENABLE ? page_of(box, side, u->siefp) : NULL;
	if (!flags)
		return -ENOTCONN;
	flags += CW_VMBUS_SINT * MESSAGE_BYTES + flag / 8;
	bit = 1 << flag % 8;
	if (!(__atomic_fetch_or(flags, bit, __ATOMIC_SEQ_CST) & bit))
		interrupt(box, vp, u);
	return 0;
}

/* ---- MSRs ---- */

static __u64 *msr_cell(struct unit *u, __u32 msr)
{
	switch (msr) {
	case MSR_SCONTROL:
		return &u->scontrol;
	case MSR_SIEFP:
		return &u->siefp;
	case MSR_SIMP:
		return &u->simp;
	default:
		return msr >= MSR_SINT0 ? &u->sint[msr - MSR_SINT0] : NULL;
	}
}

bool cw_synic_msr(struct cw_box *box, unsigned int vp, enum cw_side side, __u32 msr, bool write,
		  __u64 *value)
{
	struct unit *u = &box->synic->unit[vp][side];
	__u64 *cell = msr_cell(u, msr);

	if (msr == MSR_SVERSION || msr == MSR_EOM) {
		if (!write)
			*value = msr == MSR_SVERSION;
		else if (msr == MSR_SVERSION)
			return false;
	} else if (!cell) {
		return false;
	} else if (write) {
		*cell = *value;
	} else {
		*value = *cell;
	}
	if (write)
		deliver(box, vp, side);
	return true;
}
