// SPDX-License-Identifier: GPL-2.0-only
/* Findings to the journal, in its native protocol: one datagram for each entry, fields of which
 * `journalctl COCOWATCH_RULE=S3` selects by.  systemd.journal-fields(7), and "Native Journal
 * Protocol" of systemd's documentation.
 */
#include "out.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "names.h"
#include "text.h"

#define SOCKET "/run/systemd/journal/socket"

/* The same for every entry of a finding: `journalctl MESSAGE_ID=...` */
#define MESSAGE_ID "2f0c6f5f5d0b4a8f9a3b6f0d8f7c1e52"

/* ---- the socket as a file: what is flushed at once is a datagram ---- */

struct journal {
	int fd;
	struct sockaddr_un addr;
};

static ssize_t journal_write(void *cookie, const char *data, size_t len)
{
	struct journal *j = cookie;

	/* by name each time, since the journal may be started anew */
	if (sendto(j->fd, data, len, MSG_NOSIGNAL, (const struct sockaddr *)&j->addr,
		   sizeof(j->addr)) < 0)
		return 0;	/* stdio's word for an error; errno tells it */
	return (ssize_t)len;
}

static int journal_close(void *cookie)
{
	struct journal *j = cookie;

	close(j->fd);
	free(j);
	return 0;
}

static FILE *journal_open(const char *path)
{
	struct journal *j = calloc(1, sizeof(*j));
	const cookie_io_functions_t functions = { .write = journal_write, .close = journal_close };
	FILE *f = NULL;

	if (!j)
		return NULL;
	j->addr.sun_family = AF_UNIX;
	j->fd = -1;
	if (strlen(path) >= sizeof(j->addr.sun_path))
		errno = ENAMETOOLONG;
	else
		j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (j->fd >= 0) {
		strcpy(j->addr.sun_path, path);
		/* somebody must be there when the session begins */
		if (!connect(j->fd, (const struct sockaddr *)&j->addr, sizeof(j->addr)))
			f = fopencookie(j, "w", functions);
	}
	if (!f && j->fd >= 0)
		close(j->fd);
	if (!f)
		free(j);
	return f;
}

/* ---- fields ---- */

/* A value of one line; no other is sent so. */
static void field(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=", name);
	cw_text_print(f, value);
	fputc('\n', f);
}

static void field_u64(FILE *f, const char *name, __u64 value)
{
	fprintf(f, "%s=%llu\n", name, value);
}

static void begin(FILE *f, int priority, const char *type)
{
	field(f, "SYSLOG_IDENTIFIER", "cocowatch");
	field(f, "COCOWATCH_TYPE", type);
	fprintf(f, "PRIORITY=%d\n", priority);
}

static void journal_start(struct cw_writer *w, const struct cw_start *start)
{
	bool module = start->arming->source == &cw_source_module;

	begin(w->file, LOG_INFO, "session");
	fprintf(w->file, "MESSAGE=cocowatch watches %s, %d of %d rules are armed\n",
		cw_platform_watched_mode(start->platform, module),
		__builtin_popcountll(start->arming->armed), CW_RULE_NR);
}

static void journal_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	begin(w->file, LOG_INFO, "armed");
	field_u64(w->file, "COCOWATCH_TS_NS", ts_ns);
	fprintf(w->file, "MESSAGE=%d more rules are armed, now that their kernel module has come\n",
		__builtin_popcountll(rules));
}

static int priority_of(const struct cw_report *r)
{
	if (r->excuse)
		return LOG_NOTICE;
	if (r->sev == CW_SEV_V)
		return LOG_ERR;
	return r->sev == CW_SEV_W ? LOG_WARNING : LOG_NOTICE;
}

/* Lines of a value of several: its length, in 8 bytes, goes before. */
static void stack_print(FILE *f, const struct cw_start *start, const struct cw_report *r)
{
	char text[CW_SYMBOL_LEN], all[CW_STACK_MAX * (CW_SYMBOL_LEN + 1)];
	size_t len = 0;
	__u64 le;
	__u32 i;

	if (!r->nr_stack)
		return;
	for (i = 0; i < r->nr_stack && i < CW_STACK_MAX; i++) {
		cw_symbol_text(start->symbols, r->stack[i], text, sizeof(text));
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i ? "\n" : "", text);
	}
	le = htole64(len);
	fprintf(f, "COCOWATCH_STACK\n");
	fwrite(&le, sizeof(le), 1, f);
	fwrite(all, len, 1, f);
	fputc('\n', f);
}

static void message_print(FILE *f, const struct cw_report *r)
{
	fprintf(f, "MESSAGE=%s of %s %s: %s (task ", cw_sev_name(r->sev), r->rule->id,
		r->rule->name, r->finding->seen);
	cw_text_print(f, r->comm);
	if (r->detail->gfn != ~0ULL)
		fprintf(f, ", frame 0x%llx", r->detail->gfn);
	fprintf(f, ")\n");
}

static void journal_report(struct cw_writer *w, const struct cw_report *r)
{
	FILE *f = w->file;

	begin(f, priority_of(r), cw_sev_name(r->sev));
	message_print(f, r);
	field(f, "MESSAGE_ID", MESSAGE_ID);
	field(f, "COCOWATCH_RULE", r->rule->id);
	field(f, "COCOWATCH_RULE_NAME", r->rule->name);
	field(f, "COCOWATCH_FINDING", r->finding->id);
	field(f, "COCOWATCH_EXPECTED", r->finding->expected);
	field(f, "COCOWATCH_FOUND", r->finding->seen);
	field(f, "COCOWATCH_EVENT", cw_event_name(r->event->type));
	field(f, "COCOWATCH_COMM", r->comm);
	field_u64(f, "COCOWATCH_TGID", r->event->task >> 32);
	field_u64(f, "COCOWATCH_TID", (__u32)r->event->task);
	field_u64(f, "COCOWATCH_CPU", r->event->cpu);
	field_u64(f, "COCOWATCH_SEQ", r->event->seq);
	field_u64(f, "COCOWATCH_TS_NS", r->event->ts_ns);
	if (r->detail->gfn != ~0ULL)
		fprintf(f, "COCOWATCH_GFN=0x%llx\n", r->detail->gfn);
	if (r->excuse)
		field(f, "COCOWATCH_WAIVED", r->excuse);
	stack_print(f, w->start, r);
}

static void journal_finish(struct cw_writer *w, const struct cw_finish *f)
{
	int priority = f->verdict->exit == CW_EXIT_HELD	    ? LOG_INFO :
		       f->verdict->exit == CW_EXIT_VIOLATED ? LOG_ERR :
							      LOG_WARNING;

	begin(w->file, priority, "summary");
	field(w->file, "COCOWATCH_VERDICT", cw_exit_name(f->verdict->exit));
	fprintf(w->file, "MESSAGE=%s%s", cw_exit_name(f->verdict->exit), f->verdict->why[0] ? ": " : "");
	cw_text_print(w->file, f->verdict->why);
	fputc('\n', w->file);
}

const struct cw_writer_ops cw_out_journal = {
	.name = "journal",
	.help = "fields for the journal of systemd",
	.path = SOCKET,
	.open = journal_open,
	.start = journal_start,
	.armed = journal_armed,
	.report = journal_report,
	.finish = journal_finish,
};
