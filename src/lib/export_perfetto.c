// SPDX-License-Identifier: GPL-2.0-only
/* A recording for ui.perfetto.dev: a track for each task with its transitions as slices and other
 * events as instants, and findings on a track of their own.  Numbers of fields are those of
 * Perfetto's trace_packet.proto, track_event.proto and track_descriptor.proto.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "json.h"
#include "names.h"
#include "protobuf.h"
#include "rules.h"

/* Trace and TracePacket */
#define TRACE_PACKET 1
#define PACKET_TIMESTAMP 8
#define PACKET_SEQUENCE 10
#define PACKET_TRACK_EVENT 11
#define PACKET_TRACK_DESCRIPTOR 60
/* TrackEvent */
#define EVENT_ANNOTATION 4
#define EVENT_TYPE 9
#define EVENT_TRACK 11
#define EVENT_CATEGORY 22
#define EVENT_NAME 23
#define TYPE_BEGIN 1
#define TYPE_END 2
#define TYPE_INSTANT 3
/* DebugAnnotation */
#define NOTE_BOOL 2
#define NOTE_INT 4
#define NOTE_TEXT 6
#define NOTE_NAME 10
/* TrackDescriptor, ThreadDescriptor, ProcessDescriptor */
#define TRACK_UUID 1
#define TRACK_NAME 2
#define TRACK_PROCESS 3
#define TRACK_THREAD 4
#define PROCESS_PID 1
#define PROCESS_NAME 6
#define THREAD_PID 1
#define THREAD_TID 2
#define THREAD_NAME 5

#define SEQUENCE 1		/* of packets: there is but one writer */
#define FINDINGS_TRACK 1	/* task 0:1 has no transitions: pid 0 has one thread a CPU, tid 0 */

struct perfetto {
	struct cw_pb packet, inner, note, name;
	__u64 *tasks;		/* that have a track, open addressing */
	size_t nr_tasks;
	size_t room;
};

/* Writes the packet that was built, and empties what it was built of. */
static int packet_write(struct cw_export *x, __u64 ts_ns, __u32 field)
{
	struct perfetto *p = x->own;
	struct cw_pb out = { .bytes = NULL };
	int err = 0;

	cw_pb_reset(&p->packet);
	if (ts_ns)
		cw_pb_u64(&p->packet, PACKET_TIMESTAMP, ts_ns);
	cw_pb_u64(&p->packet, PACKET_SEQUENCE, SEQUENCE);
	cw_pb_message(&p->packet, field, &p->inner);
	cw_pb_message(&out, TRACE_PACKET, &p->packet);
	cw_pb_reset(&p->inner);
	errno = 0;
	if (out.err)
		err = out.err;
	else if (fwrite(out.bytes, out.size, 1, x->file) != 1)
		err = errno ? -errno : -EIO;
	cw_pb_free(&out);
	return err;
}

/* ---- tracks ---- */

/* 1: it was not there; 0: it was; -ENOMEM. */
static int task_add(struct perfetto *p, __u64 task)
{
	size_t room = p->room ? p->room * 2 : 256, i, at;
	__u64 *old = p->tasks;

	if (p->nr_tasks * 2 >= p->room) {
		p->tasks = calloc(room, sizeof(*p->tasks));
		if (!p->tasks) {
			p->tasks = old;
			return -ENOMEM;
		}
		at = p->room;
		p->room = room;
		p->nr_tasks = 0;
		for (i = 0; i < at; i++)
			if (old[i])
				task_add(p, old[i] - 1);
		free(old);
	}
	for (at = (task * 0x9e3779b97f4a7c15ULL) % p->room; p->tasks[at]; at = (at + 1) % p->room)
		if (p->tasks[at] == task + 1)
			return 0;
	p->tasks[at] = task + 1;
	p->nr_tasks++;
	return 1;
}

static int track_write(struct cw_export *x, __u64 uuid, __u64 task, const char *comm)
{
	struct perfetto *p = x->own;

	cw_pb_u64(&p->inner, TRACK_UUID, uuid);
	cw_pb_reset(&p->name);
	cw_pb_u64(&p->name, THREAD_PID, task >> 32);
	cw_pb_u64(&p->name, THREAD_TID, (__u32)task);
	if (comm[0])
		cw_pb_text(&p->name, THREAD_NAME, comm);
	cw_pb_message(&p->inner, TRACK_THREAD, &p->name);
	return packet_write(x, 0, PACKET_TRACK_DESCRIPTOR);
}

/* The track of a task, which is announced before its first event. */
static int track_of(struct cw_export *x, const struct cw_rec_hdr *ev, __u64 *uuid)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	char comm[CW_COMM_LEN + 1] = "";
	int err = task_add(x->own, ev->task);

	*uuid = ev->task + 2;	/* 0 is none, 1 the findings' */
	if (ev->type == CW_EV_BEGIN)
		snprintf(comm, sizeof(comm), "%.*s", CW_COMM_LEN, step->comm);
	return err > 0 ? track_write(x, *uuid, ev->task, comm) : err;
}

static int perfetto_open(struct cw_export *x)
{
	struct perfetto *p = calloc(1, sizeof(*p));
	int err = cw_export_file_open(x);

	x->own = p;
	if (!p)
		return -ENOMEM;
	if (err)
		return err;
	cw_pb_u64(&p->inner, TRACK_UUID, FINDINGS_TRACK);
	cw_pb_text(&p->inner, TRACK_NAME, "cocowatch: findings");
	return packet_write(x, 0, PACKET_TRACK_DESCRIPTOR);
}

/* ---- events ---- */

static void notes_add(struct perfetto *p, json_t *fields)
{
	const char *key;
	json_t *value;

	json_object_foreach(fields, key, value) {
		cw_pb_reset(&p->note);
		cw_pb_text(&p->note, NOTE_NAME, key);
		if (json_is_string(value))
			cw_pb_text(&p->note, NOTE_TEXT, json_string_value(value));
		else if (json_is_integer(value))
			cw_pb_u64(&p->note, NOTE_INT, (__u64)json_integer_value(value));
		else if (json_is_boolean(value))
			cw_pb_u64(&p->note, NOTE_BOOL, json_is_true(value));
		else
			continue;
		cw_pb_message(&p->inner, EVENT_ANNOTATION, &p->note);
	}
}

static void event_head(struct perfetto *p, __u64 uuid, __u32 type, const char *category,
		       const char *name)
{
	cw_pb_u64(&p->inner, EVENT_TYPE, type);
	cw_pb_u64(&p->inner, EVENT_TRACK, uuid);
	if (type == TYPE_END)
		return;
	cw_pb_text(&p->inner, EVENT_CATEGORY, category);
	cw_pb_text(&p->inner, EVENT_NAME, name);
}

static int perfetto_event(struct cw_export *x, const struct cw_rec_hdr *ev)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	const char *name = cw_event_name(ev->type);
	struct perfetto *p = x->own;
	__u32 type = TYPE_INSTANT;
	__u64 uuid;
	int err = track_of(x, ev, &uuid);
	json_t *fields;

	if (err)
		return err;
	if (ev->type == CW_EV_BEGIN) {
		type = TYPE_BEGIN;
		name = step->to_shared ? "make shared" : "make private";
	} else if (ev->type == CW_EV_END) {
		type = TYPE_END;
	}
	event_head(p, uuid, type, "event", name);
	fields = json_object();
	if (!fields)
		return -ENOMEM;
	cw_json_event(fields, x->start, ev);
	cw_json_u64(fields, "cpu", ev->cpu);
	notes_add(p, fields);
	json_decref(fields);
	return packet_write(x, ev->ts_ns, PACKET_TRACK_EVENT);
}

static int perfetto_finding(struct cw_export *x, const struct cw_rec_violation *v)
{
	const struct cw_rule_info *rule = cw_rule_info(v->detail.rule);
	const struct cw_finding_info *finding = cw_finding_info(v->detail.finding);
	json_t *fields = json_object();
	char name[128];

	if (!fields)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s %s", rule->id, rule->name);
	event_head(x->own, FINDINGS_TRACK, TYPE_INSTANT, cw_sev_name(finding->sev), name);
	cw_json_text(fields, "expected", finding->expected);
	cw_json_text(fields, "seen", finding->seen);
	json_object_set_new(fields, "task", cw_json_string(v->comm));
	if (v->detail.gfn != ~0ULL)
		cw_json_u64(fields, "gfn", v->detail.gfn);
	notes_add(x->own, fields);
	json_decref(fields);
	return packet_write(x, v->ts_ns, PACKET_TRACK_EVENT);
}

static int perfetto_close(struct cw_export *x)
{
	struct perfetto *p = x->own;

	if (p) {
		cw_pb_free(&p->packet);
		cw_pb_free(&p->inner);
		cw_pb_free(&p->note);
		cw_pb_free(&p->name);
		free(p->tasks);
	}
	free(p);
	x->own = NULL;
	return cw_export_file_close(x);
}

const struct cw_export_ops cw_export_perfetto = {
	.name = "perfetto",
	.help = "for ui.perfetto.dev and its trace processor",
	.open = perfetto_open,
	.event = perfetto_event,
	.finding = perfetto_finding,
	.close = perfetto_close,
};
