// SPDX-License-Identifier: GPL-2.0-only
/* A recording as a CTF 1.8 trace (Common Trace Format, diamon.org/ctf): a directory with metadata
 * in TSDL, a stream of events and a stream of findings.  Everything is packed to bytes,
 * little-endian.  A reader wants times that never go back: of neighbours from different CPUs that
 * are out of order by a little, the later gets the time of the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events.h"
#include "export.h"
#include "names.h"
#include "rules.h"

#define CTF_MAGIC 0xc1fc1fc1U	/* CTF 1.8.3, 5.1 */
#define STREAM_EVENTS 0
#define STREAM_FINDINGS 1
#define NR_STREAMS 2

struct ctf {
	FILE *stream[NR_STREAMS];
	__u64 last_ns[NR_STREAMS];
	const struct cw_event_field *field[CW_EV_NR][CW_EVENT_FIELDS_MAX + 1];	/* NULL ends them */
};

static const char head[] =
	"/* CTF 1.8 */\n"
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"trace {\n"
	"	major = 1; minor = 8; byte_order = le;\n"
	"	packet.header := struct { u32 magic; u32 stream_id; };\n"
	"};\n";

static const char streams[] =
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := when;\n"
	"stream {\n"
	"	id = 0;\n"
	"	event.header := struct { u16 id; when timestamp; };\n"
	"	event.context := struct { u32 cpu; u32 pid; u32 tid; u64 seq; };\n"
	"};\n"
	"stream {\n"
	"	id = 1;\n"
	"	event.header := struct { u16 id; when timestamp; };\n"
	"	event.context := struct { u32 cpu; u32 pid; u32 tid; u64 seq; };\n"
	"};\n"
	"event {\n"
	"	name = \"finding\"; id = 0; stream_id = 1;\n"
	"	fields := struct { string rule; string name; string severity; string finding; string comm; "
	"integer { size = 64; align = 8; signed = false; base = 16; } gfn; };\n"
	"};\n";

/* ---- fields ---- */

static void fields_find(struct ctf *c)
{
	__u32 type;

	for (type = 0; type < CW_EV_NR; type++)
		if (cw_event_info(type))
			cw_event_fields_ctf(cw_event_info(type)->shape, c->field[type]);
}

/* ---- metadata ---- */

/* "own.walked" is no name in TSDL. */
static void name_print(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc(*name == '.' ? '_' : *name, f);
}

static void event_describe(FILE *f, __u32 type, const struct cw_event_field *const *field)
{
	fprintf(f, "event {\n	name = \"%s\"; id = %u; stream_id = 0;\n	fields := struct {\n",
		cw_event_name(type), type);
	for (; *field; field++) {
		fprintf(f, "		integer { size = %u; align = 8; signed = %s; base = %u; } _",
			(*field)->size * 8U, (*field)->is_signed ? "true" : "false", (*field)->base);
		name_print(f, (*field)->member);
		fprintf(f, ";\n");
	}
	fprintf(f, "	};\n};\n");
}

static int metadata_write(struct cw_export *x, int dir)
{
	int fd = openat(dir, "metadata", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), bad;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	const struct ctf *c = x->own;
	__u32 type;

	if (!f)
		return -errno;
	fputs(head, f);
	fprintf(f, "clock { name = monotonic; freq = 1000000000; offset_s = %llu; offset = %llu; };\n",
		x->info->wall_offset_ns / 1000000000ULL, x->info->wall_offset_ns % 1000000000ULL);
	fputs(streams, f);
	for (type = 0; type < CW_EV_NR; type++)
		if (c->field[type][0])
			event_describe(f, type, c->field[type]);
	bad = ferror(f);
	return fclose(f) || bad ? (errno ? -errno : -EIO) : 0;
}

/* ---- streams ---- */

static void put(FILE *f, const void *value, size_t size)
{
	fwrite(value, size, 1, f);
}

static void put32(FILE *f, __u32 value)
{
	put(f, &value, sizeof(value));
}

/* The header and the context of an event; integers are little-endian, as this machine's are. */
static void event_begin(struct ctf *c, __u32 stream, __u16 id, __u64 ts_ns, __u32 cpu, __u64 task,
			__u64 seq)
{
	FILE *f = c->stream[stream];

	if (ts_ns < c->last_ns[stream])
		ts_ns = c->last_ns[stream];
	c->last_ns[stream] = ts_ns;
	put(f, &id, sizeof(id));
	put(f, &ts_ns, sizeof(ts_ns));
	put32(f, cpu);
	put32(f, (__u32)(task >> 32));
	put32(f, (__u32)task);
	put(f, &seq, sizeof(seq));
}

static int stream_check(const struct ctf *c, __u32 stream)
{
	return ferror(c->stream[stream]) ? (errno ? -errno : -EIO) : 0;
}

static int ctf_event(struct cw_export *x, const struct cw_rec_hdr *ev)
{
	struct ctf *c = x->own;
	const struct cw_event_field *const *field = c->field[ev->type];

	event_begin(c, STREAM_EVENTS, ev->type, ev->ts_ns, ev->cpu, ev->task, ev->seq);
	for (; *field; field++)
		put(c->stream[STREAM_EVENTS], (const char *)ev + (*field)->offset, (*field)->size);
	return stream_check(c, STREAM_EVENTS);
}

static void put_text(FILE *f, const char *text)
{
	put(f, text, strlen(text) + 1);
}

static int ctf_finding(struct cw_export *x, const struct cw_rec_violation *v)
{
	const struct cw_finding_info *finding = cw_finding_info(v->detail.finding);
	const struct cw_rule_info *rule = cw_rule_info(v->detail.rule);
	struct ctf *c = x->own;
	FILE *f = c->stream[STREAM_FINDINGS];

	event_begin(c, STREAM_FINDINGS, 0, v->ts_ns, v->cpu, v->task, v->seq);
	put_text(f, rule->id);
	put_text(f, rule->name);
	put_text(f, cw_sev_name(finding->sev));
	put_text(f, finding->id);
	put_text(f, v->comm);
	put(f, &v->detail.gfn, sizeof(v->detail.gfn));
	return stream_check(c, STREAM_FINDINGS);
}

static int stream_open(struct ctf *c, int dir, __u32 stream, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	c->stream[stream] = fdopen(fd, "w");
	if (!c->stream[stream]) {
		close(fd);
		return -ENOMEM;
	}
	put32(c->stream[stream], CTF_MAGIC);
	put32(c->stream[stream], stream);
	return 0;
}

/* A new directory: nothing that is there already is touched. */
static int ctf_open(struct cw_export *x)
{
	int dir, err;

	if (mkdir(x->path, 0700))
		return -errno;
	x->own = calloc(1, sizeof(struct ctf));
	if (!x->own)
		return -ENOMEM;
	dir = open(x->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fields_find(x->own);
	err = metadata_write(x, dir);
	if (!err)
		err = stream_open(x->own, dir, STREAM_EVENTS, "events");
	if (!err)
		err = stream_open(x->own, dir, STREAM_FINDINGS, "findings");
	close(dir);
	return err;
}

static int ctf_close(struct cw_export *x)
{
	struct ctf *c = x->own;
	int err = 0, bad;
	__u32 i;

	for (i = 0; c && i < NR_STREAMS; i++) {
		if (!c->stream[i])
			continue;
		errno = 0;
		bad = ferror(c->stream[i]);
		if (fclose(c->stream[i]) || bad)
			err = errno ? -errno : -EIO;
	}
	free(c);
	x->own = NULL;
	return err;
}

const struct cw_export_ops cw_export_ctf = {
	.name = "ctf",
	.help = "a CTF 1.8 trace in a new directory, for babeltrace2 and Trace Compass",
	.open = ctf_open,
	.event = ctf_event,
	.finding = ctf_finding,
	.close = ctf_close,
};
