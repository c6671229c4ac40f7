/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel made of numbers: memory that was recorded, structures of made-up BTF.  For tests of
 * what reads the running kernel's variables.
 */
#ifndef CW_FAKE_KERNEL_H
#define CW_FAKE_KERNEL_H

#include <errno.h>
#include <stdlib.h>

#include <bpf/btf.h>

#include "kernel.h"

#define FAKE_WORDS 256

/* Memory of 8-byte words; whatever was not set cannot be read. */
struct fake {
	struct {
		__u64 addr;
		__u64 value;
	} word[FAKE_WORDS];
	size_t nr;
	struct btf *btf;
	int u64;	/* type ids */
	int u32;
	int u8;
	int reads;
};

static inline void fake_set(struct fake *f, __u64 addr, __u64 value)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		if (f->word[i].addr == addr)
			break;
	assert_true(i < FAKE_WORDS && !(addr & 7));
	f->word[i].addr = addr;
	f->word[i].value = value;
	f->nr += i == f->nr;
}

static inline int fake_read(void *ctx, __u64 addr, void *buf, size_t len)
{
	struct fake *f = ctx;
	__u8 *to = buf;

	f->reads++;
	for (; len; len--, addr++, to++) {
		size_t i;

		for (i = 0; i < f->nr && f->word[i].addr != (addr & ~7ULL); i++)
			;
		if (i == f->nr)
			return -EFAULT;
		*to = (__u8)(f->word[i].value >> 8 * (addr & 7));
	}
	return 0;
}

static inline void fake_start(struct fake *f, struct cw_kernel *k)
{
	memset(f, 0, sizeof(*f));
	memset(k, 0, sizeof(*k));
	k->read = fake_read;
	k->read_ctx = f;
	f->btf = btf__new_empty();
	assert_non_null(f->btf);
	f->u64 = btf__add_int(f->btf, "u64", 8, 0);
	f->u32 = btf__add_int(f->btf, "u32", 4, 0);
	f->u8 = btf__add_int(f->btf, "u8", 1, 0);
}

/* A structure whose members follow in calls to fake_member. */
static inline int fake_struct(struct fake *f, const char *name, __u32 size)
{
	int id = btf__add_struct(f->btf, name, size);

	assert_true(id > 0);
	return id;
}

static inline void fake_member(struct fake *f, const char *name, int type, __u32 offset)
{
	assert_int_equal(btf__add_field(f->btf, name, type, offset * 8, 0), 0);
}

static inline void fake_bits(struct fake *f, const char *name, __u32 bit, __u32 nr_bits)
{
	assert_int_equal(btf__add_field(f->btf, name, f->u32, bit, nr_bits), 0);
}

/* The BTF is the kernel's from now on. */
static inline void fake_done(struct fake *f, struct cw_kernel *k)
{
	assert_int_equal(cw_kernel_btf_add(k, f->btf), 0);
}

#endif
