/* SPDX-License-Identifier: GPL-2.0-only */
/* A referee with memory and no guest, and the lines that it writes. */
#ifndef CW_UNIT_BOX_REFEREE_H
#define CW_UNIT_BOX_REFEREE_H

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "box.h"
#include "loop_run.h"
#include "referee.h"
#include "referee_impl.h"
#include "vcpu.h"

#define SIZE (64ULL << 20)
#define BIT 39
#define SHARED_GFN (1ULL << (BIT - CW_PAGE_SHIFT))

static struct cw_config config;
static struct cw_box box;
static char path[] = "/tmp/box_referee.XXXXXX", said[] = "/tmp/box_referee.said.XXXXXX";

static inline int setup(void **state)
{
	int fd;

	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	close(fd);
	config = (struct cw_config){ .referee = path };
	box = (struct cw_box){ .config = &config };
	pthread_mutex_init(&box.lock, NULL);
	quiet();
	return fd < 0 || cw_loop_init(&box) || cw_mem_init(&box.mem, SIZE, BIT) ||
	       cw_referee_init(&box);
}

static inline int teardown(void **state)
{
	(void)state;
	cw_referee_exit(&box);
	cw_loop_exit(&box);
	cw_mem_exit(&box.mem);
	unlink(path);
	return 0;
}

static inline __u8 *host(__u64 gfn)
{
	return box.mem.host + (gfn << CW_PAGE_SHIFT);
}

static inline __u64 findings(void)
{
	return cw_referee_findings(box.referee);
}

/* The nth line of that type, from 0; NULL when there is none. */
static inline json_t *line(const char *type, int nth)
{
	FILE *f = fopen(path, "re");
	char text[4096];
	json_t *o, *found = NULL;

	while (!found && fgets(text, sizeof(text), f)) {
		o = json_loads(text, 0, NULL);
		assert_non_null(o);
		if (!strcmp(json_string_value(json_object_get(o, "type")), type) && !nth--)
			found = json_incref(o);
		json_decref(o);
	}
	fclose(f);
	return found;
}

static inline bool has_line(const char *type, int nth)
{
	json_t *o = line(type, nth);
	bool has = o;

	json_decref(o);
	return has;
}

static inline void assert_number(const char *type, int nth, const char *key, __u64 want)
{
	json_t *o = line(type, nth);

	assert_non_null(o);
	assert_true(json_is_integer(json_object_get(o, key)));
	assert_int_equal(json_integer_value(json_object_get(o, key)), want);
	json_decref(o);
}

static inline void assert_text(const char *type, int nth, const char *key, const char *want)
{
	json_t *o = line(type, nth);
	const char *text = json_string_value(json_object_get(o, key));

	if (want)
		assert_string_equal(text, want);
	else
		assert_true(json_is_null(json_object_get(o, key)));
	json_decref(o);
}

/* What goes to stderr from now on is kept. */
static inline void keep_said(void)
{
	memcpy(said + sizeof(said) - 7, "XXXXXX", 6);
	close(mkstemp(said));
	assert_non_null(freopen(said, "w", stderr));
}

static inline void assert_said(const char *words)
{
	char text[4096];
	FILE *f = fopen(said, "re");
	size_t n;

	fflush(stderr);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(said);
	assert_non_null(strstr(text, words));
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
