// SPDX-License-Identifier: GPL-2.0-only
/* What a guest asks of host and paravisor: GHCB pages and requests of the MSR protocol, Hyper-V
 * MSRs, hypercalls from the GHCB, from memory and from registers, with lists of frames whose
 * visibility changes.  What comes through the GHCB is the host's to answer: private memory is out
 * of bounds meanwhile.
 */
#include "fuzz_guest.h"

#define GHCB_GPA(vp)	cw_boot_supplied(&box, vp)
#define CALL_VISIBILITY	0xdb
#define BEGINS_MAX	2		/* it takes long */
#define LIST_GPA	0x8000ULL	/* private: the paravisor reads it */

static __u8 take_vp(struct input *in)
{
	return take8(in) % NR_VPS;
}

/* An address that is more often than not one of memory */
static __u64 take_gpa(struct input *in)
{
	__u32 where = take32(in);

	return where >> 31 ? take64(in) : where % (GUEST_BYTES + CW_PAGE_SIZE);
}

static void vmgexit(unsigned int vp)
{
	memory_guard(true);
	cw_ghcb_exit(&box, vp);
	memory_guard(!config.confidential);	/* else rings may be private */
	serve();
	memory_guard(false);
}

static void use_page(unsigned int vp)
{
	__u64 gpa = GHCB_GPA(vp) | 1ULL << SHARED_BIT;

	CHECK(cw_ghcb_msr(&box, vp, true, &gpa));
	vmgexit(vp);
}

static __u64 call(unsigned int vp, enum cw_side side, __u64 control, __u64 from, __u64 to)
{
	const struct cw_hypercall c = {
		.side = side,
		.vp = vp,
		.control = control,
		.input = from,
		.output = to,
	};
	__u64 result = cw_hyperv_call(&box, &c);

	serve();
	CHECK((result >> 32) <= (control >> 32 & 0xfff));
	return result;
}

static void do_msr_protocol(struct input *in)
{
	unsigned int vp = take_vp(in);
	__u64 value = take64(in);

	CHECK(cw_ghcb_msr(&box, vp, true, &value));
	vmgexit(vp);
	CHECK(cw_ghcb_msr(&box, vp, false, &value));
}

/* Bytes anywhere in the GHCB */
static void do_page(struct input *in)
{
	unsigned int vp = take_vp(in);
	__u16 at = take16(in) % CW_PAGE_SIZE;
	__u32 len;
	__u8 *bytes = take_bytes(in, &len);

	guest_write(GHCB_GPA(vp) + at, bytes, len < CW_PAGE_SIZE - at ? len : CW_PAGE_SIZE - at);
	free(bytes);
	use_page(vp);
}

/* A read or write of an MSR as the kernel asks for it */
static void do_page_msr(struct input *in)
{
	unsigned int vp = take_vp(in);
	__u64 gpa = GHCB_GPA(vp), code = 0x7c, msr = 0x40000000 + take16(in) % 0x140;
	__u64 write = take8(in) & 1, low = take32(in), high = take32(in);
	__u16 protocol = 1;
	__u32 usage = 0;

	guest_write(gpa + 0x390, &code, 8);
	guest_write(gpa + 0x398, &write, 8);
	guest_write(gpa + 0x308, &msr, 8);
	guest_write(gpa + 0x1f8, &low, 8);
	guest_write(gpa + 0x310, &high, 8);
	guest_write(gpa + 0xffa, &protocol, 2);
	guest_write(gpa + 0xffc, &usage, 4);
	use_page(vp);
}

/* A hypercall with input of any content */
static void do_page_call(struct input *in)
{
	static const __u16 codes[] = { 0x5c, 0x5d, 0x7e, CALL_VISIBILITY, 0x106, 0x107 };
	unsigned int vp = take_vp(in);
	__u64 gpa = GHCB_GPA(vp), control = take64(in), output = take_gpa(in), out = 0;
	__u32 usage = 1, len;
	__u8 *bytes = take_bytes(in, &len);

	control = (control & ~0xffffULL) | codes[control % NR(codes)];
	guest_write(gpa, bytes, len);
	guest_write(gpa + 0xfe8, &output, 8);
	guest_write(gpa + 0xff0, &control, 8);
	guest_write(gpa + 0xffc, &usage, 4);
	free(bytes);
	use_page(vp);
	memcpy(&out, box.mem.host + gpa + 0xff0, 8);
	/* a page that is private is not answered */
	if (cw_mem_is_visible(&box.mem, gpa >> CW_PAGE_SHIFT))
		CHECK((out >> 32) <= (control >> 32 & 0xfff));
}

static void do_call(struct input *in)
{
	unsigned int vp = take_vp(in);
	__u64 control = take64(in), from = take_gpa(in);

	call(vp, CW_SIDE_PARAVISOR, control, from, take_gpa(in));
}

/* Frames share or take back: a list of few bytes, so that it is often a good one */
static void do_visibility(struct input *in)
{
	struct {
		__u64 partition;
		__u32 visibility, reserved;
		__u64 gfn[64];
	} list = { .partition = ~0ULL };
	__u8 how = take8(in), nr = take8(in) % NR(list.gfn), start = how >> 2 & 15;
	__u64 gfn = take16(in) % (NR_GFNS + 4);

	list.visibility = how & 3;
	for (unsigned int i = 0; i < nr; i++, gfn = how & 0x40 ? take16(in) : gfn + 1)
		list.gfn[i] = gfn;
	guest_write(LIST_GPA, &list, sizeof(list));
	call(0, CW_SIDE_PARAVISOR, CALL_VISIBILITY | (__u64)nr << 32 | (__u64)start << 48,
	     LIST_GPA, 0);
}

static void do_write(struct input *in)
{
	__u64 gpa = take_gpa(in);
	__u32 len;
	__u8 *bytes = take_bytes(in, &len);

	guest_write(gpa, bytes, len);
	free(bytes);
}

static void do_msr(struct input *in)
{
	unsigned int vp = take_vp(in);
	__u8 how = take8(in);
	__u32 msr = 0x40000000 + take16(in) % 0x140;
	__u64 value = how & 4 ? take_gpa(in) | (how >> 3 & 1) : take64(in);

	cw_hyperv_msr(&box, vp, how & 2 ? CW_SIDE_HOST : CW_SIDE_PARAVISOR, msr, how & 1, &value);
}

static void do_tick(struct input *in)
{
	tick(take8(in) * 100000000ULL, true);
}

static unsigned int nr_begins;

static void do_begin(struct input *in)
{
	(void)in;
	if (nr_begins++ >= BEGINS_MAX)
		return;
	synic_enable();
	guest_begin();
}

static void (*const deeds[])(struct input *in) = {
	do_msr_protocol, do_page, do_page_msr, do_page_call, do_call, do_visibility, do_write,
	do_msr, do_tick, do_begin,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	nr_begins = 0;
	box_make(take8(&in) & 1);
	while (in.left && !box.ended)
		deeds[take8(&in) % NR(deeds)](&in);
	cw_referee_close(&box);
	box_free();
	return 0;
}
