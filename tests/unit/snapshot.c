// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots of the map: what was written is read back, what is no snapshot or a damaged one is
 * refused with one line, and two of them are compared frame by frame.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "names.h"
#include "snapshot.h"

#define HEAD(nr) \
	"{\"type\":\"map\",\"version\":1,\"wall_ns\":5,\"kernel\":\"6.12\",\"mode\":\"snp-vtom\"," \
	"\"nr_ranges\":" #nr "}\n"
#define ROW(owner, gfn, nr) \
	"{\"type\":\"owner\",\"owner\":\"" owner "\",\"gfn\":" #gfn ",\"nr_pages\":" #nr \
	",\"allowed\":true}\n"

static char path[] = "/tmp/cw-snapshot-XXXXXX";
static char why[256];

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static int read_bytes(struct cw_snapshot *s, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	return cw_snapshot_read(s, path, why, sizeof(why));
}

static int read_text(struct cw_snapshot *s, const char *text)
{
	return read_bytes(s, text, strlen(text));
}

static void test_read(void **state)
{
	struct cw_snapshot s;

	(void)state;
	assert_int_equal(read_text(&s, HEAD(2) ROW("bounce buffer", 256, 16)
				   "{\"type\":\"owner\",\"owner\":\"GHCB\",\"gfn\":300,\"nr_pages\":1,"
				   "\"cpu\":1,\"allowed\":false}\n{\"type\":\"kexec\",\"nr_left\":3}"), 0);
	assert_string_equal(why, "");
	assert_string_equal(s.kernel, "6.12");
	assert_string_equal(s.mode, "snp-vtom");
	assert_int_equal(s.wall_ns, 5);
	assert_int_equal(s.nr, 2);
	assert_int_equal(s.range[0].owner, CW_OWNER_BOUNCE);
	assert_int_equal(s.range[0].gfn, 256);
	assert_int_equal(s.range[0].nr_pages, 16);
	assert_int_equal(s.range[0].cpu, CW_NO_INDEX);
	assert_int_equal(s.range[0].allowed, CW_ALLOWED_YES);
	assert_int_equal(s.range[1].owner, CW_OWNER_GHCB);
	assert_int_equal(s.range[1].cpu, 1);
	assert_int_equal(s.range[1].allowed, CW_ALLOWED_NO);
	cw_snapshot_free(&s);
}

static const struct {
	const char *text;
	const char *why;	/* after the name of the file */
} bad[] = {
	{ "", "no snapshot: it is empty" },
	{ "root:x:0:0\n", "line 1: no JSON" },
	{ "[1]\n", "line 1: an object without a type" },
	{ "{\"type\":\"session\"}\n", "line 1: no snapshot: its first line is not of type map" },
	{ "{\"type\":\"map\",\"kernel\":\"6.12\"}\n", "line 1: no version of a snapshot" },
	{ "{\"type\":\"map\",\"version\":2}\n", "line 1: a snapshot of version 2, known is 1" },
	{ "{\"type\":\"map\",\"version\":1,\"wall_ns\":-1}\n",
	  "line 1: kernel, mode, wall_ns or nr_ranges is missing or wrong" },
	{ "{\"type\":\"map\",\"type\":\"map\"}\n", "line 1: no JSON" },
	{ HEAD(1), "cut short: 0 of 1 ranges" },
	{ HEAD(2) ROW("bounce buffer", 256, 16), "cut short: 1 of 2 ranges" },
	{ HEAD(2) ROW("bounce buffer", 256, 16) "{\"type\":\"ow", "line 3: no JSON" },
	{ HEAD(0) HEAD(0), "line 2: a second snapshot begins" },
	{ ROW("bounce buffer", 256, 16) HEAD(1),
	  "line 1: no snapshot: its first line is not of type map" },
	{ HEAD(1) ROW("nobody", 256, 16), "line 2: an owner that is not known" },
	{ HEAD(1) ROW("GHCB", -1, 16), "line 2: gfn or nr_pages is missing or wrong" },
	{ HEAD(1) ROW("GHCB", 1099511627777, 1), "line 2: gfn or nr_pages is missing or wrong" },
	{ HEAD(1) ROW("GHCB", 5, 0), "line 2: gfn or nr_pages is missing or wrong" },
	{ HEAD(1) ROW("GHCB", 5, 4294967296), "line 2: gfn or nr_pages is missing or wrong" },
	{ HEAD(1) ROW("GHCB", 5.5, 1), "line 2: gfn or nr_pages is missing or wrong" },
	{ HEAD(1) "{\"type\":\"owner\",\"owner\":\"GHCB\",\"gfn\":1,\"nr_pages\":1,\"cpu\":\"x\"}\n",
	  "line 2: relid or cpu is wrong" },
	{ HEAD(2) ROW("GHCB", 5, 2) ROW("GHCB", 6, 1), "line 3: frames are not in order" },
	{ HEAD(1) ROW("GHCB", 5, 2) ROW("GHCB", 7, 1),
	  "line 3: more than the 1 ranges that it announced" },
};

static void test_bad(void **state)
{
	struct cw_snapshot s;
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < NR(bad); i++) {
		assert_int_equal(read_text(&s, bad[i].text), -EINVAL);
		snprintf(want, sizeof(want), "%s: %s", path, bad[i].why);
		assert_string_equal(why, want);
		cw_snapshot_free(&s);
	}
}

static void test_long_line(void **state)
{
	static char line[100000];
	struct cw_snapshot s;

	(void)state;
	memset(line, ' ', sizeof(line));
	assert_int_equal(read_bytes(&s, line, sizeof(line)), -EINVAL);
	assert_non_null(strstr(why, ": line 1: longer than 65534 bytes, or with a zero byte in it"));
	cw_snapshot_free(&s);
	assert_int_equal(read_bytes(&s, "{\"type\"\0:\"map\"}\n{}\n", 20), -EINVAL);
	assert_non_null(strstr(why, ": line 1: longer than"));
	cw_snapshot_free(&s);
}

static void test_no_file(void **state)
{
	struct cw_snapshot s;

	(void)state;
	assert_int_equal(cw_snapshot_read(&s, "/no/such", why, sizeof(why)), -ENOENT);
	assert_string_equal(why, "cannot read /no/such: No such file or directory");
	assert_int_equal(cw_snapshot_read(&s, "/tmp", why, sizeof(why)), -EISDIR);
	assert_string_equal(why, "cannot read /tmp: Is a directory");
	cw_snapshot_free(&s);
}

/* Every file that differs in one byte is read or refused, and never more. */
static void test_flipped(void **state)
{
	static const char text[] = HEAD(2) ROW("bounce buffer", 256, 16) ROW("GHCB", 300, 1);
	char flipped[sizeof(text)];
	size_t i, refused = 0;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i++) {
		struct cw_snapshot s;
		int bit;

		for (bit = 0; bit < 8; bit++) {
			memcpy(flipped, text, sizeof(text));
			flipped[i] = (char)(flipped[i] ^ 1 << bit);
			refused += !!read_bytes(&s, flipped, sizeof(text) - 1);
			assert_true(!why[0] || !strchr(why, '\n'));
			cw_snapshot_free(&s);
		}
	}
	assert_true(refused > sizeof(text));
}

/* ---- comparing ---- */

struct row {
	__u32 owner;
	__u64 gfn, nr_pages;
};

static void filled(struct cw_snapshot *s, const struct row *row, size_t nr)
{
	struct cw_owned owned = { .nr = nr };
	size_t i;

	memset(s, 0, sizeof(*s));
	owned.ev = calloc(nr + 1, sizeof(*owned.ev));
	assert_non_null(owned.ev);
	for (i = 0; i < nr; i++) {
		owned.ev[i].gfn = row[i].gfn;
		owned.ev[i].nr_pages = (__u32)row[i].nr_pages;
		owned.ev[i].owner = row[i].owner;
		owned.ev[i].mode = CW_MODE_SNP_VTOM;
		owned.ev[i].owner_cpu = CW_NO_INDEX;
	}
	assert_int_equal(cw_snapshot_take(s, &owned), 0);
	free(owned.ev);
}

static void test_diff(void **state)
{
	static const struct row before[] = {
		{ CW_OWNER_BOUNCE, 100, 50 },
		{ CW_OWNER_RING, 200, 8 },
		{ CW_OWNER_UNKNOWN, 300, 4 },
	};
	static const struct row after[] = {
		{ CW_OWNER_BOUNCE, 90, 20 },  { CW_OWNER_BOUNCE, 110, 30 },
		{ CW_OWNER_RING, 200, 8 },    { CW_OWNER_NETVSC, 302, 2 },
		{ CW_OWNER_INT_PAGE, 400, 1 },
	};
	static const struct {
		enum cw_change change;
		__u64 gfn, nr_pages;
	} want[] = {
		{ CW_CHANGE_ADDED, 90, 10 }, { CW_CHANGE_KEPT, 100, 40 },
		{ CW_CHANGE_GONE, 140, 10 },
		{ CW_CHANGE_KEPT, 200, 8 },  { CW_CHANGE_GONE, 300, 2 },
		{ CW_CHANGE_OWNER, 302, 2 }, { CW_CHANGE_ADDED, 400, 1 },
	};
	struct cw_snapshot a, b;
	struct cw_diff d;
	size_t i;

	(void)state;
	filled(&a, before, NR(before));
	filled(&b, after, NR(after));
	assert_int_equal(cw_diff_make(&d, &a, &b), 0);
	assert_int_equal(d.nr, NR(want));
	for (i = 0; i < NR(want); i++) {
		assert_int_equal(d.range[i].change, want[i].change);
		assert_int_equal(d.range[i].gfn, want[i].gfn);
		assert_int_equal(d.range[i].nr_pages, want[i].nr_pages);
	}
	assert_int_equal(d.range[5].before->owner, CW_OWNER_UNKNOWN);
	assert_int_equal(d.range[5].after->owner, CW_OWNER_NETVSC);
	assert_int_equal(d.range[6].after->allowed, CW_ALLOWED_NO);
	assert_int_equal(d.nr_pages[CW_CHANGE_ADDED], 11);
	assert_int_equal(d.nr_pages[CW_CHANGE_GONE], 12);
	assert_int_equal(d.nr_pages[CW_CHANGE_OWNER], 2);
	assert_int_equal(d.nr_pages[CW_CHANGE_KEPT], 48);
	assert_int_equal(d.before[CW_OWNER_BOUNCE], 50);
	assert_int_equal(d.after[CW_OWNER_BOUNCE], 50);
	cw_diff_free(&d);
	cw_snapshot_free(&a);
	cw_snapshot_free(&b);
}

/* The honest twin: the same twice, and nothing at all. */
static void test_diff_of_the_same(void **state)
{
	static const struct row row[] = { { CW_OWNER_BOUNCE, 100, 50 }, { CW_OWNER_RING, 200, 8 } };
	struct cw_snapshot a, b;
	struct cw_diff d;

	(void)state;
	filled(&a, row, NR(row));
	filled(&b, row, NR(row));
	assert_int_equal(cw_diff_make(&d, &a, &b), 0);
	assert_int_equal(d.nr, 2);
	assert_int_equal(d.nr_pages[CW_CHANGE_KEPT], 58);
	assert_int_equal(d.range[0].change, CW_CHANGE_KEPT);
	cw_diff_free(&d);
	b.nr = 0;
	a.nr = 0;
	assert_int_equal(cw_diff_make(&d, &a, &b), 0);
	assert_int_equal(d.nr, 0);
	cw_diff_free(&d);
	cw_snapshot_free(&a);
	cw_snapshot_free(&b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_read),
	CASE(test_bad),
	CASE(test_long_line),
	CASE(test_no_file),
	CASE(test_flipped),
	cmocka_unit_test(test_diff),
	cmocka_unit_test(test_diff_of_the_same),
};

UNIT_MAIN(tests)
