// SPDX-License-Identifier: GPL-2.0-only
/* CPUID: the host's leaves with a few bits changed, and the Hyper-V leaves (TLFS, Feature and
 * Interface Discovery; include/hyperv/hvgdk.h) of a paravisor that offers SNP with vTOM.
 */
#include "cpuid.h"

#include <string.h>

#include "util.h"

#define WIDTH_MAX	48	/* what four levels of nested paging translate */

/* A change to a leaf of the host: bits to clear, then to set. */
struct change {
	__u32 leaf;
	__u32 clear[4];		/* eax ebx ecx edx */
	__u32 set[4];
};

static const struct change changes[] = {
	/* hypervisor present, x2APIC; an APIC, which KVM's list may lack; no MONITOR, no VMX */
	{ 0x1, { 0, 0, 1 << 3 | 1 << 5, 0 }, { 0, 0, 1U << 31 | 1 << 21, 1 << 9 } },
	/* no SVM */
	{ 0x80000001, { 0, 0, 1 << 2, 0 }, { 0, 0, 0, 0 } },
};

/* A leaf of our own. */
struct leaf {
	__u32 function;
	__u32 eax, ebx, ecx, edx;
};

static const struct leaf hyperv_leaves[] = {
	/* "Microsoft Hv" */
	{0x40000000, 0x4000000c, 0x7263694d, 0x666f736f, 0x76482074},
	{0x40000001, 0x31237648, 0, 0, 0}, /* Hv#1 */
	{0x40000002, 26100, 10 << 16, 0, 0},
	/* EAX: SynIC, hypercall MSRs, VP index, frequency MSRs, invariant TSC.
	 * EBX: post messages, signal events, isolation.  EDX: frequency MSRs, crash MSRs.
	 */
	{0x40000003, 1 << 2 | 1 << 5 | 1 << 6 | 1 << 11 | 1 << 15, 1 << 4 | 1 << 5 | 1 << 22, 0,
	 1 << 8 | 1 << 10},
	/* auto-EOI is deprecated (without it the SINT would never see an EOI); MMIO by hypercall */
	{0x40000004, 1 << 9 | 1 << 21, 0xffffffff, 0, 0},
	{0x40000005, 64, 64, 0, 0},
};

static const struct leaf confidential_leaves[] = {
	{ 0x40000080, 0x40000082, 0x7263694d, 0x666f736f, 0x76482074 },
	{ 0x40000081, 0x31235356, 0, 0, 0 },	/* VS#1: the virtualization stack's leaves */
	{ 0x40000082, 1 << 3, 0, 0, 0 },	/* confidential VMBus */
};

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *c, __u32 function)
{
	__u32 i;

	for (i = 0; i < c->nent; i++)
		if (c->entries[i].function == function)
			return &c->entries[i];
	return NULL;
}

unsigned int cw_cpuid_width(const struct kvm_cpuid2 *host)
{
	const struct kvm_cpuid_entry2 *e = find(host, 0x80000008);
	unsigned int width = e ? e->eax & 0xff : 0, guest = e ? e->eax >> 16 & 0xff : 0;

	if (guest && guest < width)
		width = guest;	/* GuestPhysAddrSize: KVM says what it can map */
	return width > WIDTH_MAX ? WIDTH_MAX : width;
}

__u64 cw_cpuid_xcr0(const struct kvm_cpuid2 *host)
{
	const struct kvm_cpuid_entry2 *e = find(host, 0xd);	/* index 0 comes first */

	return e ? (__u64)e->edx << 32 | e->eax : 0;
}

void cw_cpuid_vendor(const struct kvm_cpuid2 *host, char vendor[13])
{
	const struct kvm_cpuid_entry2 *e = find(host, 0);

	memset(vendor, 0, 13);
	if (!e)
		return;
	memcpy(vendor, &e->ebx, 4);
	memcpy(vendor + 4, &e->edx, 4);
	memcpy(vendor + 8, &e->ecx, 4);
}

static void change_leaf(struct kvm_cpuid_entry2 *e)
{
	size_t i;

	for (i = 0; i < CW_NR(changes); i++) {
		const struct change *c = &changes[i];

		if (c->leaf != e->function)
			continue;
		e->eax = (e->eax & ~c->clear[0]) | c->set[0];
		e->ebx = (e->ebx & ~c->clear[1]) | c->set[1];
		e->ecx = (e->ecx & ~c->clear[2]) | c->set[2];
		e->edx = (e->edx & ~c->clear[3]) | c->set[3];
	}
}

/* What tells vCPUs apart: APIC id and topology. */
static void number_leaf(struct kvm_cpuid_entry2 *e, unsigned int vp, unsigned int nr_cpus,
			unsigned int shared_bit)
{
	switch (e->function) {
	case 0x1:
		e->ebx = (e->ebx & 0xff00) | vp << 24 | nr_cpus << 16;
		e->edx = nr_cpus > 1 ? e->edx | 1 << 28 : e->edx & ~(1U << 28);
		break;
	case 0xb:
	case 0x1f:
		e->edx = vp;
		e->eax = e->index == 1 ? 2 : 0;
		e->ebx = e->index == 0 ? 1 : e->index == 1 ? nr_cpus : 0;
		e->ecx = e->index | (e->index < 2 ? (e->index + 1) << 8 : 0);
		break;
	case 0x80000008:
		e->eax = (e->eax & 0xff00) | (shared_bit + 1);
		e->ecx = (e->ecx & ~0xf0ffU) | 2 << 12 | (nr_cpus - 1);
		break;
	case 0x8000001e:
		e->eax = vp;
		e->ebx = vp;
		e->ecx = 0;
		break;
	}
}

static void add(struct kvm_cpuid2 *guest, const struct leaf *leaf, size_t nr)
{
	for (; nr && guest->nent < CW_CPUID_MAX; nr--, leaf++)
		guest->entries[guest->nent++] =
			(struct kvm_cpuid_entry2){ .function = leaf->function,
						  .eax = leaf->eax,
						  .ebx = leaf->ebx,
						  .ecx = leaf->ecx,
						  .edx = leaf->edx };
}

/* Hidden: KVM's own leaves, and memory encryption, which the paravisor keeps to itself. */
static bool is_hidden(const struct kvm_cpuid_entry2 *e)
{
	return (e->function >= 0x40000000 && e->function < 0x50000000) || e->function == 0x8000001f;
}

void cw_cpuid_build(struct kvm_cpuid2 *guest, const struct kvm_cpuid2 *host, unsigned int vp,
		    unsigned int nr_cpus, unsigned int shared_bit, bool confidential)
{
	/* EAX: a paravisor is there.  EBX: SNP, boundary active, which bit. */
	struct leaf isolation = { 0x4000000c, 1, 2 | 1 << 5 | shared_bit << 6, 0, 0 };
	__u32 i;

	guest->nent = 0;
	for (i = 0; i < host->nent && guest->nent < CW_CPUID_MAX; i++) {
		struct kvm_cpuid_entry2 *e = &guest->entries[guest->nent];

		if (is_hidden(&host->entries[i]))
			continue;
		*e = host->entries[i];
		change_leaf(e);
		number_leaf(e, vp, nr_cpus, shared_bit);
		guest->nent++;
	}
	add(guest, hyperv_leaves, CW_NR(hyperv_leaves));
	add(guest, &isolation, 1);
	if (confidential)
		add(guest, confidential_leaves, CW_NR(confidential_leaves));
}
