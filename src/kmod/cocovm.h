/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal interface of cocovm.ko.  Functions that can fail return 0 or -errno; those of one
 * file stand together, in the order main.c brings them up.
 */
#ifndef COCOVM_H
#define COCOVM_H

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/hyperv.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <cocowatch/hosts.h>
#include <cocowatch/rules.h>

#define CW_NAME "cocovm"

/* Of two steps, both taken, the error that came first. */
static inline int cw_first(int err, int later)
{
	return err ?: later;
}

/* ---- counters, shown by the device ---- */

#define CW_COUNTERS(X) \
	X(transitions) \
	X(failed) \
	X(hypercalls) \
	X(host_refused)		/* or lied about: on orders */ \
	X(host_bad)		/* malformed, or about frames that are not ours */ \
	X(zeropad_reads) \
	X(zeropad_fixed) \
	X(withheld)		/* pages */ \
	X(alloc_failed)		/* because they were told to */ \
	X(errors)		/* scenario loops that did not go as their text says */ \
	X(running)		/* worker threads */

#define CW_COUNTER(name) atomic64_t name;
struct cw_counters { CW_COUNTERS(CW_COUNTER) };
extern struct cw_counters cw_counters;

/* ---- area.c: memory; what cw_zalloc() gives is freed with kvfree() ---- */

/* The nth allocation from now on fails; 0: none. */
void cw_alloc_fail(u32 nth);
/* To be asked before any other allocation. */
bool cw_alloc_fails(void);
void *cw_zalloc(size_t nr, size_t size);
void *cw_vmap(struct page **pages, u32 nr);

/* ---- platform.c: the emulated platform ---- */

#define CW_IO_APIC_GPA	0xfec00000ULL
#define CW_VTPM_GPA	0xfed40000ULL
#define CW_PCI_GPA	0xf8000000ULL	/* the low window of a Hyper-V machine */

struct cw_platform {
	const char *mode;
	u32 isolation;		/* enum cw_isolation ... of event.h */
	u32 paravisor;
	u32 vendor;
	u32 callbacks;
	u32 window;		/* pages are taken out while they change */
	u32 direct;		/* enum cw_via of a hypercall that goes to the hypervisor */
	bool shares_calls;	/* hypercall pages are shared: the hypervisor itself reads them */
	bool native;		/* nothing is emulated: the kernel's own conversions are driven */
	u64 boundary;
	u64 cc_mask;
	u64 physical_mask;
	u64 sev_status;
	u64 pte_mask;		/* stands for cc_mask in the PTEs of the pool */
};

extern struct cw_platform cw_platform;

int cw_platform_init(const char *mode, unsigned int shared_bit);
u64 cw_platform_mkenc(u64 val, u64 mask);	/* make private */
u64 cw_platform_mkdec(u64 val, u64 mask);	/* make shared */
/* Calls fn for each way in which the modes differ, and what this one does (coco.rst). */
void cw_platform_features(void (*fn)(void *arg, const char *what, const char *how), void *arg);
bool cw_platform_is_private_mmio(u64 gpa);
void cw_platform_announce(const struct cw_platform *p);

/* ---- pte.c: last-level entries of mapped 4 KiB pages ---- */

int cw_pte_edit(unsigned long va, pteval_t set, pteval_t clear);
int cw_pte_share(unsigned long va, bool shared);	/* the shared bit as this mode has it */
int cw_pte_flags(unsigned long va, pteval_t *flags);
int cw_pte_gfn(unsigned long va, u64 *gfn);
int cw_pte_swap(unsigned long va, unsigned long other);
void cw_pte_clear_bit(unsigned long va, unsigned int bit);
/* After an error the pages may be freed; any that must not be are held by a reference more. */
int cw_direct_split(struct page **pages, u32 nr);

struct cw_probe {
	unsigned long addr[4];	/* first and last page, both mappings */
	u32 nr;
	atomic_t cpus;
	atomic_t stale;		/* CPUs on which a read succeeded */
};

void cw_tlb_flush(bool here, u32 *cpus_flushed, u32 *cpus_online);	/* here: on one CPU alone */
void cw_tlb_probe(struct cw_probe *probe);	/* reads on every CPU, and counts */

/* ---- area.c: pages with a mapping of their own, known to the host ---- */

struct cw_area {
	struct list_head link;
	unsigned long vaddr;
	u32 nr;
	bool direct;		/* vaddr is in the direct map: there is no other mapping */
	bool disposable;	/* freed with its pages when its range is put back */
	bool dirty;		/* and each of these with the shared bit still set */
	struct page **pages;
	pteval_t *own;		/* PTE flags as they were, of each mapping */
	pteval_t *alias;
	unsigned long *busy;	/* pages in a transition */
};

struct cw_range {
	struct list_head link;	/* while it is kept */
	struct cw_area *area;
	u32 first;
	u32 nr;
	int err;		/* why it is withheld; 0: it is not */
	bool bus;		/* of a bus, which may hold others */
	bool kept;
};

/* Addresses of one page: in the area's own mapping, and in the direct map. */
static inline unsigned long cw_area_own(const struct cw_area *area, u32 index)
{
	return area->vaddr + PAGE_SIZE * index;
}

static inline unsigned long cw_area_alias(const struct cw_area *area, u32 index)
{
	return (unsigned long)page_address(area->pages[index]);
}

static inline unsigned long cw_range_vaddr(const struct cw_range *range)
{
	return cw_area_own(range->area, range->first);
}

/* Of a page of the range, by its index there. */
static inline u64 cw_range_gfn(const struct cw_range *range, u32 index)
{
	return page_to_pfn(range->area->pages[range->first + index]);
}

/* Of single pages, from blocks of at most this order; or of a foreign page in the direct map. */
struct cw_area *cw_area_new(u32 nr, unsigned int order, struct page *foreign);
/* Restores what was found, and frees the pages; or one after the other. */
void cw_area_free(struct cw_area *area);
void cw_area_undo(struct cw_area *area);
void cw_area_release(struct cw_area *area);
void cw_area_restore(struct cw_area *area, u32 first, u32 nr);
int cw_area_claim(struct cw_area *area, u32 first, u32 nr);
void cw_area_unclaim(struct cw_area *area, u32 first, u32 nr);
/* A page that the paravisor supplies: shared, and mapped so, without a transition. */
void cw_area_supply(struct cw_area *area, u32 index, bool shared);
void cw_areas_announce(void);

/* ---- pool.c: ranges to play with, and those that are withheld ---- */

int cw_pool_init(unsigned int nr_pages);
void cw_pool_exit(void);
u32 cw_pool_size(void);
/* Waits for others to give back; -ENOMEM when that cannot help. */
struct cw_range *cw_pool_get(u32 nr);
/* For those who ask again while they hold some: between entering and leaving. */
struct cw_range *cw_pool_get_more(u32 nr);
void cw_pool_enter(void);
void cw_pool_leave(void);
void cw_range_put(struct cw_range *range);
void cw_range_withhold(struct cw_range *range, int err);
/* Withheld until restored by the device or by unload. */
void cw_range_keep(struct cw_range *range);
/* Makes a range private again, whatever was done to it.  The range stays the caller's. */
int cw_range_restore(struct cw_range *range);
int cw_pool_restore_kept(void);
struct cw_range *cw_range_new(struct cw_area *area, u32 first, u32 nr);
void cw_pool_announce_kept(void);

/* ---- host.c: the emulated hypervisor, and the paravisor before it ---- */

/* What <linux/hyperv.h> of 6.1 lacks (TLFS). */
#define CW_HVCALL_VP_INDEX	0x009a	/* HVCALL_GET_VP_INDEX_FROM_APIC_ID */
#define CW_HVCALL_MMIO_READ	0x0106
#define CW_HVCALL_MMIO_WRITE	0x0107
#define CW_HV_TIMEOUT		0x78
/* Page state changes without a paravisor, in the list of a visibility call: no hypercalls */
#define CW_GHCB_PAGE_STATE	0x0010	/* SNP, GHCB exit 0x80000010 */
#define CW_TDX_MAP_GPA		0x0001	/* TDVMCALL 0x10001 */

#define CW_CONNECTION_TEST	0xc0c0	/* the hypervisor takes what comes there, and forgets it */

/* struct hv_input_post_message */
struct cw_hv_message {
	u32 connection;
	u32 reserved;
	u32 type;
	u32 payload_bytes;
	u8 payload[240];
};

/* struct hv_input_signal_event */
struct cw_hv_event {
	u32 connection;
	u16 flag;
	u16 reserved;
};

/* What is behind the hypervisor, VMBus: called with interrupts off.  The bytes are the host's own
 * copy, input and output of other codes a page each.  Each returns a status.
 */
u32 cw_peer_message(const struct cw_hv_message *message);
u32 cw_peer_event(u32 connection, u16 flag);
u32 cw_peer_other(u16 code, const void *input, void *output);
bool cw_peer_is(enum cw_host_id id);	/* whether there is a behaviour of that name */
bool cw_peer_is_harmless(enum cw_host_id id);

void cw_host_exit(void);
int cw_host_add(u64 gfn);
void cw_host_del(u64 gfn);
/* Memory that the host or the paravisor supplies: shared, and nobody converts it. */
void cw_host_supply(u64 gfn, bool shared);
/* The two receivers.  control: code, repetition count and start; returns status and repetitions
 * done (TLFS).  orders: of the scenario; CW_HOST_HONEST: the host is what it is for all.
 */
u64 cw_host_paravisor(u64 control, const void *input, void *output, enum cw_host_id orders);
u64 cw_host_hypervisor(u64 control, const void *input, void *output, u32 via,
		       enum cw_host_id orders);
/* PVALIDATE or TDG.MEM.PAGE.ACCEPT of one page, and its reverse: 0, or -EIO as it would fail. */
int cw_host_validate(u64 gfn, bool valid);
void cw_host_invalidate(u64 gfn);
/* TDX: the guest uses pages as shared that the host was not told of. */
int cw_host_touch(unsigned long vaddr, u32 nr);
/* The host reads or writes the first bytes of a page: -EACCES when its table says that it is
 * private.
 */
int cw_host_access(struct page *page, void *bytes, u32 len, bool write);
bool cw_host_sees(u64 gfn);	/* the frame is shared */
/* The behaviour of the host for all who give no orders: -ENOENT for a name that no list has,
 * -EOPNOTSUPP for one that only cocobox can be; then the log has those that there are.
 */
int cw_host_become(const char *name);
void cw_host_each(void (*fn)(void *arg, const char *name), void *arg);
enum cw_host_id cw_host_current(void);
bool cw_host_is_harmless(enum cw_host_id id);	/* a guest that validates gets on as ever */
bool cw_host_gives_back(enum cw_host_id id);	/* what was shared can be made private */
const char *cw_host_name(void);

/* ---- hypercall.c: the guest's side of hypercalls ---- */

int cw_hypercall_init(void);	/* pages for each CPU: after the pool */
void cw_hypercall_exit(void);
/* Each copies its input into this CPU's page, and returns 0 or -errno of the host's status.  Never
 * sleeps; from process context.  quirks: CW_QUIRK_* of hypercalls.
 */
int cw_hypercall_post_message(u32 connection, u32 type, const void *payload, u32 bytes,
			      u32 quirks);
int cw_hypercall_signal_event(u32 connection, u16 flag, u32 quirks);
/* Any other, with an input page of the caller's own in place of this CPU's. */
int cw_hypercall_from(void *page, u16 code, const void *input, u32 bytes);
/* Any other, by the route of its kind; output may be NULL. */
int cw_hypercall(u16 code, const void *input, u32 bytes, void *output, u32 output_bytes,
		 u32 quirks);

/* ---- transition.c ---- */

#define CW_QUIRK_LEAVE_PRESENT	BIT(0)	/* page `page` stays present in the window */
#define CW_QUIRK_NO_FLUSH	BIT(1)
#define CW_QUIRK_FLUSH_HERE	BIT(2)	/* on this CPU alone */
#define CW_QUIRK_KEEP_ALIAS	BIT(3)	/* the direct map keeps its bit */
#define CW_QUIRK_SKIP_PAGE	BIT(4)	/* page `page` is told, not changed */
#define CW_QUIRK_WRONG_FRAME	BIT(5)	/* `gfn` is told in place of page `page` */
#define CW_QUIRK_HIDE_FAILURE	BIT(6)
#define CW_QUIRK_ABANDON	BIT(7)	/* leave once the host has answered */
#define CW_QUIRK_FAIL_PREPARE	BIT(8)	/* on page `page` */
#define CW_QUIRK_FAIL_CHANGE	BIT(9)
#define CW_QUIRK_NARROW_FRAME	BIT(10)	/* of page `page`'s frame the low 8 bits are told */
#define CW_QUIRK_ROUTE		BIT(11)	/* a hypercall goes to the other of the two receivers */
#define CW_QUIRK_RESERVED	BIT(12)	/* its reserved field is left as it was found */
#define CW_QUIRK_TELL_LESS	BIT(13)	/* the host is told a page less than the range has */
#define CW_QUIRK_INVERT		BIT(14)	/* the host's answer is taken for its opposite */
#define CW_QUIRK_IMPLICIT	BIT(15)	/* TDX: the host converts at the first access */
#define CW_QUIRK_TAIL		BIT(16)	/* what follows a message's payload is, too */
#define CW_QUIRK_LEAVE_ALIAS	BIT(17)	/* like LEAVE_PRESENT, in the direct map alone */
#define CW_QUIRK_FLUSH_EARLY	BIT(18)	/* while the pages are still present */
#define CW_QUIRK_SLIP		BIT(19)	/* after the flush they are back for a moment */
#define CW_QUIRK_LEAVE_ABSENT	BIT(20)	/* an error leaves them out */
#define CW_QUIRK_SWAP_OWN	BIT(21)	/* page `page` and the first are exchanged at the end */
#define CW_QUIRK_SWAP_ALIAS	BIT(22)	/* likewise, in the direct map */
#define CW_QUIRK_TELL_MORE	BIT(23)	/* the host is told the page behind the range, too */
#define CW_QUIRK_TELL_OTHER	BIT(24)	/* it is told the other visibility */
#define CW_QUIRK_CLAIMED	BIT(31)	/* the caller has claimed the pages: no misbehaviour */

struct cw_quirks {
	u32 flags;
	u32 page;
	u64 gfn;
	enum cw_host_id host;
	void (*in_window)(void *arg);	/* called with the pages out */
	void (*on_busy)(void *arg);	/* called when another transition has a page */
	void *arg;
};

/* Tells the host what becomes of pages, as the mode does it. */
int cw_hypercall_visibility(unsigned long vaddr, u32 nr, bool to_shared,
			    const struct cw_quirks *quirks);
/* 0, -EBUSY with nothing touched, or an error after which the range is to be withheld. */
int cw_transition(const struct cw_range *range, bool to_shared, const struct cw_quirks *quirks);

/* ---- scenario*.c, zeropad.c ---- */

struct cw_bus;

struct cw_run {
	const struct cw_scenario *sc;
	bool misbehave;
	u32 keep;		/* 0 or 1 */
	u32 pages;
	u32 loop;
	u32 loops;		/* 0: until stopped */
	u32 workers;
};

#define CW_NEEDS_WINDOW		BIT(0)
#define CW_NEEDS_PARAVISOR	BIT(1)
#define CW_NEEDS_TDX		BIT(2)	/* without a paravisor */
#define CW_NEEDS_CPUS		BIT(3)	/* several, for the misbehaviour */
#define CW_NEEDS_OWN_SYNIC	BIT(4)	/* pages that the guest supplies: without a paravisor */

struct cw_scenario {
	const char *name;
	const char *rule;	/* that fires, or for an honest one that is exercised */
	const char *text;
	bool has_twin;		/* otherwise it is honest only */
	enum cw_finding finding;	/* of the rule, that the misbehaviour must bring about */
	const char *bug;	/* CVE or commit of the kernel whose error it repeats, or NULL */
	u32 pages, pages_min, pages_max;
	u64 flags;		/* CW_QUIRK_* of the misbehaving one, or what run makes of it */
	bool native;		/* can be driven on a real confidential VM too */
	u32 needs;		/* CW_NEEDS_*: modes without it do not have the scenario */
	enum cw_host_id host;	/* of both */
	int (*run)(const struct cw_run *run);
	int (*work)(struct cw_bus *bus);	/* of those that have a bus: what is done with it */
	/* Or, with pages that are taken back whatever was done to them: what their last transition
	 * returned, and what it should have; or one of enum cw_end, and the result.
	 */
	int (*on)(const struct cw_run *run, struct cw_range *range, int *want);
	struct cw_range *(*get)(u32 nr);	/* these pages, if not of the pool */
};

/* Of the pages of a scenario that went as it should. */
enum cw_end {
	CW_END_PRIVATE = 1,
	CW_END_SHARED,
};

/* Rows of the tables: one that misbehaves, and its honest twin; one of these on a transition of
 * eight pages; one that is honest only.
 */
#define CW_TWIN(name_, rule_, finding_, run_or_on, flags_, text_, ...) \
	{ .name = name_, .rule = rule_, .has_twin = true, .finding = CW_FIND_##finding_, \
	  run_or_on, .flags = flags_, .text = text_, ##__VA_ARGS__ }
#define CW_SHARES(name_, rule_, finding_, quirk_, text_, ...) \
	CW_TWIN(name_, rule_, finding_, .on = cw_on_share, CW_QUIRK_##quirk_, text_, .pages = 8, \
		##__VA_ARGS__)
#define CW_HONEST(name_, rule_, run_or_on, flags_, text_, ...) \
	{ .name = name_, .rule = rule_, run_or_on, .flags = flags_, .text = text_, ##__VA_ARGS__ }

/* Those of other files than scenario.c.  Each ends with an empty row. */
extern const struct cw_scenario cw_scenarios_path[], cw_scenarios_vmbus[];

const struct cw_scenario *cw_scenario_get(u32 nr);	/* NULL beyond the last */
/* Whether the mode has what the scenario is about. */
bool cw_scenario_fits(const struct cw_scenario *sc);
const struct cw_scenario *cw_scenario_find(const char *name);
int cw_scenario_run(const struct cw_run *run);

/* Hands a range back after a transition returned err: 0, or the error if it was not `want`. */
int cw_range_finish(const struct cw_run *run, struct cw_range *range, int err, int want);

/* Pages that can be freed, mapped and split like those of the pool. */
struct cw_range *cw_sacrifice_get(u32 nr);
/* Frees a disposable area; dirty: with the shared bit set, which is cleared right after. */
void cw_sacrifice_put(struct cw_area *area, bool dirty);
int cw_on_share(const struct cw_run *run, struct cw_range *range, int *want);
int cw_on_freed(const struct cw_run *run, struct cw_range *range, int *want);
int cw_on_slab(const struct cw_run *run, struct cw_range *range, int *want);
enum { CW_SLAB_PART, CW_SLAB_WHOLE, CW_SLABS };	/* flags of its rows */
int cw_run_freed_transit(const struct cw_run *run);
int cw_on_freed_host_order(const struct cw_run *run, struct cw_range *range, int *want);
int cw_run_zeropad(const struct cw_run *run);

int cw_slab_init(void);
void cw_slab_exit(void);

/* ---- job.c: threads whose end can be waited for, and workers; device.c ---- */

struct cw_task {
	struct task_struct *task;
	struct completion done;
	int (*fn)(void *arg);
	void *arg;
	int ret;
};

/* The struct stays in place until the task is joined. */
int cw_task_start(struct cw_task *task, int (*fn)(void *), void *arg, const char *name);
/* What fn returned, once the task is gone: sched_process_exit has been passed. */
int cw_task_join(struct cw_task *task);

int cw_job_run(const struct cw_run *run);
int cw_job_start(const struct cw_run *run);
void cw_job_stop_all(void);

int cw_device_init(void);
void cw_device_exit(void);

#endif
