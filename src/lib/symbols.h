/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel addresses to names: /proc/kallsyms, read when somebody says so or the first stack asks. */
#ifndef CW_SYMBOLS_H
#define CW_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define CW_SYMBOL_LEN 192

struct cw_symbols;

/* path: "/proc/kallsyms", or a made-up file in the tests.  Opened here, since the kernel asks then and
 * only then who may see addresses; not read yet.  modules: the caller's, "/sys/module", where each
 * module has a directory; NULL: nobody looks whether one has come.  NULL without memory.
 */
struct cw_symbols *cw_symbols_new(const char *path, const char *modules);
void cw_symbols_free(struct cw_symbols *s);

/* Reads them now, and again what was read before: a fifth of a second that the first violation need
 * not wait for.  Programs that are attached later are not known.
 */
void cw_symbols_load(struct cw_symbols *s);

/* Names that a recording brings along: each address has the whole text that was added for it, and
 * /proc/kallsyms is never asked.  add: 0 or -ENOMEM.
 */
struct cw_symbols *cw_symbols_new_exact(void);
int cw_symbols_add(struct cw_symbols *s, __u64 addr, const char *text);

/* "func+0x12/0x40 [module]", or "?" when no symbol covers the address.  Returns buf. */
const char *cw_symbol_text(struct cw_symbols *s, __u64 addr, char *buf, size_t size);

/* How many of the innermost entries of a stack belong to the tracing itself. */
__u32 cw_symbols_skip(struct cw_symbols *s, const __u64 *stack, __u32 nr_stack);

/* Why nothing can be named, or NULL when it can. */
const char *cw_symbols_trouble(struct cw_symbols *s);

#endif
