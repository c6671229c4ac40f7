#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# cocowatch's checks on transitions (T1 to T6, S5), page frees (S3) and the padding of VMBus
# packets (Z1), written for bcc as one would who knows it well: one program for each hook, one
# array with the state of each frame, and the few reads that each check cannot do without.  It is
# what scripts/bench compares cocowatch with.
#
# Usage: peer_bcc.py COCOSNOOP    (in a vTOM guest, Linux 6.12; ranges in the direct map)
#
# Commands come line by line on standard input, each answered by "ok": on, off (attach, detach) and
# count, which is answered by "NAME N" for each counter first.  Violations are told on standard
# error.  COCOSNOOP: whose stand-ins for kernel headers are used.

import ctypes
import importlib.machinery
import importlib.util
import os
import sys

SYMBOLS = ("init_top_pgt", "page_offset_base", "vmemmap_base", "physical_mask", "cc_mask",
           "hyperv_pcpu_input_arg", "__per_cpu_offset")
RULES = ("T1", "T2", "T3", "T4", "T5", "T6", "S3", "S5", "Z1")

PROGRAM = r"""
#include <uapi/linux/ptrace.h>

#define PAGES_MAX  512
#define FRAME	   0x000ffffffffff000ULL
#define PRESENT	   1
#define LARGE	   0x80
#define PAGE_BYTES 64		/* of struct page */
#define TYPE_OFF   48		/* page_type in it */
#define TABLE_TYPE 0xf2
#define SLAB_TYPE  0xf5
#define BATCH	   510		/* frames in one hypercall */
#define KVECS	   4

enum { PRIVATE, TRANSIT, SHARED, UNKNOWN };
enum { T1, T2, T3, T4, T5, T6, S3, S5, Z1, RULES, TRANSITIONS = RULES, FREES, PACKETS, COUNTS };

struct open {
	u64 vaddr;
	u64 first;	/* gfn */
	u32 pages;
	u32 encrypt;
	u32 told;
	u32 wrong;
	u32 flushed;
	u32 failed;
	u32 walking_p;	/* set_memory_p has begun */
};

struct violation {
	u32 rule;
	u32 pad;
	u64 gfn;
};

struct kvec {
	u64 base;
	u64 len;
};

BPF_HASH(opens, u64, struct open, 1024);
BPF_ARRAY(states, u32, FRAMES);
BPF_PERCPU_ARRAY(checked, u64, COUNTS);
BPF_ARRAY(violated, u64, RULES);
BPF_PERF_OUTPUT(violations);

static void add(int what)
{
	u64 *n = checked.lookup(&what);

	if (n)
		(*n)++;
}

static void report(void *ctx, u32 rule, u64 gfn)
{
	struct violation v = { .rule = rule, .gfn = gfn };

	violated.atomic_increment(rule);
	violations.perf_submit(ctx, &v, sizeof(v));
}

static u64 read(u64 addr)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)addr);
	return value;
}

static u64 base_get(void)
{
	return read(AT_page_offset_base);
}

/* The entry that maps an address; 0 where there is none. */
static u64 entry_of(u64 base, u64 mask, u64 va)
{
	u64 e = read(AT_init_top_pgt + (va >> 39 & 511) * 8);

	e = read(base + (e & mask) + (va >> 30 & 511) * 8);
	e = read(base + (e & mask) + (va >> 21 & 511) * 8);
	return e & LARGE ? e : read(base + (e & mask) + (va >> 12 & 511) * 8);
}

static u64 mask_get(void)
{
	return read(AT_physical_mask) & FRAME;
}

/* How many pages of the range are present. */
static u32 present_count(u64 va, u32 pages)
{
	u64 base = base_get(), mask = mask_get();
	u32 i, n = 0;

	for (i = 0; i < PAGES_MAX && i < pages; i++)
		n += entry_of(base, mask, va + i * 4096ULL) & PRESENT;
	return n;
}

static struct open *open_get(void)
{
	u64 task = bpf_get_current_pid_tgid();

	return opens.lookup(&task);
}

static u32 page_type(u64 page)
{
	u64 head = read(page + 8);

	if (head & 1)
		page = head - 1;
	return (u32)read(page + TYPE_OFF) >> 24;
}

KFUNC_PROBE(__set_memory_enc_pgtable, unsigned long addr, int numpages, bool enc)
{
	u64 task = bpf_get_current_pid_tgid();
	struct open o = {};
	u64 vmemmap = read(AT_vmemmap_base), overlap = 0, owned = 0;
	u32 i, *state, type;
	int key;

	o.vaddr = addr & ~0xfffULL;
	o.first = (o.vaddr - base_get()) >> 12;
	o.pages = numpages;
	o.encrypt = enc;
	if (opens.update(&task, &o))
		return 0;
	for (i = 0; i < PAGES_MAX && i < o.pages; i++) {
		key = o.first + i;
		state = states.lookup(&key);
		if (!state)
			break;
		if (*state == TRANSIT)
			overlap = key;
		*state = TRANSIT;
		if (enc)
			continue;
		type = page_type(vmemmap + key * (u64)PAGE_BYTES);
		if (type == SLAB_TYPE || type == TABLE_TYPE)
			owned = key;
	}
	add(T5);
	if (overlap)
		report(ctx, T5, overlap);
	if (!enc)
		add(S5);
	if (owned)
		report(ctx, S5, owned);
	return 0;
}

KRETFUNC_PROBE(hv_vtom_clear_present, unsigned long addr, int pages, bool enc, int ret)
{
	struct open *o = open_get();

	if (!o)
		return 0;
	if (ret) {
		o->failed = 1;
		return 0;
	}
	add(T1);
	if (present_count(o->vaddr, o->pages))
		report(ctx, T1, o->first);
	return 0;
}

KRETFUNC_PROBE(cpa_flush, void *cpa, int cache)
{
	struct open *o = open_get();

	if (o && !o->flushed && !present_count(o->vaddr, o->pages))
		o->flushed = 1;
	return 0;
}

KRETFUNC_PROBE(__change_page_attr_set_clr, void *cpa, int primary, int ret)
{
	struct open *o = open_get();

	if (o && ret)
		o->failed = 1;
	return 0;
}

KRETFUNC_PROBE(slow_virt_to_phys, void *addr, u64 ret)
{
	struct open *o = open_get();

	if (!o || o->walking_p)
		return 0;
	if (ret >> 12 != o->first + o->told)
		o->wrong = 1;
	o->told++;
	return 0;
}

/* The list of the last hypercall, which is still in this CPU's input page. */
static u32 told_wrong(struct open *o)
{
	u64 cpu = bpf_get_smp_processor_id();
	u64 page = read(read(AT_hyperv_pcpu_input_arg) + read(AT___per_cpu_offset + cpu * 8));
	u32 first = o->told ? (o->told - 1) / BATCH * BATCH : 0, i, wrong = 0;

	if (read(page) != ~0ULL || (u32)read(page + 8) != (o->encrypt ? 0 : 3))
		return 1;
	for (i = 0; i < BATCH && first + i < o->told; i++)
		wrong |= read(page + 16 + i * 8) != o->first + first + i;
	return wrong;
}

KFUNC_PROBE(set_memory_p, unsigned long addr, int pages)
{
	struct open *o = open_get();

	if (!o)
		return 0;
	o->walking_p = 1;
	add(T2);
	if (!o->flushed)
		report(ctx, T2, o->first);
	add(T1);
	if (present_count(o->vaddr, o->pages))
		report(ctx, T1, o->first);
	add(T6);
	if (o->wrong || o->told != o->pages || told_wrong(o))
		report(ctx, T6, o->first);
	return 0;
}

KRETFUNC_PROBE(hv_vtom_set_host_visibility, unsigned long addr, int pages, bool enc, int ret)
{
	struct open *o = open_get();

	if (o && ret)
		o->failed = 1;
	return 0;
}

KRETFUNC_PROBE(__set_memory_enc_pgtable, unsigned long addr, int numpages, bool enc, int ret)
{
	u64 task = bpf_get_current_pid_tgid();
	u64 base = base_get(), mask = mask_get(), bit = read(AT_cc_mask), want = enc ? 0 : bit, e;
	struct open *o = opens.lookup(&task);
	u32 i, *state, after = ret ? UNKNOWN : enc ? PRIVATE : SHARED, wrong = 0;
	int key;

	if (!o)
		return 0;
	for (i = 0; i < PAGES_MAX && i < o->pages; i++) {
		e = entry_of(base, mask, o->vaddr + i * 4096ULL);
		wrong |= !(e & PRESENT) || (e & bit) != want;
		key = o->first + i;
		state = states.lookup(&key);
		if (state)
			*state = after;
	}
	add(TRANSITIONS);
	if (!ret) {
		add(T3);
		if (wrong)
			report(ctx, T3, o->first);
	}
	if (o->failed) {
		add(T4);
		if (!ret)
			report(ctx, T4, o->first);
	}
	opens.delete(&task);
	return 0;
}

/* page, order.  A frame whose state accuses it is looked at before it is reported. */
RAW_TRACEPOINT_PROBE(mm_page_free)
{
	u64 gfn = (ctx->args[0] - read(AT_vmemmap_base)) / PAGE_BYTES, base, e;
	u32 i, pages = 1U << (ctx->args[1] & 31), *state;
	int key;

	add(FREES);
	for (i = 0; i < 1024 && i < pages; i++) {
		key = gfn + i;
		state = states.lookup(&key);
		if (!state)
			break;
		if (*state == PRIVATE)
			continue;
		add(S3);
		base = base_get();
		e = entry_of(base, mask_get(), base + ((u64)key << 12));
		if (!(e & PRESENT) || (e & read(AT_cc_mask)))
			report(ctx, S3, key);
	}
	return 0;
}

/* int hv_ringbuffer_write(channel, kv_list, kv_count, ...): the last entry pads to 8 bytes */
int on_ring_write(struct pt_regs *ctx)
{
	u32 nr = PT_REGS_PARM3(ctx);
	struct kvec v = {};
	u64 pad = 0;

	add(PACKETS);
	if (!nr)
		return 0;
	bpf_probe_read_kernel(&v, sizeof(v), (void *)(PT_REGS_PARM2(ctx) + (nr - 1) * sizeof(v)));
	if (!v.len || v.len >= 8)
		return 0;
	add(Z1);
	if (bpf_probe_read_kernel(&pad, v.len & 7, (void *)v.base) || pad)
		report(ctx, Z1, 0);
	return 0;
}
"""


class Violation(ctypes.Structure):
    _fields_ = [("rule", ctypes.c_uint32), ("pad", ctypes.c_uint32), ("gfn", ctypes.c_uint64)]


def symbols_read():
    found = {}
    with open("/proc/kallsyms", encoding="ascii") as lines:
        for line in lines:
            word = line.split()
            if word[2] in SYMBOLS and word[2] not in found:
                found[word[2]] = int(word[0], 16)
    missing = [name for name in SYMBOLS if not found.get(name)]
    if missing:
        sys.exit("peer_bcc: no symbol " + missing[0])
    return found


def frames():
    """One more than the highest frame of memory."""
    with open("/proc/zoneinfo", encoding="ascii") as lines:
        top, first, spanned = 0, 0, 0
        for line in lines:
            word = line.split()
            if word[0] == "spanned":
                spanned = int(word[1])
            elif word[0] == "start_pfn:":
                first = int(word[1])
                top = max(top, first + spanned)
    return top


def source():
    config = {"AT_" + name: "%#xULL" % value for name, value in symbols_read().items()}
    config["FRAMES"] = str(frames())
    return "".join("#define %s %s\n" % item for item in config.items()) + PROGRAM


class Peer:
    def __init__(self, snoop):
        import bcc
        with snoop.headers_in_place():
            # attaches at once what is so named
            self.bpf = bcc.BPF(text=source())
        self.names = [name.decode() for name in list(self.bpf.kfunc_entry_fds)], \
                     [name.decode() for name in list(self.bpf.kfunc_exit_fds)]
        self.bpf.attach_kprobe(event="hv_ringbuffer_write", fn_name="on_ring_write")
        self.bpf["violations"].open_perf_buffer(self.tell)
        self.detach()

    def tell(self, _cpu, data, _size):
        v = ctypes.cast(data, ctypes.POINTER(Violation)).contents
        print("violation %s gfn=%#x" % (RULES[v.rule], v.gfn), file=sys.stderr, flush=True)

    def attach(self):
        for name in self.names[1]:
            self.bpf.attach_kretfunc(fn_name=name)
        for name in self.names[0]:
            self.bpf.attach_kfunc(fn_name=name)
        self.bpf.attach_raw_tracepoint(tp="mm_page_free", fn_name="raw_tracepoint__mm_page_free")
        self.bpf.attach_kprobe(event="hv_ringbuffer_write", fn_name="on_ring_write")

    def detach(self):
        for name in self.names[0]:
            self.bpf.detach_kfunc(fn_name=name)
        for name in self.names[1]:
            self.bpf.detach_kretfunc(fn_name=name)
        self.bpf.detach_raw_tracepoint(tp="mm_page_free")
        self.bpf.detach_kprobe(event="hv_ringbuffer_write")

    def counts(self):
        for i, name in enumerate(RULES + ("transitions", "frees", "packets")):
            print(name, self.bpf["checked"].sum(i).value)
        for i, name in enumerate(RULES):
            print("violated_" + name, self.bpf["violated"][i].value)

    def command(self, word):
        if word == "on":
            self.attach()
        elif word == "off":
            self.detach()
        elif word == "count":
            self.bpf.perf_buffer_poll(0)
            self.counts()


def snoop_load(path):
    loader = importlib.machinery.SourceFileLoader("cocosnoop", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cocosnoop", loader))
    loader.exec_module(module)
    return module


def main():
    peer = Peer(snoop_load(sys.argv[1]))
    print("ok", flush=True)
    for line in sys.stdin:
        peer.command(line.strip())
        print("ok", flush=True)


sys.dont_write_bytecode = True
os.environ.setdefault("LANG", "C")
main()
