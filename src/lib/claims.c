// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel's structures claim: each owner's pages, from symbols and BTF.  What this kernel
 * does not have is passed over.  A list that changes meanwhile may be followed into
 * what is no longer of it: such a claim is on frames that nobody shares, and comes to nothing.
 */
#include "owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/check.h>

#define IMAGE_BASE	0xffffffff80000000ULL	/* __START_KERNEL_map */
#define LIST_MAX	4096			/* entries followed in a list */
#define PAGES_MAX	(1ULL << 24)		/* of one claim: 64 GiB */

/* GUID of a network device as it stands in an offer. */
static const __u8 nic_guid[16] = { 0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46,
				   0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e };

/* Where claims go, and what translates an address into frames. */
struct taker {
	struct cw_claims *c;
	const struct cw_kernel *k;
	const struct cw_shared *s;
	__u64 vmemmap;
	__u64 phys_base;
	__u32 page_size;	/* of struct page */
	__u32 nr_cpus;
	__u32 relid;		/* of the claims being taken */
	__u32 cpu;
	__u32 flags;
	int err;
};

static __u64 pages_of(__u64 bytes)
{
	return (bytes + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT;
}

static void take(struct taker *t, enum cw_owner owner, __u64 gfn, __u64 nr_pages)
{
	const struct cw_claim claim = {
		.gfn = gfn,
		.nr_pages = nr_pages,
		.owner = owner,
		.relid = t->relid,
		.cpu = t->cpu,
		.flags = t->flags,
	};

	if (nr_pages && nr_pages <= PAGES_MAX && !t->err)
		t->err = cw_claims_add(t->c, &claim);
}

/* Pages by address.  In other mappings only shared ones are of interest, and those are known. */
static void take_va(struct taker *t, enum cw_owner owner, __u64 va, __u64 nr_pages)
{
	__u64 end = va + (nr_pages << CW_PAGE_SHIFT);

	if (!va || nr_pages > PAGES_MAX)
		return;
	if (cw_shared_is_direct(t->s, va)) {
		take(t, owner, (va - t->s->direct_first) >> CW_PAGE_SHIFT, nr_pages);
		return;
	}
	if (va >= IMAGE_BASE && va < IMAGE_BASE + (1ULL << 30)) {
		take(t, owner, (va - IMAGE_BASE + t->phys_base) >> CW_PAGE_SHIFT, nr_pages);
		return;
	}
	for (va &= ~(CW_PAGE_SIZE - 1); va < end;) {
		const struct cw_inv_run *run = cw_shared_at(t->s, va);
		__u64 skip, n = 1;

		if (run) {
			skip = (va - run->vaddr) >> CW_PAGE_SHIFT;
			n = run->nr_pages - skip;
			if (n > pages_of(end - va))
				n = pages_of(end - va);
			take(t, owner, run->gfn + skip, n);
		}
		va += n << CW_PAGE_SHIFT;
	}
}

/* What a read that failed means: -ENOENT, this kernel has no such thing; else it is counted. */
static bool got(struct taker *t, int err)
{
	t->c->failed += err && err != -ENOENT;
	return !err;
}

static bool var(struct taker *t, enum cw_kernel_sym sym, __u64 *value)
{
	return got(t, cw_kernel_var(t->k, sym, 8, value)) && *value;
}

static bool member(struct taker *t, __u64 base, enum cw_kernel_type type, const char *path,
		   __u64 *value)
{
	return got(t, cw_kernel_get(t->k, base, type, path, value));
}

/* ---- memory for devices ---- */

static void bounce_take(struct taker *t)
{
	__u64 at = t->k->sym[CW_SYM_io_tlb_default_mem], start, end;

	if (!at)
		return;
	/* since 6.6 it is made of pools, the first of them inside */
	if (!cw_kernel_get(t->k, at, CW_TYPE_io_tlb_mem, "defpool.start", &start)) {
		if (!member(t, at, CW_TYPE_io_tlb_mem, "defpool.end", &end))
			return;
	} else if (!member(t, at, CW_TYPE_io_tlb_mem, "start", &start) ||
		   !member(t, at, CW_TYPE_io_tlb_mem, "end", &end)) {
		return;
	}
	if (end > start)
		take(t, CW_OWNER_BOUNCE, start >> CW_PAGE_SHIFT, (end - start) >> CW_PAGE_SHIFT);
}

static void pool_take(struct taker *t, enum cw_kernel_sym sym)
{
	__u64 pool, head, link, start, end;
	struct cw_kernel_field chunks;
	int i;

	if (!var(t, sym, &pool) || !cw_kernel_field(t->k, CW_TYPE_gen_pool, "chunks", &chunks))
		return;
	head = pool + chunks.bit_off / 8;
	if (!member(t, pool, CW_TYPE_gen_pool, "chunks.next", &link))
		return;
	for (i = 0; i < LIST_MAX && link != head && !t->err; i++) {
		/* the links are what a chunk begins with */
		if (!member(t, link, CW_TYPE_gen_pool_chunk, "start_addr", &start) ||
		    !member(t, link, CW_TYPE_gen_pool_chunk, "end_addr", &end))
			return;
		take_va(t, CW_OWNER_DMA_POOL, start, pages_of(end + 1 - start));
		if (!member(t, link, CW_TYPE_gen_pool_chunk, "next_chunk.next", &link))
			return;
	}
}

/* ---- VMBus ---- */

static void connection_take(struct taker *t)
{
	__u64 at = t->k->sym[CW_SYM_vmbus_connection], page[2] = { 0 };
	struct cw_kernel_field f;

	if (!at)
		return;
	if (cw_kernel_field(t->k, CW_TYPE_vmbus_connection, "monitor_pages", &f) &&
	    got(t, cw_kernel_read(t->k, at + f.bit_off / 8, page, sizeof(page)))) {
		take_va(t, CW_OWNER_MONITOR, page[0], 1);
		take_va(t, CW_OWNER_MONITOR, page[1], 1);
	}
	if (member(t, at, CW_TYPE_vmbus_connection, "int_page", &page[0]))
		take_va(t, CW_OWNER_INT_PAGE, page[0], 1);
}

/* From a bound network device to what its driver shares. */
static void netvsc_take(struct taker *t, __u64 channel)
{
	__u64 dev, driver, name, net, nvdev, va, size;
	struct cw_kernel_field f;
	char text[16] = "";

	if (!member(t, channel, CW_TYPE_vmbus_channel, "device_obj", &dev) || !dev ||
	    !member(t, dev, CW_TYPE_hv_device, "device.driver", &driver) || !driver ||
	    !member(t, driver, CW_TYPE_device_driver, "name", &name) ||
	    !got(t, cw_kernel_read(t->k, name, text, sizeof(text) - 1)) ||
	    strcmp(text, "hv_netvsc") != 0 ||
	    !member(t, dev, CW_TYPE_hv_device, "device.driver_data", &net) || !net)
		return;
	/* the driver's part follows struct net_device, as a member of it since 6.9 */
	if (cw_kernel_field(t->k, CW_TYPE_net_device, "priv", &f))
		net += f.bit_off / 8;
	else
		net += (cw_kernel_sizeof(t->k, CW_TYPE_net_device) + 31) & ~31U;
	if (!member(t, net, CW_TYPE_net_device_context, "nvdev", &nvdev) || !nvdev)
		return;
	if (member(t, nvdev, CW_TYPE_netvsc_device, "recv_buf", &va) &&
	    member(t, nvdev, CW_TYPE_netvsc_device, "recv_buf_size", &size))
		take_va(t, CW_OWNER_NETVSC, va, pages_of(size));
	if (member(t, nvdev, CW_TYPE_netvsc_device, "send_buf", &va) &&
	    member(t, nvdev, CW_TYPE_netvsc_device, "send_buf_size", &size))
		take_va(t, CW_OWNER_NETVSC, va, pages_of(size));
}

static void channel_take(struct taker *t, __u64 channel)
{
	__u64 page, count, sub = 0, confidential;
	struct cw_kernel_field f;
	__u8 guid[16];

	if (!cw_kernel_get(t->k, channel, CW_TYPE_vmbus_channel, "co_ring_buffer", &confidential))
		t->flags = confidential ? CW_OWNER_CONFIDENTIAL : 0;
	if (member(t, channel, CW_TYPE_vmbus_channel, "ringbuffer_page", &page) && page > t->vmemmap &&
	    t->page_size && member(t, channel, CW_TYPE_vmbus_channel, "ringbuffer_pagecount", &count))
		take(t, CW_OWNER_RING, (page - t->vmemmap) / t->page_size, count);
	t->flags = 0;
	if (member(t, channel, CW_TYPE_vmbus_channel, "inbound.pkt_buffer", &page) &&
	    member(t, channel, CW_TYPE_vmbus_channel, "inbound.pkt_buffer_size", &count))
		take_va(t, CW_OWNER_PACKET_COPY, page, pages_of(count));
	if (!cw_kernel_field(t->k, CW_TYPE_vmbus_channel, "offermsg.offer.if_type", &f) ||
	    !got(t, cw_kernel_read(t->k, channel + f.bit_off / 8, guid, sizeof(guid))) ||
	    memcmp(guid, nic_guid, sizeof(guid)) != 0)
		return;
	member(t, channel, CW_TYPE_vmbus_channel, "offermsg.offer.sub_channel_index", &sub);
	if (!cw_kernel_get(t->k, channel, CW_TYPE_vmbus_channel, "co_external_memory", &confidential))
		t->flags = confidential ? CW_OWNER_CONFIDENTIAL : 0;
	if (!sub)
		netvsc_take(t, channel);
	t->flags = 0;
}

int cw_channels_read(const struct cw_kernel *k, __u64 channel[CW_RELIDS_MAX])
{
	__u64 at = k->sym[CW_SYM_vmbus_connection], array = 0;
	int err = at ? cw_kernel_get(k, at, CW_TYPE_vmbus_connection, "channels", &array) : -ENOENT;

	if (!err && !array)
		err = -ENOENT;
	return err ? err : cw_kernel_read(k, array, channel, CW_RELIDS_MAX * sizeof(*channel));
}

static void channels_take(struct taker *t)
{
	__u64 *channel = calloc(CW_RELIDS_MAX, sizeof(*channel));
	__u32 i;

	if (!channel) {
		t->err = -ENOMEM;
		return;
	}
	if (got(t, cw_channels_read(t->k, channel)))
		for (i = 0; i < CW_RELIDS_MAX && !t->err; i++) {
			t->relid = i;
			if (channel[i])
				channel_take(t, channel[i]);
		}
	t->relid = 0;
	free(channel);
}

/* ---- one for each CPU ---- */

/* A page that a per-CPU variable points to. */
static void percpu_page_take(struct taker *t, enum cw_owner owner, __u64 pointer)
{
	__u64 at, va;

	if (got(t, cw_kernel_percpu(t->k, pointer, t->cpu, &at)) &&
	    got(t, cw_kernel_read_num(t->k, at, 8, &va)))
		take_va(t, owner, va, 1);
}

static void synic_take(struct taker *t)
{
	static const struct {
		const char *member;
		enum cw_owner owner;
	} rows[] = {
		{ "synic_message_page", CW_OWNER_SYNIC },	/* renamed in 6.19 */
		{ "synic_event_page", CW_OWNER_SYNIC },
		{ "hyp_synic_message_page", CW_OWNER_SYNIC },
		{ "hyp_synic_event_page", CW_OWNER_SYNIC },
		{ "para_synic_message_page", CW_OWNER_PARA_SYNIC },
		{ "para_synic_event_page", CW_OWNER_PARA_SYNIC },
		{ "post_msg_page", CW_OWNER_POST_MSG },
	};
	__u64 at = t->k->sym[CW_SYM_hv_context], context, mine, va;
	size_t i;

	if (!at || !member(t, at, CW_TYPE_hv_context, "cpu_context", &context) || !context ||
	    !got(t, cw_kernel_percpu(t->k, context, t->cpu, &mine)))
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (member(t, mine, CW_TYPE_hv_per_cpu_context, rows[i].member, &va))
			take_va(t, rows[i].owner, va, 1);
}

static void cpu_take(struct taker *t)
{
	static const enum cw_kernel_sym kvm[] = { CW_SYM_apf_reason, CW_SYM_steal_time,
						  CW_SYM_kvm_apic_eoi };
	__u64 value, at;
	size_t i;

	synic_take(t);
	if (var(t, CW_SYM_hv_ghcb_pg, &value))
		percpu_page_take(t, CW_OWNER_GHCB, value);
	if (var(t, CW_SYM_hyperv_pcpu_input_arg, &value))
		percpu_page_take(t, CW_OWNER_HYPERCALL, value);
	if (var(t, CW_SYM_hyperv_pcpu_output_arg, &value))
		percpu_page_take(t, CW_OWNER_HYPERCALL, value);
	if (var(t, CW_SYM_hv_vp_assist_page, &value) &&
	    got(t, cw_kernel_read_num(t->k, value + 8ULL * t->cpu, 8, &at)))
		take_va(t, CW_OWNER_VP_ASSIST, at, 1);
	if (t->k->sym[CW_SYM_runtime_data])	/* a GHCB is what it begins with */
		percpu_page_take(t, CW_OWNER_GHCB, t->k->sym[CW_SYM_runtime_data]);
	for (i = 0; i < sizeof(kvm) / sizeof(kvm[0]); i++)
		if (t->k->sym[kvm[i]] &&
		    got(t, cw_kernel_percpu(t->k, t->k->sym[kvm[i]], t->cpu, &at)))
			take_va(t, CW_OWNER_KVM, at & ~(CW_PAGE_SIZE - 1), 1);
}

/* ---- the kernel itself ---- */

static void section_take(struct taker *t, enum cw_owner owner, enum cw_kernel_sym first,
			 enum cw_kernel_sym end)
{
	__u64 from = t->k->sym[first], to = t->k->sym[end];

	if (from && to > from)
		take_va(t, owner, from, (to - from) >> CW_PAGE_SHIFT);
}

static void kernel_take(struct taker *t)
{
	__u64 va;

	section_take(t, CW_OWNER_BSS, CW_SYM___start_bss_decrypted, CW_SYM___end_bss_decrypted);
	section_take(t, CW_OWNER_KERNEL, CW_SYM__text, CW_SYM__etext);
	section_take(t, CW_OWNER_KERNEL, CW_SYM___start_rodata, CW_SYM___end_rodata);
	if (var(t, CW_SYM_hvclock_mem, &va))
		take_va(t, CW_OWNER_KVM, va,
			pages_of((__u64)t->nr_cpus *
				 cw_kernel_sizeof(t->k, CW_TYPE_pvclock_vsyscall_time_info)));
}

int cw_claims_read(struct cw_claims *c, const struct cw_kernel *k, const struct cw_shared *s,
		   __u32 nr_cpus)
{
	struct taker t = { .c = c, .k = k, .s = s, .cpu = CW_NO_INDEX, .nr_cpus = nr_cpus };

	memset(c, 0, sizeof(*c));
	t.page_size = cw_kernel_sizeof(k, CW_TYPE_page);
	var(&t, CW_SYM_vmemmap_base, &t.vmemmap);
	var(&t, CW_SYM_phys_base, &t.phys_base);
	bounce_take(&t);
	pool_take(&t, CW_SYM_atomic_pool_dma);
	pool_take(&t, CW_SYM_atomic_pool_dma32);
	pool_take(&t, CW_SYM_atomic_pool_kernel);
	connection_take(&t);
	channels_take(&t);
	kernel_take(&t);
	for (t.cpu = 0; t.cpu < nr_cpus && !t.err; t.cpu++)
		cpu_take(&t);
	cw_claims_sort(c);
	return t.err;
}

/* ---- what a kexec undoes ---- */

int cw_kexec_list_read(struct cw_claims *c, const struct cw_kernel *k)
{
	__u64 head = k->sym[CW_SYM_hv_list_enc], link, pfn, count;
	int i, err;

	memset(c, 0, sizeof(*c));
	if (!head)
		return 0;
	err = cw_kernel_read_num(k, head, 8, &link);
	for (i = 0; !err && i < LIST_MAX && link != head; i++) {
		struct cw_claim claim = { .cpu = CW_NO_INDEX };

		/* the links are what a region begins with */
		err = cw_kernel_get(k, link, CW_TYPE_hv_enc_pfn_region, "pfn", &pfn);
		if (!err)
			err = cw_kernel_get(k, link, CW_TYPE_hv_enc_pfn_region, "count", &count);
		claim.gfn = pfn;
		claim.nr_pages = count;
		if (!err)
			err = cw_claims_add(c, &claim);
		if (!err)
			err = cw_kernel_read_num(k, link, 8, &link);
	}
	cw_claims_sort(c);
	return err;
}
