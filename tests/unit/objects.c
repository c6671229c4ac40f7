// SPDX-License-Identifier: GPL-2.0-only
/* Configuration of BPF objects by the name of a variable, also when there is no memory left. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "objects.h"

static size_t refuse;	/* allocations of this size fail; 0: none */

/* ASan has its own of these. */
#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t size);

void *malloc(size_t size)
{
	if (size != refuse || !refuse)
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}
#endif

static struct bpf_map *rodata_of(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (strstr(bpf_map__name(map), ".rodata"))
			return map;
	fail_msg("no .rodata");
	return NULL;
}

/* Whether the object's configuration holds these eight bytes anywhere. */
static bool holds(struct bpf_object *obj, __u64 value)
{
	size_t size, at;
	const char *data = bpf_map__initial_value(rodata_of(obj), &size);

	for (at = 0; at + sizeof(value) <= size; at++)
		if (!memcmp(data + at, &value, sizeof(value)))
			return true;
	return false;
}

#define MASK 0x0123456789abcdefULL

static void test_set(void **state)
{
	struct bpf_object *obj = cw_object_open(CW_OBJ_TRANSITION, false);

	(void)state;
	assert_non_null(obj);
	assert_int_equal(cw_object_set(obj, "cfg_shared_mask", MASK), 0);
	assert_true(holds(obj, MASK));
	assert_int_equal(cw_object_set(obj, "cfg_shared_mask", 1), 0);
	assert_false(holds(obj, MASK));
	/* not every object has every variable */
	assert_int_equal(cw_object_set(obj, "cfg_of_nobody", MASK), 0);
	assert_false(holds(obj, MASK));
	bpf_object__close(obj);
}

/* A program that runs with another value than it was given would judge by it. */
static void test_set_without_memory(void **state)
{
	struct bpf_object *obj = cw_object_open(CW_OBJ_TRANSITION, false);
	int err;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	bpf_object__close(obj);
	skip();
#endif
	assert_non_null(obj);
	bpf_map__initial_value(rodata_of(obj), &refuse);
	err = cw_object_set(obj, "cfg_shared_mask", MASK);
	refuse = 0;
	assert_int_equal(err, -ENOMEM);
	assert_false(holds(obj, MASK));
	bpf_object__close(obj);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_set),
	cmocka_unit_test(test_set_without_memory),
};

UNIT_MAIN(tests)
