/* SPDX-License-Identifier: GPL-2.0-only */
/* What all fuzz targets share: an input that is taken apart piece by piece, and a check that ends
 * the run as a crash does.
 */
#ifndef CW_FUZZ_H
#define CW_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* The monitor did what it must never do, whatever its guest did. */
#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* Each input makes a whole box: memory that is kept from use for long costs more than all else. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:detect_stack_use_after_return=0";
}

struct input {
	const __u8 *at;
	size_t left;
};

/* As many of the wanted bytes as there are, the rest zeroes.  Returns how many there were. */
static inline __u32 take(struct input *in, void *to, size_t wanted)
{
	size_t n = wanted < in->left ? wanted : in->left;

	memset(to, 0, wanted);
	if (n)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return (__u32)n;
}

static inline __u8 take8(struct input *in)
{
	__u8 v;

	take(in, &v, sizeof(v));
	return v;
}

static inline __u16 take16(struct input *in)
{
	__u16 v;

	take(in, &v, sizeof(v));
	return v;
}

static inline __u32 take32(struct input *in)
{
	__u32 v;

	take(in, &v, sizeof(v));
	return v;
}

static inline __u64 take64(struct input *in)
{
	__u64 v;

	take(in, &v, sizeof(v));
	return v;
}

/* A length of one byte and that many bytes, in memory of just that size: to be freed. */
static inline __u8 *take_bytes(struct input *in, __u32 *len)
{
	size_t wanted = take8(in);
	__u8 *bytes = malloc(wanted ? wanted : 1);

	CHECK(bytes);
	*len = take(in, bytes, wanted);
	return bytes;
}

#endif
