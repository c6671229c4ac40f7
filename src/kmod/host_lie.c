// SPDX-License-Identifier: GPL-2.0-only
/* What the emulated host makes of a visibility call, by the names of the list that cocobox's
 * hosts have too.  Here there is no start-up of a kernel: what cocobox's hosts do to certain calls
 * of it, these do to calls by their number and size.
 */
#include <linux/string.h>

#include "host.h"

#define STUTTER_REPS	100	/* done at a time by part-told */
#define LARGE_REPS	64
#define GARBAGE_STATUS	0xbad

enum when { ALWAYS, SINGLE, LARGE, TO_SHARED, TO_PRIVATE };
enum lie { REFUSE, PART_TOLD, PART_FAILED, PART_CLAIMED, GARBAGE, OVER_TOLD, STALL };

static const struct host_row {
	enum cw_host_id id;
	enum when when;
	enum lie lie;
	u32 skip;	/* calls that it lets go by first */
	u32 times;	/* how often at most; 0: always */
} rows[] = {
	{ CW_HOST_REFUSE_ALL,        ALWAYS,     REFUSE,       0, 0 },
	{ CW_HOST_REFUSE_FIRST,      ALWAYS,     REFUSE,       0, 1 },
	{ CW_HOST_REFUSE_TENTH,      ALWAYS,     REFUSE,       9, 1 },
	{ CW_HOST_REFUSE_MONITOR,    SINGLE,     REFUSE,       0, 0 },
	{ CW_HOST_REFUSE_RING,       ALWAYS,     REFUSE,       0, 1 },
	{ CW_HOST_REFUSE_THIRD_RING, ALWAYS,     REFUSE,       2, 1 },
	{ CW_HOST_REFUSE_LARGE,      LARGE,      REFUSE,       0, 0 },
	{ CW_HOST_REFUSE_TO_SHARED,  TO_SHARED,  REFUSE,       0, 0 },
	{ CW_HOST_REFUSE_TO_PRIVATE, TO_PRIVATE, REFUSE,       0, 0 },
	{ CW_HOST_PART_TOLD,         ALWAYS,     PART_TOLD,    0, 0 },
	{ CW_HOST_PART_FAILED,       ALWAYS,     PART_FAILED,  0, 0 },
	{ CW_HOST_PART_CLAIMED,      ALWAYS,     PART_CLAIMED, 0, 0 },
	{ CW_HOST_STATUS_GARBAGE,    ALWAYS,     GARBAGE,      0, 0 },
	{ CW_HOST_REPS_BEYOND,       ALWAYS,     OVER_TOLD,    0, 0 },
	{ CW_HOST_REPS_NONE_ONCE,    ALWAYS,     STALL,        0, 1 },
	{ CW_HOST_REPS_NONE,         ALWAYS,     STALL,        0, 0 },
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

static bool lie_fits(const struct host_row *row, const struct cw_host_call *call)
{
	switch (row->when) {
	case SINGLE:
		return call->count == 1;
	case LARGE:
		return call->count >= LARGE_REPS;
	case TO_SHARED:
		return call->visible;
	case TO_PRIVATE:
		return !call->visible;
	default:
		return true;
	}
}

static void lie_tell(enum lie lie, struct cw_host_call *call)
{
	u32 half = max(call->start, call->count / 2);

	switch (lie) {
	case REFUSE:
		call->done = call->told = call->start;
		call->status = HV_STATUS_ACCESS_DENIED;
		break;
	case PART_TOLD:
		call->done = call->told = min(call->count, call->start + STUTTER_REPS);
		return;
	case PART_FAILED:
		call->done = call->told = half;
		call->status = half < call->count ? CW_HV_TIMEOUT : HV_STATUS_SUCCESS;
		break;
	case PART_CLAIMED:
		call->done = half;
		break;
	case GARBAGE:
		call->status = GARBAGE_STATUS;
		break;
	case OVER_TOLD:
		call->told = call->count + 7;
		break;
	case STALL:
		call->done = call->told = call->start;
		break;
	}
	atomic64_inc(&cw_counters.host_refused);
}

void cw_host_lie(enum cw_host_id orders, struct cw_host_call *call)
{
	const struct host_row *row;

	if (orders != CW_HOST_HONEST) {
		row = row_find(orders);
		if (row && lie_fits(row, call))
			lie_tell(row->lie, call);
		return;
	}
	row = row_find(READ_ONCE(current_host));
	if (!row || !lie_fits(row, call) || atomic_inc_return(&chances) <= row->skip)
		return;
	if (row->times && atomic_inc_return(&deeds) > row->times)
		return;
	lie_tell(row->lie, call);
}

void cw_host_each(void (*fn)(void *arg, const char *name), void *arg)
{
	int id;

	for (id = 0; id < CW_HOST_NR; id++)
		if (id == CW_HOST_HONEST || row_find(id) || cw_host_vmbus_is(id))
			fn(arg, names[id]);
}

int cw_host_become(const char *name)
{
	int id = match_string(names, CW_HOST_NR, name);

	if (id < 0)
		return -ENOENT;
	if (id != CW_HOST_HONEST && !row_find(id) && !cw_host_vmbus_is(id))
		return -EOPNOTSUPP;
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

const char *cw_host_name(void)
{
	return names[cw_host_current()];
}
