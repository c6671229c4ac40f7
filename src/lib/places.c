// SPDX-License-Identifier: GPL-2.0-only
/* The baseline's places: found by symbols and BTF, walked, told as the events that the probes would
 * have made of them.  What S5 and S8 say of them is the engine's business.
 */
#include "places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cocowatch/engine_share.h>

#include "owners.h"
#include "pagewalk.h"

#define PAGES_MAX (1U << 18)	/* of one place: 1 GiB, as much as the kernel's image can have */
#define BETWEEN_US 10000
#define IOAPICS_MAX 128		/* MAX_IO_APICS, arch/x86/include/asm/apicdef.h */

/* hv_is_private_mmio(), arch/x86/hyperv/ivm.c: what the paravisor emulates */
#define IOAPIC_GFN 0xfec00ULL
#define VTPM_GFN   0xfed40ULL

/* arch/x86/include/asm/fixmap.h: the page of index 0 is the last of the large page around the
 * vsyscall page, -10 MiB; the others lie below it
 */
#define VSYSCALL   (-(10ULL << 20))
#define LARGE_PAGE (1ULL << 21)
#define FIXMAP_TOP (((VSYSCALL + CW_PAGE_SIZE + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1)) - CW_PAGE_SIZE)

struct finder {
	struct cw_places *p;
	const struct cw_kernel *k;
	const struct cw_shared *shared;
	struct cw_pages pages;
	__u64 rules;
	__u32 nr_cpus;
	bool paravisor;		/* vTOM: what the hypervisor does not see may be private */
	int err;
};

/* ---- events ---- */

/* A new event, or NULL without memory. */
static struct cw_ev_mapping *place_add(struct finder *f, enum cw_rec_type type, __u8 kind)
{
	struct cw_places *p = f->p;
	struct cw_ev_mapping *ev;

	if (p->nr == p->room) {
		size_t room = p->room ? 2 * p->room : 32;
		struct cw_ev_mapping *more = realloc(p->ev, room * sizeof(*more));

		if (!more) {
			f->err = -ENOMEM;
			return NULL;
		}
		p->ev = more;
		p->room = room;
	}
	ev = &p->ev[p->nr++];
	memset(ev, 0, sizeof(*ev));
	ev->hdr.type = (__u16)type;
	ev->hdr.len = sizeof(*ev);
	ev->kind = kind;
	ev->space = CW_SPACE_KERNEL;
	snprintf(ev->comm, sizeof(ev->comm), "cocowatch");
	return ev;
}

/* What is kept private; the event for what else is known of it, or NULL. */
static struct cw_ev_mapping *kept_see(struct finder *f, __u8 kind, __u64 va, __u64 bytes)
{
	struct cw_ev_mapping *ev = place_add(f, CW_EV_KEPT, kind);
	__u64 nr = ((va & (CW_PAGE_SIZE - 1)) + bytes + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT;

	if (!ev)
		return NULL;
	ev->vaddr = va & ~(CW_PAGE_SIZE - 1);
	ev->nr_pages = nr < PAGES_MAX ? (__u32)nr : PAGES_MAX;
	/* a length that makes no sense makes none of its pages evidence */
	if (nr > PAGES_MAX)
		ev->nr_unwalked = ev->nr_pages;
	else
		cw_pages_walk(&f->pages, ev->vaddr, ev->nr_pages, &ev->own);
	return ev;
}

/* Whether a place's address was read.  -ENOENT: this kernel has no such place; else it has, and
 * nothing can be said of it.
 */
static bool kept_got(struct finder *f, __u8 kind, int err)
{
	struct cw_ev_mapping *ev = err && err != -ENOENT ? place_add(f, CW_EV_KEPT, kind) : NULL;

	if (ev) {
		ev->nr_pages = 1;
		ev->own.failed = 1;
	}
	return !err;
}

/* ---- S5: what is kept private ---- */

static void section_see(struct finder *f, __u8 kind, enum cw_kernel_sym first,
			enum cw_kernel_sym end)
{
	__u64 from = f->k->sym[first], to = f->k->sym[end];

	if (from && to > from)
		kept_see(f, kind, from, to - from);
}

static void int_page_see(struct finder *f)
{
	__u64 at = f->k->sym[CW_SYM_vmbus_connection], page;
	int err = at ? cw_kernel_get(f->k, at, CW_TYPE_vmbus_connection, "int_page", &page) : -ENOENT;

	if (kept_got(f, CW_MAP_INT_PAGE, err) && page)
		kept_see(f, CW_MAP_INT_PAGE, page, CW_PAGE_SIZE);
}

static void channel_see(struct finder *f, __u64 channel, __u32 relid)
{
	struct cw_ev_mapping *ev;
	__u64 buffer, bytes = 0;
	int err = cw_kernel_get(f->k, channel, CW_TYPE_vmbus_channel, "inbound.pkt_buffer", &buffer);

	if (!err)
		err = cw_kernel_get(f->k, channel, CW_TYPE_vmbus_channel, "inbound.pkt_buffer_size",
				    &bytes);
	if (!kept_got(f, CW_MAP_PACKET_COPY, err) || !buffer || !bytes)
		return;
	ev = kept_see(f, CW_MAP_PACKET_COPY, buffer, bytes);
	if (ev)
		ev->relid = relid;
}

static void channels_see(struct finder *f)
{
	__u64 *channel = calloc(CW_RELIDS_MAX, sizeof(*channel));
	__u32 i;

	if (!channel) {
		f->err = -ENOMEM;
		return;
	}
	if (kept_got(f, CW_MAP_PACKET_COPY, cw_channels_read(f->k, channel)))
		for (i = 0; i < CW_RELIDS_MAX && !f->err; i++)
			if (channel[i])
				channel_see(f, channel[i], i);
	free(channel);
}

/* The page of each CPU that a per-CPU variable points to. */
static void hypercalls_see(struct finder *f, __u8 kind, enum cw_kernel_sym sym)
{
	__u64 pointer, at, page;
	__u32 cpu;
	int err = cw_kernel_var(f->k, sym, 8, &pointer);

	if (!kept_got(f, kind, err) || !pointer)
		return;
	for (cpu = 0; cpu < f->nr_cpus && !f->err; cpu++) {
		struct cw_ev_mapping *ev;

		err = cw_kernel_percpu(f->k, pointer, cpu, &at);
		if (!err)
			err = cw_kernel_read_num(f->k, at, 8, &page);
		if (!kept_got(f, kind, err) || !page)
			continue;
		ev = kept_see(f, kind, page, CW_PAGE_SIZE);
		if (ev)
			ev->hdr.cpu = cpu;
	}
}

static void kept_find(struct finder *f)
{
	section_see(f, CW_MAP_TEXT, CW_SYM__stext, CW_SYM__etext);
	section_see(f, CW_MAP_RODATA, CW_SYM___start_rodata, CW_SYM___end_rodata);
	int_page_see(f);
	channels_see(f);
	if (!f->paravisor)
		return;
	hypercalls_see(f, CW_MAP_HYPERCALL_IN, CW_SYM_hyperv_pcpu_input_arg);
	hypercalls_see(f, CW_MAP_HYPERCALL_OUT, CW_SYM_hyperv_pcpu_output_arg);
}

/* ---- S8: device pages that the paravisor emulates ---- */

/* Looks whether this frame is mapped there.  False when that cannot be read. */
static bool mmio_see(struct finder *f, __u8 kind, __u64 va, __u64 gfn)
{
	struct cw_ev_mapping *ev;
	struct cw_walk walk;

	cw_pages_walk(&f->pages, va, 1, &walk);
	if (!walk.failed &&
	    (!walk.present || cw_pte_gfn(&f->pages.fmt, walk.pte_present) != gfn))
		return true;
	ev = place_add(f, CW_EV_MAPPING, kind);
	if (!ev)
		return false;
	ev->vaddr = va;
	ev->phys = gfn << CW_PAGE_SHIFT;
	ev->nr_pages = 1;
	ev->own = walk;
	return !walk.failed;
}

/* The indices that the fixmap has for IO-APICs: which of them is in use, its frame tells. */
static void ioapic_find(struct finder *f)
{
	__u32 first, last, i;

	if (!cw_kernel_enum_value(f->k, "fixed_addresses", "FIX_IO_APIC_BASE_0", &first))
		return;
	if (!cw_kernel_enum_value(f->k, "fixed_addresses", "FIX_IO_APIC_BASE_END", &last))
		last = first;
	for (i = first; i <= last && i - first < IOAPICS_MAX; i++) {
		__u64 va = FIXMAP_TOP - ((__u64)i << CW_PAGE_SHIFT);

		if (!mmio_see(f, CW_MAP_IOAPIC, va, IOAPIC_GFN))
			return;
	}
}

static bool is_told(const struct cw_places *p, __u64 va)
{
	size_t i;

	for (i = 0; i < p->nr; i++)
		if (p->ev[i].hdr.type == CW_EV_MAPPING && p->ev[i].vaddr == va)
			return true;
	return false;
}

/* Where else the inventory found the frame shared. */
static void shared_find(struct finder *f, __u8 kind, __u64 gfn)
{
	size_t i;

	for (i = 0; i < f->shared->nr && !f->err; i++) {
		const struct cw_inv_run *run = &f->shared->run[i];
		__u64 va = run->vaddr + ((gfn - run->gfn) << CW_PAGE_SHIFT);

		if (gfn >= run->gfn && gfn - run->gfn < run->nr_pages && !is_told(f->p, va))
			mmio_see(f, kind, va, gfn);
	}
}

static void mmio_find(struct finder *f)
{
	ioapic_find(f);
	shared_find(f, CW_MAP_IOAPIC, IOAPIC_GFN);
	shared_find(f, CW_MAP_VTPM, VTPM_GFN);
}

/* ---- looking twice ---- */

static bool is_accused(const struct cw_places *p, const struct cw_ev_mapping *ev)
{
	struct cw_out out = { .checked = 0 };

	cw_engine_share(&p->fmt, &ev->hdr, &out);
	return out.violated || out.warned;
}

static bool accuses(const struct cw_places *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++)
		if (is_accused(p, &p->ev[i]))
			return true;
	return false;
}

/* A buffer may have been freed, and its page shared by its next owner, between two reads: what was
 * not accused a moment ago is left without evidence.
 */
static void accused_confirm(struct cw_places *p, const struct cw_places *before)
{
	size_t i, k;

	for (i = 0; i < p->nr; i++) {
		struct cw_ev_mapping *ev = &p->ev[i];
		bool seen = !is_accused(p, ev);

		for (k = 0; !seen && k < before->nr; k++) {
			const struct cw_ev_mapping *old = &before->ev[k];

			seen = old->kind == ev->kind && old->vaddr == ev->vaddr &&
			       is_accused(before, old);
		}
		if (!seen)
			memset(&ev->own, 0, sizeof(ev->own));
	}
}

static int places_look(struct finder *f, struct cw_places *p)
{
	f->p = p;
	p->fmt = f->pages.fmt;
	if (f->rules & CW_RULE_BIT(CW_RULE_S5))
		kept_find(f);
	if ((f->rules & CW_RULE_BIT(CW_RULE_S8)) && f->paravisor)
		mmio_find(f);
	return f->err;
}

int cw_places_find(struct cw_places *p, const struct cw_kernel *k,
		   const struct cw_mode_state *mode, const struct cw_shared *shared, __u32 nr_cpus,
		   __u64 rules)
{
	struct finder f = { .k = k, .shared = shared, .rules = rules, .nr_cpus = nr_cpus };
	struct cw_places before;
	int err;

	memset(p, 0, sizeof(*p));
	if (mode->no_bit)	/* entries do not tell */
		return 0;
	f.paravisor = mode->mode == CW_MODE_VBS || mode->mode == CW_MODE_SNP_VTOM ||
		      mode->mode == CW_MODE_TDX_VTOM;
	cw_pages_init(&f.pages, k, mode);
	err = places_look(&f, p);
	if (err || !accuses(p))
		return err;
	before = *p;
	memset(p, 0, sizeof(*p));
	usleep(BETWEEN_US);
	err = places_look(&f, p);
	if (!err)
		accused_confirm(p, &before);
	cw_places_free(&before);
	return err;
}

void cw_places_free(struct cw_places *p)
{
	free(p->ev);
	memset(p, 0, sizeof(*p));
}
