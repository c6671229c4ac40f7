/* SPDX-License-Identifier: GPL-2.0-only */
/* What libbpf itself says. */
#ifndef CW_LIBBPF_LOG_H
#define CW_LIBBPF_LOG_H

#include <stdbool.h>

/* Sends libbpf's own messages to stderr (debug) or keeps them back. */
void cw_libbpf_init(bool debug);

/* The last warning that libbpf gave, on one line; "" when there was none.  Static storage. */
const char *cw_libbpf_last(void);
void cw_libbpf_forget(void);

/* Whether that warning is about this program. */
bool cw_libbpf_blames(const char *prog);

#endif
