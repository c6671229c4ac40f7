// SPDX-License-Identifier: GPL-2.0-only
/* A PCI root bus for pci-hyperv with one small function on it.  Messages come through the ring; its
 * config space is a window of two pages in MMIO space that the guest chooses and reaches by
 * hypercall.  The function has one memory BAR, which reads as a constant, and no interrupts.
 */
#include "dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "err.h"
#include "bytes.h"
#include "hyperv.h"
#include "referee.h"
#include "util.h"

/* Messages, layouts and sizes: drivers/pci/controller/pci-hyperv.c */
enum pci_message {
	PCI_BASE			= 0x42490000,
	PCI_BUS_RELATIONS		= PCI_BASE + 0x00,
	PCI_QUERY_BUS_RELATIONS		= PCI_BASE + 0x01,
	PCI_QUERY_REQUIREMENTS		= PCI_BASE + 0x05,
	PCI_D0_ENTRY			= PCI_BASE + 0x07,
	PCI_D0_EXIT			= PCI_BASE + 0x08,
	PCI_READ_BLOCK			= PCI_BASE + 0x09,
	PCI_WRITE_BLOCK			= PCI_BASE + 0x0a,
	PCI_EJECTION_COMPLETE		= PCI_BASE + 0x0f,
	PCI_RESOURCES_ASSIGNED		= PCI_BASE + 0x10,
	PCI_RESOURCES_RELEASED		= PCI_BASE + 0x11,
	PCI_QUERY_VERSION		= PCI_BASE + 0x13,
	PCI_CREATE_INTERRUPT		= PCI_BASE + 0x14,
	PCI_DELETE_INTERRUPT		= PCI_BASE + 0x15,
	PCI_RESOURCES_ASSIGNED2		= PCI_BASE + 0x16,
	PCI_CREATE_INTERRUPT2		= PCI_BASE + 0x17,
	PCI_BUS_RELATIONS2		= PCI_BASE + 0x19,
	PCI_CREATE_INTERRUPT3		= PCI_BASE + 0x1b,
};

#define PCI_VERSION_FIRST	0x10001
#define PCI_VERSION_1_3		0x10003		/* relations have a NUMA node from here on */
#define PCI_VERSION_LAST	0x10004

/* PCI_CONFIG_MMIO_LENGTH: a page to choose a function, a page of its config space */
#define WINDOW_LEN		0x2000
#define WINDOW_CONFIG		0x1000

#define FUNCTION_IDS		0xc0c01414U	/* device and vendor: no driver binds it */
#define FUNCTION_CLASS		0xff000001U	/* of no class, revision 1 */
#define BAR_SIZE		0x1000U
#define BAR_CONSTANT		0xc0c0b0c5c0c0b0c5ULL

/* PCI Local Bus 3.0, Configuration Space: what is there, and which bits can be written */
#define CONFIG_LEN		64
static const struct {
	__u8 offset;
	__u32 value;
	__u32 mask;
} config_rows[] = {
	{ 0x00, FUNCTION_IDS, 0 },
	{ 0x04, 0, 0x0406 },			/* command: memory, bus master, interrupts off */
	{ 0x08, FUNCTION_CLASS, 0 },
	{ 0x0c, 0, 0xff },			/* cache line size */
	{ 0x10, 0, ~(BAR_SIZE - 1) },		/* BAR 0: 32 bits, not prefetchable */
	{ 0x2c, FUNCTION_IDS, 0 },		/* subsystem */
	{ 0x3c, 0, 0xff },			/* interrupt line */
};

#define COMMAND_OFFSET	0x04
#define COMMAND_MEMORY	2
#define BAR_OFFSET	0x10

struct pci {
	__u32 version;
	bool in_d0;
	__u64 window;		/* good while in_d0 */
	__u32 slot;		/* chosen by the guest: 0 is ours, there is no other */
	__u8 config[CONFIG_LEN];
	__u8 mask[CONFIG_LEN];
	bool noted;
};

/* An answer under way: payload behind the status word. */
struct answer {
	__u32 status;
	__u8 bytes[28];
	__u32 len;		/* bytes used */
};

static void config_reset(struct pci *pci)
{
	size_t i;

	memset(pci->config, 0, sizeof(pci->config));
	for (i = 0; i < CW_NR(config_rows); i++) {
		memcpy(pci->config + config_rows[i].offset, &config_rows[i].value, 4);
		memcpy(pci->mask + config_rows[i].offset, &config_rows[i].mask, 4);
	}
}

/* ---- messages: data is at least as long as the row below says ---- */

static void run_nothing(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	(void)ch;
	(void)pci;
	(void)data;
	(void)a;
}

static void run_refused(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	(void)ch;
	(void)pci;
	(void)data;
	a->status = CW_NT_NOT_SUPPORTED;
}

static void run_version(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	__u32 version = cw_get32(data + 4);

	(void)ch;
	if (version < PCI_VERSION_FIRST || version > PCI_VERSION_LAST)
		a->status = CW_NT_REVISION_MISMATCH;
	else
		pci->version = version;
}

/* struct pci_bus_relations, pci_bus_relations2 */
static void run_relations(struct cw_channel *ch, struct pci *pci, const __u8 *data,
			  struct answer *a)
{
	bool two = pci->version >= PCI_VERSION_1_3;
	struct {
		__u32 type;
		__u32 count;
		__u32 ids;
		__u32 revision_class;
		__u32 subsystem;
		__u32 slot;
		__u32 serial;
		__u32 flags;		/* version 2 from here on */
		__u32 numa;
	} m = {
		.type = two ? PCI_BUS_RELATIONS2 : PCI_BUS_RELATIONS,
		.count = 1,
		.ids = FUNCTION_IDS,
		.revision_class = FUNCTION_CLASS,
		.subsystem = FUNCTION_IDS,
		.serial = 1,
	};

	(void)data;
	(void)a;
	/* unasked for, as far as packets go: no transaction id */
	cw_channel_send(ch, CW_PKT_INBAND, 0, 0, &m,
			(__u32)(two ? sizeof(m) : offsetof(__typeof__(m), flags)));
}

static void run_requirements(struct cw_channel *ch, struct pci *pci, const __u8 *data,
			     struct answer *a)
{
	__u32 bar = ~(BAR_SIZE - 1);

	(void)ch;
	(void)pci;
	(void)data;
	memcpy(a->bytes, &bar, sizeof(bar));
	a->len = 6 * sizeof(bar);
}

/* The window must lie where the guest has no memory: config space is no way to write to RAM. */
static bool window_is_free(const struct cw_mem *mem, __u64 base)
{
	__u64 page, offset;

	if (base & (CW_PAGE_SIZE - 1) || base > (1ULL << mem->shared_bit) - WINDOW_LEN)
		return false;
	for (page = base; page < base + WINDOW_LEN; page += CW_PAGE_SIZE) {
		if (cw_mem_offset(mem, page, 1, &offset))
			return false;
	}
	return true;
}

static void run_d0_entry(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	__u64 base = cw_get64(data + 8);

	pci->in_d0 = false;
	if (!window_is_free(&ch->dev->box->mem, base)) {
		a->status = CW_NT_INVALID_PARAMETER;
		return;
	}
	config_reset(pci);
	pci->window = base;
	pci->slot = 0;
	pci->in_d0 = true;
}

static void run_d0_exit(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	(void)ch;
	(void)data;
	(void)a;
	pci->in_d0 = false;
}

/* Fills struct tran_int_desc: an MSI as the local APIC takes it; a VP's index is its APIC id. */
static void compose(struct cw_channel *ch, __u32 vector, __u32 nr, __u32 vp, struct answer *a)
{
	__u64 address = 0xfee00000 | vp << 12;
	__u16 count = (__u16)nr;

	if (vector < 0x10 || vector > 0xff || !nr || nr > 32 || nr & (nr - 1) ||
	    vp >= ch->dev->box->config->nr_cpus) {
		a->status = CW_NT_INVALID_PARAMETER;
		a->len = 20;
		return;
	}
	memcpy(a->bytes + 6, &count, sizeof(count));
	memcpy(a->bytes + 8, &vector, sizeof(vector));
	memcpy(a->bytes + 12, &address, sizeof(address));
	a->len = 20;
}

/* struct hv_msi_desc, whose last field is a mask of processors */
static void run_create(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	__u64 cpus = cw_get64(data + 16);

	(void)pci;
	compose(ch, data[8], cw_get16(data + 10), cpus ? (__u32)__builtin_ctzll(cpus) : ~0U, a);
}

/* struct hv_msi_desc2 */
static void run_create2(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	(void)pci;
	compose(ch, data[8], cw_get16(data + 10), cw_get16(data + 12) ? cw_get16(data + 14) : ~0U,
		a);
}

/* struct hv_msi_desc3 */
static void run_create3(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a)
{
	(void)pci;
	compose(ch, cw_get32(data + 8), cw_get16(data + 14),
		cw_get16(data + 16) ? cw_get16(data + 18) : ~0U, a);
}

static const struct {
	__u32 type;
	__u32 len;		/* at least */
	__u32 slot_offset;	/* of the function's number; 0: the message is for the bus */
	void (*run)(struct cw_channel *ch, struct pci *pci, const __u8 *data, struct answer *a);
} pci_rows[] = {
	{ PCI_QUERY_VERSION,		  8, 0, run_version },
	{ PCI_QUERY_BUS_RELATIONS,	  4, 0, run_relations },
	{ PCI_QUERY_REQUIREMENTS,	  8, 4, run_requirements },
	{ PCI_D0_ENTRY,			 16, 0, run_d0_entry },
	{ PCI_D0_EXIT,			  4, 0, run_d0_exit },
	{ PCI_RESOURCES_ASSIGNED,	  8, 4, run_nothing },
	{ PCI_RESOURCES_ASSIGNED2,	  8, 4, run_nothing },
	{ PCI_RESOURCES_RELEASED,	  8, 4, run_nothing },
	{ PCI_EJECTION_COMPLETE,	  8, 4, run_nothing },
	{ PCI_CREATE_INTERRUPT,		 24, 4, run_create },
	{ PCI_CREATE_INTERRUPT2,	 16, 4, run_create2 },
	{ PCI_CREATE_INTERRUPT3,	 20, 4, run_create3 },
	{ PCI_DELETE_INTERRUPT,		  8, 4, run_nothing },
	{ PCI_READ_BLOCK,		 16, 8, run_refused },
	{ PCI_WRITE_BLOCK,		 16, 8, run_refused },
};

static void message_run(struct cw_channel *ch, struct cw_packet *p, struct answer *a)
{
	struct pci *pci = ch->dev->priv;
	size_t i;

	a->status = CW_NT_NOT_SUPPORTED;
	for (i = 0; p->len >= 4 && i < CW_NR(pci_rows); i++) {
		if (pci_rows[i].type != cw_get32(p->data))
			continue;
		a->status = p->len < pci_rows[i].len ? CW_NT_INVALID_PARAMETER :
			    pci_rows[i].slot_offset && cw_get32(p->data + pci_rows[i].slot_offset) ?
			    CW_NT_NO_SUCH_DEVICE : CW_NT_OK;
		if (a->status == CW_NT_OK)
			pci_rows[i].run(ch, pci, p->data, a);
		return;
	}
	if (!pci->noted)
		cw_referee_note(ch->dev->box, "pci", "a message that is not known here");
	pci->noted = true;
}

static void pci_packet(struct cw_channel *ch, struct cw_packet *p)
{
	struct answer a = { .len = 4 };

	message_run(ch, p, &a);
	if (p->flags & CW_PKT_WANTS_COMP)
		cw_channel_complete(ch, p->id, &a, (__u32)sizeof(a.status) + a.len);
}

/* ---- the window ---- */

static void config_write(struct pci *pci, __u32 offset, __u32 size, __u64 value)
{
	__u32 i;

	for (i = offset; i < offset + size && i < CONFIG_LEN; i++, value >>= 8)
		pci->config[i] = (__u8)((pci->config[i] & ~pci->mask[i]) | (value & pci->mask[i]));
}

static __u64 config_read(const struct pci *pci, __u32 offset, __u32 size)
{
	__u64 value = 0;

	/* no such function: all ones; nothing at that offset: zeroes */
	if (pci->slot)
		value = ~0ULL;
	else if (offset < CONFIG_LEN)
		memcpy(&value, pci->config + offset,
		       size < CONFIG_LEN - offset ? size : CONFIG_LEN - offset);
	return value & ((1ULL << 8 * size) - 1);
}

static __u16 window_access(struct pci *pci, __u64 offset, __u32 size, bool write, __u64 *value)
{
	if (offset == 0 && size == 4) {
		if (write)
			pci->slot = (__u32)*value;
		else
			*value = pci->slot;
		return CW_HV_SUCCESS;
	}
	if (offset < WINDOW_CONFIG)
		return CW_HV_INVALID_PARAMETER;
	if (!write)
		*value = config_read(pci, (__u32)offset - WINDOW_CONFIG, size);
	else if (!pci->slot)
		config_write(pci, (__u32)offset - WINDOW_CONFIG, size, *value);
	return CW_HV_SUCCESS;
}

static bool is_in_bar(const struct pci *pci, __u64 gpa)
{
	return pci->config[COMMAND_OFFSET] & COMMAND_MEMORY &&
	       gpa - cw_get32(pci->config + BAR_OFFSET) < BAR_SIZE;
}

static struct pci *find_bus(struct cw_box *box)
{
	struct cw_channel *ch = NULL;
	struct pci *pci;

	while ((ch = cw_vmbus_next(box, ch))) {
		pci = ch->dev->priv;
		if (ch->dev->ops == &cw_dev_pci && ch->is_open && pci->in_d0)
			return pci;
	}
	return NULL;
}

__u16 cw_dev_pci_mmio(struct cw_box *box, __u64 gpa, __u32 size, bool write, __u64 *value)
{
	struct pci *pci = find_bus(box);

	gpa = cw_mem_gpa(&box->mem, gpa);
	if (!pci || (size != 1 && size != 2 && size != 4) || gpa & (size - 1))
		return CW_HV_INVALID_PARAMETER;
	if (gpa - pci->window < WINDOW_LEN)
		return window_access(pci, gpa - pci->window, size, write, value);
	if (!is_in_bar(pci, gpa))
		return CW_HV_INVALID_PARAMETER;
	if (!write)
		*value = BAR_CONSTANT >> 8 * (gpa & 7) & ((1ULL << 8 * size) - 1);
	return CW_HV_SUCCESS;
}

/* ---- the device ---- */

static int pci_init(struct cw_dev *dev)
{
	struct pci *pci = calloc(1, sizeof(*pci));

	if (!pci)
		return cw_err(-ENOMEM, "cannot make a PCI function");
	config_reset(pci);
	dev->priv = pci;
	return 0;
}

static void pci_exit(struct cw_dev *dev)
{
	free(dev->priv);
	dev->priv = NULL;
}

static void pci_close(struct cw_channel *ch)
{
	struct pci *pci = ch->dev->priv;

	pci->in_d0 = false;
	pci->version = 0;
}

const struct cw_dev_ops cw_dev_pci = {
	.name = "pci",
	.type = CW_GUID(0x44c4f61d, 0x4444, 0x4400, 0x9d, 0x52, 0x80, 0x2e, 0x27, 0xed, 0xe1, 0x9f),
	.mmio_mb = 8,		/* 0 would mean: none, and the guest could not place the window */
	.init = pci_init,
	.exit = pci_exit,
	.close = pci_close,
	.packet = pci_packet,
};
