// SPDX-License-Identifier: GPL-2.0-only
/* A recording as NDJSON: first the session, then a line for each event and each finding. */
#include <errno.h>

#include "export.h"
#include "json.h"
#include "names.h"
#include "rules.h"

/* Takes o. */
static int line_write(struct cw_export *x, json_t *o)
{
	int err = 0;

	errno = 0;
	if (!o || json_dumpf(o, x->file, JSON_COMPACT) || fputc('\n', x->file) == EOF)
		err = errno ? -errno : -ENOMEM;
	json_decref(o);
	return err;
}

static json_t *line_new(const char *type, const struct cw_export *x, __u64 ts_ns, __u32 cpu,
			__u64 task, __u64 seq)
{
	json_t *o = json_object();

	cw_json_text(o, "type", type);
	cw_json_u64(o, "ts_ns", ts_ns);
	cw_json_u64(o, "wall_ns", ts_ns + x->info->wall_offset_ns);
	cw_json_u64(o, "cpu", cpu);
	cw_json_u64(o, "pid", task >> 32);
	cw_json_u64(o, "tid", task & 0xffffffff);
	cw_json_u64(o, "seq", seq);
	return o;
}

static int ndjson_open(struct cw_export *x)
{
	int err = cw_export_file_open(x);
	json_t *o;

	if (err)
		return err;
	o = json_object();
	cw_json_text(o, "type", "recording");
	cw_json_text(o, "kernel", x->info->platform.release);
	cw_json_text(o, "mode", x->info->mode);
	cw_json_text(o, "source", x->info->source);
	cw_json_u64(o, "ts_ns", x->info->ts_ns);
	cw_json_u64(o, "duration_ns", x->info->duration_ns);
	json_object_set_new(o, "complete", json_boolean(x->info->complete));
	return line_write(x, o);
}

static int ndjson_event(struct cw_export *x, const struct cw_rec_hdr *ev)
{
	json_t *o = line_new("event", x, ev->ts_ns, ev->cpu, ev->task, ev->seq);

	cw_json_text(o, "event", cw_event_name(ev->type));
	cw_json_text(o, "space", cw_space_name(cw_json_event(o, x->start, ev)));
	return line_write(x, o);
}

static int ndjson_finding(struct cw_export *x, const struct cw_rec_violation *v)
{
	const struct cw_finding_info *finding = cw_finding_info(v->detail.finding);
	json_t *o = line_new(cw_sev_name(finding->sev), x, v->ts_ns, v->cpu, v->task, v->seq);

	cw_json_text(o, "rule", cw_rule_info(v->detail.rule)->id);
	cw_json_lower(o, "finding", finding->id);
	cw_json_text(o, "event", cw_event_name(v->event));
	json_object_set_new(o, "comm", cw_json_string(v->comm));
	if (v->detail.gfn != ~0ULL)
		cw_json_u64(o, "gfn", v->detail.gfn);
	return line_write(x, o);
}

const struct cw_export_ops cw_export_ndjson = {
	.name = "ndjson",
	.help = "a line of JSON for each event and finding",
	.open = ndjson_open,
	.event = ndjson_event,
	.finding = ndjson_finding,
	.close = cw_export_file_close,
};
