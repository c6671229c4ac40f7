/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ABI: what a probe says, what is sent to user space, what a recording
 * holds.  A probe fills an event with evidence and decides nothing; the engine
 * (engine.h) judges it.  Fields and types are appended, never moved or reused;
 * padding is named and zero.  Meaning of each field: cocowatch-record(5).
 *
 * Two sources fill a transition event: the tracepoints of cocovm.ko ("module")
 * and the hooks on the kernel's own functions ("stock").  Fields marked
 * "optional" are zero where the source cannot know them.
 */
#ifndef CW_EVENT_H
#define CW_EVENT_H

#include <linux/types.h>

#define CW_ABI_MAJOR 1	/* readers refuse another major */
#define CW_ABI_MINOR 2	/* bumped when fields or types are appended */

#define CW_COMM_LEN 16
#define CW_STACK_MAX 32
#define CW_DETAIL_MAX 4
#define CW_OPEN_MAX 2048	/* transitions that are followed at a time; a power of two */
#define CW_NO_INDEX 0xffffffffU	/* "first index" of a kind that did not occur */

enum cw_rec_type {
	CW_REC_NONE = 0,
	/* Steps of a transition, struct cw_ev_step, in the order of the window path (6.8+). */
	CW_EV_BEGIN = 1,	/* entered; stock: entry of __set_memory_enc_pgtable */
	CW_EV_PREPARED = 2,	/* prepare returned; stock: exit of hv_vtom_clear_present */
	CW_EV_FLUSHED = 3,	/* TLB flushed, with a walk; stock: cpa_flush or flush_tlb_all */
	CW_EV_PROBED = 4,	/* TLB of each CPU tried with a read; module only */
	CW_EV_CHANGED = 5,	/* PTE change returned; stock: exit of __change_page_attr_set_clr */
	CW_EV_HOST_CALL = 6,	/* frames told; stock 7.x: hv_std_hypercall; before: set_memory_p */
	CW_EV_HOST_ANSWER = 7,	/* its status; stock 7.x: exit of it; before: not sent */
	CW_EV_HOST_DONE = 8,	/* about to become present; stock: entry of set_memory_p */
	CW_EV_FINISHED = 9,	/* finish returned; stock: exit of hv_vtom_set_host_visibility */
	CW_EV_END = 10,		/* left; stock: exit of __set_memory_enc_pgtable */
	CW_EV_TASK_EXIT = 11,	/* a task exits with a transition open; raw_tp sched_process_exit */
	/* Others. */
	CW_EV_PAGE_FREE = 12,	/* struct cw_ev_free; raw_tp mm_page_free */
	CW_EV_ZEROPAD = 13,	/* struct cw_ev_zeropad; exit of fixup_exception */
	CW_EV_PLATFORM = 14,	/* struct cw_ev_platform */
	CW_EV_SEED = 15,	/* struct cw_ev_step: state of a range outside any transition */
	CW_EV_WITHHELD = 16,	/* struct cw_ev_step: pages kept as unknown; module only */
	/* Since 1.1: what is shared, and what is handed over (event_share.h). */
	CW_EV_OWNER = 17,	/* struct cw_ev_owner: a shared range and whose it is; inventory */
	CW_EV_HANDOVER = 18,	/* struct cw_ev_handover: frames named to the host */
	CW_EV_HYPERCALL = 19,	/* struct cw_ev_hypercall: an input given to the hypervisor */
	CW_EV_MAPPING = 20,	/* struct cw_ev_mapping: a second mapping, ring or MMIO, was made */
	CW_EV_BOUNCE = 21,	/* struct cw_ev_bounce: bounce slots taken or given back */
	CW_EV_CONFIG = 22,	/* struct cw_ev_config: an access to PCI config space */
	CW_EV_KEPT = 23,	/* struct cw_ev_mapping: pages that this mode keeps private */
	/* Since 1.1: rings, and what comes from the host (event_ring.h). */
	CW_EV_RING_WRITE = 24,	/* struct cw_ev_ring_write; exit of hv_ringbuffer_write */
	CW_EV_RING_READ = 25,	/* struct cw_ev_ring_read; exit of hv_pkt_iter_first */
	CW_EV_DEVICE = 26,	/* struct cw_ev_device: a device offered, or bound to a driver */
	CW_EV_COMPLETION = 27,	/* struct cw_ev_completion: an id that the host completes */
	/* Since 1.2: what only the module says. */
	CW_EV_FETCH = 28,	/* struct cw_ev_fetch: a value of the host's, validated and used */
	CW_EV_INTERRUPT = 29,	/* struct cw_ev_interrupt: an interrupt that is taken */
	CW_EV_NR,
	/* What the engine said of one event, with the event: struct cw_rec_verdict. */
	CW_REC_VERDICT = 64,
	CW_REC_TICK = 65,	/* header only: time passed, made by user space */
	CW_REC_STACK = 66,	/* struct cw_rec_stack: whose event it was; when recording (1.1) */
};

struct cw_rec_hdr {
	__u16 type;	/* enum cw_rec_type; unknown types are skipped */
	__u16 len;	/* whole record; larger than known is fine */
	__u32 cpu;
	__u64 ts_ns;	/* CLOCK_MONOTONIC */
	__u64 seq;	/* order over all CPUs of one session, from 1 */
	__u64 task;	/* tgid << 32 | tid */
};

enum cw_space {
	CW_SPACE_KERNEL = 0,	/* the real page state of this kernel */
	CW_SPACE_EMULATED = 1,	/* the module's own pool and masks */
};

/* What a walk over the PTEs of a range found; indices count 4 KiB pages from its start. */
struct cw_walk {
	__u32 walked;		/* PTEs read */
	__u32 failed;		/* PTEs that could not be read, or changed under the reader */
	__u32 none;		/* of walked: empty entries */
	__u32 present;		/* of walked */
	__u32 shared;		/* of walked: not empty and shared, present or not */
	__u32 differ;		/* alias only: frames other than those of the range's own PTEs */
	__u32 first_present;	/* index, or CW_NO_INDEX */
	__u32 first_absent;
	__u32 first_shared;
	__u32 first_private;
	__u32 first_differ;
	__u32 pad;
	__u64 pte_present;	/* the PTE at each of these indices */
	__u64 pte_absent;
	__u64 pte_shared;
	__u64 pte_private;
	__u64 differ_want;	/* frame number from the range's own PTE */
	__u64 differ_seen;	/* frame number from the alias PTE */
};

#define CW_STEP_RET	 (1U << 0)	/* ret is filled */
#define CW_STEP_WINDOW	 (1U << 1)	/* BEGIN: pages are taken out while they change */
#define CW_STEP_DIRECT	 (1U << 2)	/* vaddr lies in the direct map: it has no other alias */
#define CW_STEP_TOLD	 (1U << 3)	/* HOST_CALL: the list handed over was read and compared */
#define CW_STEP_CONTIG	 (1U << 4)	/* the frames of the range follow each other from gfn */
#define CW_STEP_UNCONFIRMED (1U << 5)	/* BEGIN: T5 is not confirmed; TASK_EXIT: it may be over */
#define CW_STEP_NO_BIT	 (1U << 6)	/* PTEs do not tell, a second mapping does (before 6.4) */
#define CW_STEP_STEPPED	 (1U << 7)	/* END: there were steps between the beginning and it */
#define CW_STEP_UNSEEN	 (1U << 8)	/* HOST_CALL, HOST_DONE: a flush may have gone unseen */

/* Order-sensitive sum over frame numbers, to compare two lists without keeping either. */
#define CW_SUM_NEXT(sum, gfn) ((sum) * 0x100000001b3ULL + (gfn) + 1)

/* One step of a transition.  Each step fills what it knows; the rest is zero. */
struct cw_ev_step {
	struct cw_rec_hdr hdr;
	__u64 vaddr;		/* start of the range: argument (never printed unasked) */
	__u64 gfn;		/* frame of its first page, from the walk */
	__u64 gfn_min;		/* lowest and highest frame of the range, from the walk */
	__u64 gfn_max;
	__u32 nr_pages;		/* 4 KiB pages; stock: numpages */
	__u32 nr_unwalked;	/* pages beyond the walk's budget */
	__u32 flags;		/* CW_STEP_* */
	__s32 ret;		/* 0 or -errno; stock before 6.11: the bool, as 0 or -EIO */
	__u8 space;		/* enum cw_space */
	__u8 to_shared;		/* 1: decrypt, 0: encrypt; stock: !enc */
	__u8 depth;		/* 0, or how many transitions of this task enclose this one */
	__u8 pad0;
	__u32 before[4];	/* frames in each state (enum cw_page_state) before this step */
	__u32 pad1;
	struct cw_walk own;	/* the range's own PTEs; stock: BEGIN, PREPARED, HOST_DONE, END */
	struct cw_walk alias;	/* their frames in the direct map; not walked with DIRECT */
	/* HOST_CALL and HOST_ANSWER; stock: slow_virt_to_phys and the input page, on 7.x the
	 * hypercall's arguments
	 */
	__u64 told_want;	/* first difference: frame mapped, frame told */
	__u64 told_seen;
	__u32 told;		/* frames of this batch that were read and compared */
	__u32 told_differ;
	__u32 told_first;	/* index in the range of the first difference */
	__u32 told_count;	/* frames this batch claims to hold */
	__u32 visibility;	/* 0 none, 1 read-only, 3 read-write (TLFS, HV_MAP_GPA_*) */
	__u16 host_code;	/* hypercall code, 0xdb; optional on stock before 7.x */
	__u16 host_status;	/* HOST_ANSWER: 0 is success; optional on stock before 7.x */
	__u32 host_reps;	/* HOST_ANSWER: repetitions completed */
	/* FLUSHED and PROBED */
	__u32 cpus_flushed;	/* optional: stock knows only that a flush was made */
	__u32 cpus_online;	/* optional */
	__u32 cpus_probed;	/* module only: CPUs that read the range after the flush */
	__u32 cpus_stale;	/* module only: of these, reads that did not fault */
	/* BEGIN: page types, from struct page */
	__u32 types_read;	/* pages whose type was read */
	__u32 nr_table;		/* page-table pages */
	__u32 nr_slab_part;	/* slab pages whose objects are smaller than a page */
	__u32 nr_slab_whole;	/* other slab pages */
	__u32 first_type;	/* index of the first of these, or CW_NO_INDEX */
	/* BEGIN again, when the engine asked for confirmation of T5 */
	__u32 overlaps;		/* open transitions of others that cover a frame in transit */
	__u32 pad2;
	__u64 overlap_task;	/* one of them */
	char comm[CW_COMM_LEN];	/* BEGIN and TASK_EXIT: name of the task */
	__u64 overlap_gfn;	/* BEGIN: first frame that was in transit or unknown */
	__u64 frames_sum;	/* of the frames walked, in order: CW_SUM_NEXT from 0 */
	__u64 told_sum;		/* HOST_CALL: of the frames told, continued from the batch before */
};

/* have_pte: what an entry could tell of the frame of a free, a look, a ring read. */
#define CW_PTE_UNASKED	0
#define CW_PTE_READ	1
#define CW_PTE_UNREAD	2	/* it could not be read */
#define CW_PTE_MUTE	3	/* PTEs do not tell (before 6.4) */
#define CW_PTE_MAPPING	4	/* nor was a transition seen: a second mapping, it may be late */

/* A page goes back to the allocator.  Frames are those of the freed block. */
struct cw_ev_free {
	struct cw_rec_hdr hdr;
	__u64 gfn;		/* first frame of the block */
	__u64 bad_gfn;		/* first frame that is not PRIVATE */
	__u64 pte;		/* its direct-map PTE, when have_pte */
	__u32 nr_pages;
	__u32 nr_bad;		/* frames of the block that are not PRIVATE */
	__u8 space;
	__u8 state;		/* enum cw_page_state of bad_gfn */
	__u8 have_pte;		/* CW_PTE_*; UNASKED: it was not needed */
	__u8 in_flight;		/* an open transition covers bad_gfn */
	__u8 pad[4];
};

/* A read that faulted and was repaired by an exception-table entry of zeropad type. */
struct cw_ev_zeropad {
	struct cw_rec_hdr hdr;
	__u64 fault_addr;	/* address (never printed unasked) */
	__u64 gfn;		/* frame that its PTE names */
	__u64 pte;
	__u32 trapnr;		/* 14 #PF, 20 #VE, 29 #VC */
	__u8 space;
	__u8 state;		/* enum cw_page_state of gfn */
	__u8 have_pte;		/* 0: could not be read */
	__u8 fixed;		/* the fixup accepted it */
};

enum cw_isolation {	/* TLFS, CPUID 0x4000000c EBX bits 3:0 */
	CW_ISOLATION_NONE = 0,
	CW_ISOLATION_VBS  = 1,
	CW_ISOLATION_SNP  = 2,
	CW_ISOLATION_TDX  = 3,
};

enum cw_callbacks {	/* whose functions x86_platform.guest points to */
	CW_CALLBACKS_NONE = 0,
	CW_CALLBACKS_VTOM = 1,	/* hv_vtom_* */
	CW_CALLBACKS_AMD  = 2,	/* amd_enc_* */
	CW_CALLBACKS_TDX  = 3,	/* tdx_enc_* */
};

enum cw_vendor {
	CW_VENDOR_NONE  = 0,
	CW_VENDOR_AMD   = 1,
	CW_VENDOR_INTEL = 2,
	CW_VENDOR_HYPERV = 3,	/* vTOM before 6.4: a vendor of its own, and no protection flag */
};

/* What mode the platform says that it is in, source by source. */
struct cw_ev_platform {
	struct cw_rec_hdr hdr;
	__u64 cc_mask;		/* the kernel's protection flag */
	__u64 physical_mask;
	__u64 sev_status;	/* MSR 0xc0010131, AMD APM volume 2 */
	__u64 boundary;		/* shared GPA boundary, 0 when not active */
	__u64 pte_mask;		/* bit that stands for shared in the PTEs of this space */
	__u32 isolation;	/* enum cw_isolation */
	__u32 paravisor;	/* CPUID 0x4000000c EAX bit 0 */
	__u32 vendor;		/* enum cw_vendor */
	__u32 callbacks;	/* enum cw_callbacks */
	__u8 space;
	__u8 pad[7];
	char comm[CW_COMM_LEN];
};

/* One finding: which rule, what was expected and seen (read by the finding's value kind). */
struct cw_detail {
	__u8 rule;		/* enum cw_rule */
	__u8 sev;		/* CW_SEV_* */
	__u16 finding;		/* enum cw_finding */
	__u32 index;		/* page of the range, or CW_NO_INDEX */
	__u64 gfn;
	__u64 want;
	__u64 seen;
};

#define CW_NEED_OVERLAP	(1U << 0)	/* look for another open transition on overlap_gfn */
#define CW_NEED_PTE	(1U << 1)	/* walk to bad_gfn in the direct map */
#define CW_DO_REPAIR	(1U << 2)	/* the state was wrong, or rested on a mapping alone */
#define CW_DO_ACCUSED	(1U << 3)	/* reported: the frame begins a new life */

/* What the engine says of one event.  Masks are over enum cw_rule. */
struct cw_out {
	__u64 checked;		/* judged with evidence in hand */
	__u64 violated;
	__u64 warned;
	__u64 observed;
	__u64 no_evidence;	/* to be judged here, but the evidence is missing */
	__u32 need;		/* CW_NEED_*, CW_DO_* */
	__u32 nr_details;	/* findings, also those beyond CW_DETAIL_MAX */
	struct cw_detail detail[CW_DETAIL_MAX];
};

/* A verdict that is not "in order".  The event follows at event_off, with a header of its own. */
struct cw_rec_verdict {
	struct cw_rec_hdr hdr;
	struct cw_out out;
	char comm[CW_COMM_LEN];
	__u32 event_off;	/* from the start of this record */
	__u32 nr_stack;		/* entries of stack that are filled */
	__u64 stack[CW_STACK_MAX];	/* addresses, innermost first (never printed unasked) */
};

/* The stack and the task of an event that was in order: a BEGIN, or a free that is recorded. */
struct cw_rec_stack {
	struct cw_rec_hdr hdr;
	__u64 of_seq;		/* seq of the event */
	__u32 of_type;		/* its type */
	__u32 nr_stack;		/* entries of stack that are filled */
	char comm[CW_COMM_LEN];
	__u64 stack[CW_STACK_MAX];	/* addresses, innermost first (never printed unasked) */
};

_Static_assert(sizeof(struct cw_rec_hdr) == 32, "struct cw_rec_hdr is ABI");
_Static_assert(sizeof(struct cw_walk) == 96, "struct cw_walk is ABI");
_Static_assert(sizeof(struct cw_ev_step) == 432, "struct cw_ev_step is ABI");
_Static_assert(sizeof(struct cw_ev_free) == 72, "struct cw_ev_free is ABI");
_Static_assert(sizeof(struct cw_ev_zeropad) == 64, "struct cw_ev_zeropad is ABI");
_Static_assert(sizeof(struct cw_ev_platform) == 112, "struct cw_ev_platform is ABI");
_Static_assert(sizeof(struct cw_detail) == 32, "struct cw_detail is ABI");
_Static_assert(sizeof(struct cw_out) == 176, "struct cw_out is ABI");
_Static_assert(sizeof(struct cw_rec_verdict) == 488, "struct cw_rec_verdict is ABI");
_Static_assert(sizeof(struct cw_rec_stack) == 320, "struct cw_rec_stack is ABI");

#endif
