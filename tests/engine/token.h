/* SPDX-License-Identifier: GPL-2.0-only */
/* What token.c asks of the programs in token.bpf.c. */
#ifndef TOKEN_H
#define TOKEN_H

#include <linux/types.h>

enum token_op {
	TOKEN_FIRST,
	TOKEN_FIRST_DONE,
	TOKEN_SECOND,
	TOKEN_BEGINS,
	TOKEN_DONE,
	TOKEN_CROWDED,
};

struct token_io {
	__u64 call;
	__u64 jiffies;
	__u64 task;
	__u64 ns;
	__u32 pair;
	__u32 op;
	__u32 acts;	/* what was said */
	__u32 pad;
};

#endif
