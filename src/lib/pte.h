/* SPDX-License-Identifier: GPL-2.0-only */
/* A page-table entry in words. */
#ifndef CW_PTE_H
#define CW_PTE_H

#include <stdbool.h>
#include <stddef.h>

#include <cocowatch/check.h>

#define CW_PTE_WRITABLE	(1ULL << 1)
#define CW_PTE_NX	(1ULL << 63)

#define CW_PTE_TEXT_LEN 96

/* "present, shared, frame 0x2b00, writable, nx"; raw adds the value itself.  Returns buf. */
const char *cw_pte_text(char *buf, size_t size, const struct cw_pte_fmt *fmt, __u64 pte, bool raw);

#endif
