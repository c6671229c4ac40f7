// SPDX-License-Identifier: GPL-2.0-only
/* The emulated hypervisor: a visibility table of its own, hypercalls that verify what they are
 * told, and accesses to guest memory through a view of its own, each checked against the table.
 * Before it, where the mode has one, the paravisor.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL_CODE(control)		((u32)((control) & 0xffff))
#define CONTROL_REP_COUNT(control)	((u32)((control) >> 32 & 0xfff))
#define CONTROL_REP_START(control)	((u32)((control) >> 48 & 0xfff))
#define CONTROL_UNUSED			(~(0xffffULL | 0xfffULL << 32 | 0xfffULL << 48))
#define RESULT(status, reps)		((u64)(status) | (u64)(reps) << 32)

/* What the table holds of a frame: its visibility, and whether it is validated (SNP) or accepted
 * (TDX).  What is not in it is no memory of the guest.
 */
#define FRAME_VISIBILITY	3UL
#define FRAME_VALID		4UL
#define FRAME_NONE		8UL
static DEFINE_XARRAY(frames);

/* ---- the table ---- */

/* Under vTOM all memory is validated before the guest runs; otherwise the guest does it. */
int cw_host_add(u64 gfn)
{
	void *entry = xa_mk_value(cw_platform.window ? FRAME_VALID : 0);
	int err;

	if (cw_alloc_fails())
		return -ENOMEM;
	err = xa_insert(&frames, gfn, entry, GFP_KERNEL);
	if (err || cw_platform.window)
		return err;
	err = cw_host_validate(gfn, true);
	if (err)
		cw_host_del(gfn);
	return err;
}

void cw_host_del(u64 gfn)
{
	xa_erase(&frames, gfn);
}

void cw_host_exit(void)
{
	xa_destroy(&frames);
}

/* Replacing an entry needs no memory. */
static bool frame_store(u64 gfn, unsigned long val)
{
	return !xa_is_err(xa_store(&frames, gfn, xa_mk_value(val), GFP_NOWAIT));
}

static unsigned long frame_get(u64 gfn)
{
	void *entry = xa_load(&frames, gfn);

	return entry ? xa_to_value(entry) : FRAME_NONE;
}

/* Without a paravisor no frame is shared while it is validated. */
static bool frame_set(u64 gfn, u32 visibility)
{
	unsigned long val = frame_get(gfn);

	if (val & FRAME_NONE || (!cw_platform.window && visibility && (val & FRAME_VALID)))
		return false;
	return frame_store(gfn, (val & ~FRAME_VISIBILITY) | visibility);
}

void cw_host_supply(u64 gfn, bool shared)
{
	frame_set(gfn, shared ? VMBUS_PAGE_VISIBLE_READ_WRITE : VMBUS_PAGE_NOT_VISIBLE);
}

bool cw_host_sees(u64 gfn)
{
	return (frame_get(gfn) & FRAME_VISIBILITY) == VMBUS_PAGE_VISIBLE_READ_WRITE;
}

/* A shared page cannot be validated, nor one twice: the instruction says so. */
int cw_host_validate(u64 gfn, bool valid)
{
	unsigned long val = frame_get(gfn);

	if (!(val & (FRAME_NONE | FRAME_VISIBILITY)) && valid == !(val & FRAME_VALID))
		return frame_store(gfn, val ^ FRAME_VALID) ? 0 : -EIO;
	atomic64_inc(&cw_counters.host_bad);
	return -EIO;
}

/* Of a private page, in whatever state it is. */
void cw_host_invalidate(u64 gfn)
{
	if (!(frame_get(gfn) & (FRAME_NONE | FRAME_VISIBILITY)))
		frame_store(gfn, 0);
}

/* ---- lies ---- */

/* A visibility call; the honest answer is filled in. */
struct visibility_call {
	bool visible;	/* shared with the host, or taken back */
	u32 start, count;	/* repetitions asked for: from, to */
	u32 done;	/* how far it is really converted */
	u32 told;	/* how far the guest is told */
	u32 status;
};

#define STEP_REPS	100
#define BEYOND_REPS	7
#define LARGE_REPS	64
#define GARBAGE_STATUS	0xbad

enum when { ALWAYS, SINGLE, LARGE, TO_SHARED, TO_PRIVATE };
enum amount { ALL, NONE, HALF, STEP, BEYOND };

/* What the host makes of a visibility call, by the names of the list that cocobox's hosts have
 * too.  Here there is no start-up of a kernel: what cocobox's hosts do to certain calls of it,
 * these do to calls by their number and size.
 */
static const struct host_row {
	enum cw_host_id id;
	enum when when;
	enum amount done, told;
	u32 status;
	u32 skip;	/* calls that it lets go by first */
	u32 times;	/* how often at most; 0: always */
} rows[] = {
#define REFUSE NONE, NONE, HV_STATUS_ACCESS_DENIED
	{ CW_HOST_REFUSE_ALL,        ALWAYS,     REFUSE,                    0, 0 },
	{ CW_HOST_REFUSE_FIRST,      ALWAYS,     REFUSE,                    0, 1 },
	{ CW_HOST_REFUSE_TENTH,      ALWAYS,     REFUSE,                    9, 1 },
	{ CW_HOST_REFUSE_MONITOR,    SINGLE,     REFUSE,                    0, 0 },
	{ CW_HOST_REFUSE_RING,       ALWAYS,     REFUSE,                    0, 1 },
	{ CW_HOST_REFUSE_THIRD_RING, ALWAYS,     REFUSE,                    2, 1 },
	{ CW_HOST_REFUSE_LARGE,      LARGE,      REFUSE,                    0, 0 },
	{ CW_HOST_REFUSE_TO_SHARED,  TO_SHARED,  REFUSE,                    0, 0 },
	{ CW_HOST_REFUSE_TO_PRIVATE, TO_PRIVATE, REFUSE,                    0, 0 },
	{ CW_HOST_PART_TOLD,         ALWAYS,     STEP, STEP,   0,              0, 0 },
	{ CW_HOST_PART_FAILED,       ALWAYS,     HALF, HALF,   CW_HV_TIMEOUT,  0, 0 },
	{ CW_HOST_PART_CLAIMED,      ALWAYS,     HALF, ALL,    0,              0, 0 },
	{ CW_HOST_STATUS_GARBAGE,    ALWAYS,     ALL,  ALL,    GARBAGE_STATUS, 0, 0 },
	{ CW_HOST_REPS_BEYOND,       ALWAYS,     ALL,  BEYOND, 0,              0, 0 },
	{ CW_HOST_REPS_NONE_ONCE,    ALWAYS,     NONE, NONE,   0,              0, 1 },
	{ CW_HOST_REPS_NONE,         ALWAYS,     NONE, NONE,   0,              0, 0 },
};

#define HOST_NAME(id, name, class, what) [CW_HOST_##id] = name,
static const char *const names[CW_HOST_NR] = { CW_HOSTS(HOST_NAME) };

static enum cw_host_id current_host;	/* of all who have no orders */
static atomic_t chances, deeds;		/* of it: calls that it was asked, and that it lied about */

static const struct host_row *row_find(enum cw_host_id id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

static bool lie_fits(const struct host_row *row, const struct visibility_call *call)
{
	const bool fits[] = {
		[ALWAYS] = true,
		[SINGLE] = call->count == 1,
		[LARGE] = call->count >= LARGE_REPS,
		[TO_SHARED] = call->visible,
		[TO_PRIVATE] = !call->visible,
	};

	return fits[row->when];
}

static u32 lie_amount(enum amount amount, const struct visibility_call *call)
{
	const u32 amounts[] = {
		[ALL] = call->count,
		[NONE] = call->start,
		[HALF] = max(call->start, call->count / 2),
		[STEP] = min(call->count, call->start + STEP_REPS),
		[BEYOND] = call->count + BEYOND_REPS,
	};

	return amounts[amount];
}

static void lie_tell(const struct host_row *row, struct visibility_call *call)
{
	call->done = lie_amount(row->done, call);
	call->told = lie_amount(row->told, call);
	call->status = row->status;
	/* who does a part and says so does not lie */
	if (row->done != STEP)
		atomic64_inc(&cw_counters.host_refused);
}

static void host_lie(enum cw_host_id orders, struct visibility_call *call)
{
	const struct host_row *row;

	if (orders != CW_HOST_HONEST) {
		row = row_find(orders);
		if (row && lie_fits(row, call))
			lie_tell(row, call);
		return;
	}
	row = row_find(READ_ONCE(current_host));
	if (!row || !lie_fits(row, call) || atomic_inc_return(&chances) <= row->skip)
		return;
	if (row->times && atomic_inc_return(&deeds) > row->times)
		return;
	lie_tell(row, call);
}

/* ---- hypercalls ---- */

static u64 host_bad(u32 status, u32 reps)
{
	atomic64_inc(&cw_counters.host_bad);
	return RESULT(status, reps);
}

static u64 host_visibility(u64 control, const struct hv_gpa_range_for_visibility *input,
			   enum cw_host_id orders)
{
	u32 i = CONTROL_REP_START(control), count = CONTROL_REP_COUNT(control);
	u32 visibility = input->host_visibility;
	struct visibility_call call = {
		.visible = visibility, .start = i, .count = count, .done = count, .told = count,
	};

	if ((control & CONTROL_UNUSED) || count > HV_MAX_MODIFY_GPA_REP_COUNT || i >= count)
		return host_bad(HV_STATUS_INVALID_HYPERCALL_INPUT, 0);
	if (input->partition_id != HV_PARTITION_ID_SELF || input->reserved0 || input->reserved1 ||
	    (visibility && visibility != VMBUS_PAGE_VISIBLE_READ_WRITE))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	host_lie(orders, &call);
	for (; i < call.done; i++)
		if (!frame_set(input->gpa_page_list[i], visibility))
			return host_bad(HV_STATUS_INVALID_PARAMETER, i);
	return RESULT(call.status, call.told);
}

static u64 host_other(u32 code, const void *input, void *output)
{
	u32 status = cw_peer_other(code, input, output);

	return status ? host_bad(status, 0) : 0;
}

/* Copied first: what lies in shared memory may change while it is looked at. */
static u64 host_message(const void *input)
{
	struct cw_hv_message message;

	memcpy(&message, input, sizeof(message));
	if (message.payload_bytes > sizeof(message.payload))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	return message.connection == CW_CONNECTION_TEST ? 0 : cw_peer_message(&message);
}

static u64 host_event(const void *input)
{
	struct cw_hv_event event;

	memcpy(&event, input, sizeof(event));
	return event.connection == CW_CONNECTION_TEST ? 0 :
							cw_peer_event(event.connection, event.flag);
}

static u64 host_call(u64 control, const void *input, void *output, enum cw_host_id orders)
{
	switch (CONTROL_CODE(control)) {
	case HVCALL_MODIFY_SPARSE_GPA_PAGE_HOST_VISIBILITY:
	case CW_GHCB_PAGE_STATE:
	case CW_TDX_MAP_GPA:
		return host_visibility(control, input, orders);
	case HVCALL_POST_MESSAGE:
		return host_message(input);
	case HVCALL_SIGNAL_EVENT:
		return host_event(input);
	case CW_HVCALL_VP_INDEX:
		/* CPUs have one number for all purposes */
		memcpy(output, input, sizeof(u32));
		return HV_STATUS_SUCCESS;
	default:
		return host_other(CONTROL_CODE(control), input, output);
	}
}

static bool code_is_direct(u32 code)
{
	return code == HVCALL_POST_MESSAGE || code == HVCALL_SIGNAL_EVENT;
}

/* In the guest's domain of trust: it reads the guest's private memory, and asks the hypervisor. */
u64 cw_host_paravisor(u64 control, const void *input, void *output, enum cw_host_id orders)
{
	atomic64_inc(&cw_counters.hypercalls);
	if (code_is_direct(CONTROL_CODE(control)))
		return host_bad(HV_STATUS_ACCESS_DENIED, 0);
	return host_call(control, input, output, orders);
}

/* Reads a page of the guest only where that is shared.  A page state change is told in registers
 * or in the GHCB, which the processor itself shares.
 */
u64 cw_host_hypervisor(u64 control, const void *input, void *output, u32 via,
		       enum cw_host_id orders)
{
	bool memory = cw_platform.paravisor || cw_platform.shares_calls;
	u32 code = CONTROL_CODE(control);
	u64 gfn;

	atomic64_inc(&cw_counters.hypercalls);
	if (code == CW_GHCB_PAGE_STATE || code == CW_TDX_MAP_GPA)
		return host_call(control, input, output, orders);
	if (cw_platform.paravisor && !code_is_direct(code))
		return host_bad(HV_STATUS_ACCESS_DENIED, 0);
	if (memory && (cw_pte_gfn((unsigned long)input & PAGE_MASK, &gfn) ||
		       !cw_host_sees(gfn)))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	return host_call(control, input, output, orders);
}

/* ---- which host it is ---- */

static bool is_here(enum cw_host_id id)
{
	return id == CW_HOST_HONEST || row_find(id) || cw_peer_is(id);
}

void cw_host_each(void (*fn)(void *arg, const char *name), void *arg)
{
	int id;

	for (id = 0; id < CW_HOST_NR; id++)
		if (is_here(id))
			fn(arg, names[id]);
}

static void name_print(void *unused, const char *name)
{
	pr_cont(" %s", name);
}

int cw_host_become(const char *name)
{
	int id = match_string(names, CW_HOST_NR, name);

	if (id < 0 || !is_here(id)) {
		pr_err("host=%s: not one of", name);
		cw_host_each(name_print, NULL);
		pr_cont("\n");
		return id < 0 ? -ENOENT : -EOPNOTSUPP;
	}
	WRITE_ONCE(current_host, CW_HOST_HONEST);
	atomic_set(&chances, 0);
	atomic_set(&deeds, 0);
	WRITE_ONCE(current_host, id);
	return 0;
}

enum cw_host_id cw_host_current(void)
{
	return READ_ONCE(current_host);
}

/* Whoever does a part and says so is asked for the rest. */
bool cw_host_is_harmless(enum cw_host_id id)
{
	const struct host_row *row = row_find(id);

	return row ? row->done == STEP : id == CW_HOST_HONEST || cw_peer_is_harmless(id);
}

bool cw_host_gives_back(enum cw_host_id id)
{
	const struct host_row *row = row_find(id);

	return !row || row->done == STEP;
}

const char *cw_host_name(void)
{
	return names[cw_host_current()];
}

/* ---- accesses to guest memory ---- */

/* An access of the guest through a shared mapping, to pages that the host knows as private: TDX
 * lets the host convert them then, without having been asked.
 */
int cw_host_touch(unsigned long vaddr, u32 nr)
{
	u64 gfn;
	u32 i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		err = cw_pte_gfn(vaddr + PAGE_SIZE * i, &gfn);
		if (!err && !frame_set(gfn, VMBUS_PAGE_VISIBLE_READ_WRITE))
			err = -EIO;
	}
	return err;
}

/* Through a view of its own. */
int cw_host_access(struct page *page, void *bytes, u32 len, bool write)
{
	void *view;

	if (!cw_host_sees(page_to_pfn(page)))
		return -EACCES;
	view = cw_vmap(&page, 1);
	if (!view)
		return -ENOMEM;
	memcpy(write ? view : bytes, write ? bytes : view, len);
	vunmap(view);
	return 0;
}
