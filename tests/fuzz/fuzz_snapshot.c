// SPDX-License-Identifier: GPL-2.0-only
/* What `cocowatch map --diff` reads: two files of any content, with a byte 0xff (which is in no
 * UTF-8) in between.  Each is refused with one line, or taken with its ranges in order; then they
 * are compared, and what is printed of it adds up and stays text.
 */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>
#include <sys/mman.h>

#include <jansson.h>

#include "../../src/cocowatch/map_print.h"
#include "devices.h"
#include "mode.h"

#define GFN_END (1ULL << 40)
#define PAGES_MAX (~0U)

const char *cw_mode_text(__u32 mode)
{
	(void)mode;
	return "snp-vtom";
}

bool cw_device_of_channel(const char *root, __u32 relid, char *buf, size_t size)
{
	(void)root;
	(void)relid;
	(void)buf;
	(void)size;
	return false;
}

/* The name of a file with these bytes. */
static const char *file_of(int nr, const uint8_t *data, size_t size)
{
	static char path[2][32];
	static int fd[2] = { -1, -1 };

	if (fd[nr] < 0) {
		fd[nr] = memfd_create("fuzz-snapshot", MFD_CLOEXEC);
		snprintf(path[nr], sizeof(path[nr]), "/proc/self/fd/%d", fd[nr]);
	}
	CHECK(!ftruncate(fd[nr], 0) && pwrite(fd[nr], data, size, 0) == (ssize_t)size);
	return path[nr];
}

static void name_check(const char *name, size_t size)
{
	const char *end = memchr(name, '\0', size);

	CHECK(end);
	for (; name < end; name++)
		CHECK((__u8)*name >= ' ' && *name != 0x7f);
}

static void snapshot_check(const struct cw_snapshot *s)
{
	__u64 from = 0;
	size_t i;

	name_check(s->kernel, sizeof(s->kernel));
	name_check(s->mode, sizeof(s->mode));
	CHECK(s->nr <= s->room);
	for (i = 0; i < s->nr; i++) {
		const struct cw_snap_range *r = &s->range[i];

		CHECK(r->gfn >= from && r->gfn <= GFN_END);
		CHECK(r->nr_pages && r->nr_pages <= PAGES_MAX);
		CHECK(r->owner < CW_OWNER_NR && r->allowed <= CW_ALLOWED_UNKNOWN);
		from = r->gfn + r->nr_pages;
	}
}

/* True when it was taken. */
static bool snapshot_read(struct cw_snapshot *s, const char *path)
{
	char why[256] = "";
	int err = cw_snapshot_read(s, path, why, sizeof(why));

	CHECK(err <= 0 && !err == !why[0] && !strchr(why, '\n'));
	if (!err)
		snapshot_check(s);
	return !err;
}

static void diff_check(const struct cw_diff *d)
{
	__u64 pages[CW_CHANGE_NR] = { 0 }, from = 0;
	__s64 more = 0;
	size_t i;

	for (i = 0; i < d->nr; i++) {
		const struct cw_diff_range *r = &d->range[i];

		CHECK(r->gfn >= from && r->nr_pages && (r->before || r->after));
		CHECK(r->change < CW_CHANGE_NR);
		pages[r->change] += r->nr_pages;
		from = r->gfn + r->nr_pages;
	}
	CHECK(!memcmp(pages, d->nr_pages, sizeof(pages)));
	for (i = 0; i < CW_OWNER_NR; i++)
		more += (__s64)(d->after[i] - d->before[i]);
	CHECK(more == (__s64)(pages[CW_CHANGE_ADDED] - pages[CW_CHANGE_GONE]));
}

/* What is printed for people is lines of printable text, for programs objects of JSON. */
static void print_check(void (*print)(FILE *f, const struct map_diff *d), const struct map_diff *d,
			bool is_json)
{
	char *text = NULL, *line, *end;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	CHECK(f);
	print(f, d);
	CHECK(!fclose(f) && size && text[size - 1] == '\n');
	for (i = 0; i < size; i++)
		CHECK(text[i] == '\n' || ((__u8)text[i] >= ' ' && text[i] != 0x7f));
	for (line = text; is_json && *line; line = end + 1) {
		json_t *o;

		end = strchr(line, '\n');
		o = json_loadb(line, (size_t)(end - line), 0, NULL);
		CHECK(json_is_object(o));
		json_decref(o);
	}
	free(text);
}

static void compare(struct map_diff *d)
{
	int err = cw_diff_make(&d->diff, &d->old, &d->now);
	size_t i;

	CHECK(!err);
	diff_check(&d->diff);
	print_check(map_diff_text, d, false);
	print_check(map_diff_ndjson, d, true);
	cw_diff_free(&d->diff);

	CHECK(!cw_diff_make(&d->diff, &d->old, &d->old));
	diff_check(&d->diff);
	for (i = 0; i < d->diff.nr; i++)
		CHECK(d->diff.range[i].change == CW_CHANGE_KEPT);
	cw_diff_free(&d->diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memchr(data, 0xff, size) : NULL;
	size_t first = cut ? (size_t)(cut - data) : size;
	struct map_diff d = { .diff.nr = 0 };
	bool both;

	both = snapshot_read(&d.old, file_of(0, data, first));
	if (cut)
		both &= snapshot_read(&d.now, file_of(1, cut + 1, size - first - 1));
	if (both)
		compare(&d);
	cw_snapshot_free(&d.old);
	cw_snapshot_free(&d.now);
	return 0;
}
