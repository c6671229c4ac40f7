// SPDX-License-Identifier: GPL-2.0-only
/* The claims that a kernel's structures make, recorded: of 6.12, where it has them.  What becomes
 * of claims: owners.c.
 */
#include "unit.h"

#include "fake_kernel.h"
#include "owners.h"

#define DIRECT 0xffff888000000000ULL
#define VMALLOC 0xffffc90000000000ULL
#define VMEMMAP 0xffffea0000000000ULL
#define VA(gfn) (DIRECT + ((gfn) << 12))
#define PAGE(gfn) (VMEMMAP + (gfn) * 64)
#define SYM(n) (0xffffffff82a00000ULL + (n) * 0x1000ULL)

static struct fake fake;
static struct cw_kernel kernel;
static struct cw_shared shared;
static struct cw_claims claims;

static void maps(__u64 vaddr, __u64 gfn, __u64 nr_pages)
{
	const struct cw_inv_run run = { .vaddr = vaddr, .gfn = gfn, .nr_pages = nr_pages,
					.pte = gfn << 12 | 3, .shift = 12 };

	assert_int_equal(cw_shared_add(&shared, &run), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	memset(&claims, 0, sizeof(claims));
	shared.direct_first = DIRECT;
	shared.direct_last = VMALLOC - 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_shared_free(&shared);
	cw_claims_free(&claims);
	return 0;
}

/* Part of what 6.12 has, where it has it; netvsc's are those of 6.1, of its own size. */
static void types_make(void)
{
	int list, pool, device, offer, offermsg, array, guid, inbound;

	fake_start(&fake, &kernel);
	list = fake_struct(&fake, "list_head", 16);
	fake_member(&fake, "next", fake.u64, 0);
	fake_member(&fake, "prev", fake.u64, 8);
	fake_struct(&fake, "page", 64);
	fake_member(&fake, "flags", fake.u64, 0);
	pool = fake_struct(&fake, "io_tlb_pool", 64);
	fake_member(&fake, "start", fake.u64, 0);
	fake_member(&fake, "end", fake.u64, 8);
	fake_struct(&fake, "io_tlb_mem", 112);
	fake_member(&fake, "defpool", pool, 0);
	fake_struct(&fake, "gen_pool", 64);
	fake_member(&fake, "chunks", list, 8);
	fake_struct(&fake, "gen_pool_chunk", 64);
	fake_member(&fake, "next_chunk", list, 0);
	fake_member(&fake, "start_addr", fake.u64, 40);
	fake_member(&fake, "end_addr", fake.u64, 48);
	array = btf__add_array(fake.btf, fake.u32, fake.u64, 2);
	fake_struct(&fake, "vmbus_connection", 280);
	fake_member(&fake, "int_page", fake.u64, 48);
	fake_member(&fake, "monitor_pages", array, 72);
	fake_member(&fake, "channels", fake.u64, 160);
	guid = btf__add_array(fake.btf, fake.u32, fake.u8, 16);
	offer = fake_struct(&fake, "vmbus_channel_offer", 176);
	fake_member(&fake, "if_type", guid, 0);
	fake_member(&fake, "sub_channel_index", fake.u32, 172);
	offermsg = fake_struct(&fake, "vmbus_channel_offer_channel", 196);
	fake_member(&fake, "offer", offer, 8);
	inbound = fake_struct(&fake, "hv_ring_buffer_info", 80);
	fake_member(&fake, "pkt_buffer", fake.u64, 64);
	fake_member(&fake, "pkt_buffer_size", fake.u32, 72);
	fake_struct(&fake, "vmbus_channel", 992);
	fake_member(&fake, "device_obj", fake.u64, 16);
	fake_member(&fake, "offermsg", offermsg, 28);
	fake_member(&fake, "ringbuffer_page", fake.u64, 288);
	fake_member(&fake, "ringbuffer_pagecount", fake.u32, 296);
	fake_member(&fake, "inbound", inbound, 384);
	fake_struct(&fake, "device_driver", 144);
	fake_member(&fake, "name", fake.u64, 0);
	device = fake_struct(&fake, "device", 600);
	fake_member(&fake, "driver", fake.u64, 104);
	fake_member(&fake, "driver_data", fake.u64, 120);
	fake_struct(&fake, "hv_device", 700);
	fake_member(&fake, "device", device, 40);
	fake_struct(&fake, "net_device", 40);
	fake_member(&fake, "flags", fake.u64, 0);
	fake_struct(&fake, "net_device_context", 64);
	fake_member(&fake, "nvdev", fake.u64, 8);
	fake_struct(&fake, "netvsc_device", 200);
	fake_member(&fake, "recv_buf", fake.u64, 40);
	fake_member(&fake, "recv_buf_size", fake.u32, 56);
	fake_member(&fake, "send_buf", fake.u64, 104);
	fake_member(&fake, "send_buf_size", fake.u32, 120);
	fake_struct(&fake, "hv_context", 24);
	fake_member(&fake, "cpu_context", fake.u64, 8);
	fake_struct(&fake, "hv_per_cpu_context", 64);
	fake_member(&fake, "synic_message_page", fake.u64, 0);
	fake_member(&fake, "synic_event_page", fake.u64, 8);
	fake_member(&fake, "post_msg_page", fake.u64, 16);
	fake_struct(&fake, "hv_enc_pfn_region", 32);
	fake_member(&fake, "list", list, 0);
	fake_member(&fake, "pfn", fake.u64, 16);
	fake_member(&fake, "count", fake.u32, 24);
	fake_done(&fake, &kernel);
}

/* The claims that came of it, by owner: pages, and the first frame. */
static __u64 claimed(__u32 owner, __u64 *first)
{
	__u64 nr = 0;
	size_t i;

	*first = 0;
	for (i = 0; i < claims.nr; i++) {
		if (claims.claim[i].owner != owner)
			continue;
		if (!nr)
			*first = claims.claim[i].gfn;
		nr += claims.claim[i].nr_pages;
	}
	return nr;
}

#define CLAIMED(owner, gfn, nr) \
	do { \
		__u64 first_; \
		assert_int_equal(claimed(owner, &first_), nr); \
		assert_int_equal(first_, gfn); \
	} while (0)

static void memory_make(void)
{
	fake_set(&fake, SYM(0), VMEMMAP);
	kernel.sym[CW_SYM_vmemmap_base] = SYM(0);
	fake_set(&fake, SYM(1), 0x2000000);	/* phys_base */
	kernel.sym[CW_SYM_phys_base] = SYM(1);
	kernel.sym[CW_SYM_io_tlb_default_mem] = SYM(2);
	fake_set(&fake, SYM(2), 0x800000);
	fake_set(&fake, SYM(2) + 8, 0x900000);
	kernel.sym[CW_SYM_atomic_pool_dma] = SYM(3);
	fake_set(&fake, SYM(3), VA(0x40));
	fake_set(&fake, VA(0x40) + 8, VA(0x41));	/* one chunk, and back */
	fake_set(&fake, VA(0x41), VA(0x40) + 8);
	fake_set(&fake, VA(0x41) + 40, VA(0x700));
	fake_set(&fake, VA(0x41) + 48, VA(0x720) - 1);
	kernel.sym[CW_SYM___per_cpu_offset] = SYM(4);
	fake_set(&fake, SYM(4), 0);
	fake_set(&fake, SYM(4) + 8, 0x10000);
	kernel.sym[CW_SYM__text] = 0xffffffff81000000;
	kernel.sym[CW_SYM__etext] = 0xffffffff81003000;
}

static void test_claims_of_structures(void **state)
{
	(void)state;
	types_make();
	memory_make();
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 2), 0);
	CLAIMED(CW_OWNER_BOUNCE, 0x800, 0x100);
	CLAIMED(CW_OWNER_DMA_POOL, 0x700, 0x20);
	CLAIMED(CW_OWNER_KERNEL, 0x3000, 3);
	assert_int_equal(claims.failed, 0);
	cw_kernel_free(&kernel);
}

/* A list whose links lead nowhere ends, and is counted. */
static void test_list_that_breaks(void **state)
{
	(void)state;
	types_make();
	memory_make();
	fake_set(&fake, VA(0x41), 0x1234560);
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 1), 0);
	CLAIMED(CW_OWNER_DMA_POOL, 0x700, 0x20);
	assert_int_equal(claims.failed, 1);
	cw_claims_free(&claims);
	/* and one that runs in a circle too */
	fake_set(&fake, VA(0x41), VA(0x41));
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 1), 0);
	assert_true(claims.nr < 5000);
	cw_kernel_free(&kernel);
}

#define CHANNELS VA(0x50)
#define CHANNEL VA(0x60)
#define HV_DEV VA(0x61)
#define DRIVER VA(0x62)
#define NAME VA(0x63)
#define NET VA(0x64)
#define NVDEV VA(0x65)

static void vmbus_make(void)
{
	const __u8 nic[16] = { 0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46,
			       0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e };
	__u64 low, high;

	memcpy(&low, nic, 8);
	memcpy(&high, nic + 8, 8);
	kernel.sym[CW_SYM_vmbus_connection] = SYM(5);
	fake_set(&fake, SYM(5) + 48, VA(0x110));
	fake_set(&fake, SYM(5) + 72, VA(0x120));
	fake_set(&fake, SYM(5) + 80, VA(0x121));
	fake_set(&fake, SYM(5) + 160, CHANNELS);
	fake_set(&fake, CHANNEL + 16, HV_DEV);
	/* 28 + 8: the GUID begins in the middle of a word */
	fake_set(&fake, CHANNEL + 32, low << 32);
	fake_set(&fake, CHANNEL + 40, low >> 32 | high << 32);
	fake_set(&fake, CHANNEL + 48, high >> 32);
	fake_set(&fake, CHANNEL + 208, 0);	/* sub_channel_index */
	fake_set(&fake, CHANNEL + 288, PAGE(0x2000));
	fake_set(&fake, CHANNEL + 296, 16);
	fake_set(&fake, CHANNEL + 384 + 64, VA(0x130));
	fake_set(&fake, CHANNEL + 384 + 72, 5000);
	fake_set(&fake, HV_DEV + 144, DRIVER);
	fake_set(&fake, HV_DEV + 160, NET);
	fake_set(&fake, DRIVER, NAME);
	memcpy(&low, "hv_netvs", 8);
	fake_set(&fake, NAME, low);
	fake_set(&fake, NAME + 8, 'c');
	/* the driver's part begins after 40 bytes, at a multiple of 32 */
	fake_set(&fake, NET + 64 + 8, NVDEV);
	fake_set(&fake, NVDEV + 40, VMALLOC);
	fake_set(&fake, NVDEV + 56, 3 * 4096 - 100);
	fake_set(&fake, NVDEV + 104, VMALLOC + 0x100000);	/* not shared */
	fake_set(&fake, NVDEV + 120, 4096);
}

/* The channel array is read whole: channel 7 of 2048. */
static int vmbus_read(void *ctx, __u64 addr, void *buf, size_t len)
{
	struct fake *f = ctx;
	__u64 *slot = buf;

	if (addr != CHANNELS)
		return fake_read(f, addr, buf, len);
	memset(buf, 0, len);
	slot[7] = CHANNEL;
	return 0;
}

static void test_claims_of_vmbus(void **state)
{
	size_t i;

	(void)state;
	types_make();
	memory_make();
	vmbus_make();
	kernel.read = vmbus_read;
	maps(VMALLOC, 0x3000, 2);
	maps(VMALLOC + 0x2000, 0x3500, 2);	/* the buffer is one page shorter */
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 1), 0);
	CLAIMED(CW_OWNER_MONITOR, 0x120, 2);
	CLAIMED(CW_OWNER_INT_PAGE, 0x110, 1);
	CLAIMED(CW_OWNER_RING, 0x2000, 16);
	CLAIMED(CW_OWNER_PACKET_COPY, 0x130, 2);
	CLAIMED(CW_OWNER_NETVSC, 0x3000, 3);
	for (i = 0; i < claims.nr; i++) {
		__u32 owner = claims.claim[i].owner;

		if (owner == CW_OWNER_RING || owner == CW_OWNER_NETVSC)
			assert_int_equal(claims.claim[i].relid, 7);
	}
	assert_int_equal(claims.failed, 0);
	cw_claims_free(&claims);
	/* bound to another driver: its private data is something else */
	fake_set(&fake, NAME + 8, 'x');
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 1), 0);
	CLAIMED(CW_OWNER_NETVSC, 0, 0);
	CLAIMED(CW_OWNER_RING, 0x2000, 16);
	cw_kernel_free(&kernel);
}

static void test_claims_of_cpus(void **state)
{
	size_t i, nr = 0;

	(void)state;
	types_make();
	memory_make();
	kernel.sym[CW_SYM_hv_context] = SYM(6);
	fake_set(&fake, SYM(6) + 8, 0x20000);
	for (i = 0; i < 2; i++) {
		fake_set(&fake, 0x20000 + i * 0x10000, VMALLOC + i * 0x2000);
		fake_set(&fake, 0x20008 + i * 0x10000, VMALLOC + 0x1000 + i * 0x2000);
		fake_set(&fake, 0x20010 + i * 0x10000, VA(0x150 + i));
	}
	kernel.sym[CW_SYM_hyperv_pcpu_input_arg] = SYM(7);
	fake_set(&fake, SYM(7), 0x40000);
	fake_set(&fake, 0x40000, VA(0x160));
	fake_set(&fake, 0x50000, VA(0x162));
	maps(VMALLOC, 0x10000, 4);
	assert_int_equal(cw_claims_read(&claims, &kernel, &shared, 2), 0);
	CLAIMED(CW_OWNER_SYNIC, 0x10000, 4);
	CLAIMED(CW_OWNER_POST_MSG, 0x150, 2);
	CLAIMED(CW_OWNER_HYPERCALL, 0x160, 2);
	for (i = 0; i < claims.nr; i++)
		nr += claims.claim[i].cpu == 1;
	assert_int_equal(nr, 4);
	cw_kernel_free(&kernel);
}

static void test_kexec_list(void **state)
{
	struct cw_mode_state mode = { .mode = CW_MODE_SNP_VTOM, .shared_mask = 1ULL << 39 };
	struct cw_ev_owner ev = { .gfn = 0x200 };

	(void)state;
	types_make();
	/* without such a list nothing is undone */
	assert_int_equal(cw_kexec_list_read(&claims, &kernel), 0);
	assert_false(cw_kexec_undoes(&mode, &claims, &ev, 0x200));
	kernel.sym[CW_SYM_hv_list_enc] = SYM(8);
	fake_set(&fake, SYM(8), VA(0x70));
	fake_set(&fake, VA(0x70), SYM(8));
	fake_set(&fake, VA(0x70) + 16, 0x200);
	fake_set(&fake, VA(0x70) + 24, 2);
	assert_int_equal(cw_kexec_list_read(&claims, &kernel), 0);
	mode.kexec_by = CW_CALLBACKS_VTOM;
	assert_true(cw_kexec_undoes(&mode, &claims, &ev, 0x201));
	assert_false(cw_kexec_undoes(&mode, &claims, &ev, 0x202));
	mode.kexec_by = CW_CALLBACKS_TDX;	/* looks through the direct map */
	assert_true(cw_kexec_undoes(&mode, &claims, &ev, 0x202));
	ev.flags = CW_OWNER_NO_DIRECT;
	assert_false(cw_kexec_undoes(&mode, &claims, &ev, 0x202));
	cw_claims_free(&claims);
	fake_set(&fake, VA(0x70), 0x1000);
	assert_int_equal(cw_kexec_list_read(&claims, &kernel), -EFAULT);
	cw_kernel_free(&kernel);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_claims_of_structures), CASE(test_list_that_breaks), CASE(test_claims_of_vmbus),
	CASE(test_claims_of_cpus), CASE(test_kexec_list),
};

UNIT_MAIN(tests)
