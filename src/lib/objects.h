/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF objects that are built into the program. */
#ifndef CW_OBJECTS_H
#define CW_OBJECTS_H

#include <stdbool.h>

#include <bpf/libbpf.h>

#include "source.h"

/* Kernel module that an object's functions may live in; NULL: in the kernel itself. */
const char *cw_object_module(enum cw_object_id id);

const char *cw_object_name(enum cw_object_id id);	/* "stock_transition" */

/* For btf_custom_path: with it libbpf asks for no module's BTF, which may not be ours to have, and
 * without which it would load nothing.
 */
#define CW_KERNEL_BTF "/sys/kernel/btf/vmlinux"

/* Opens the object, to be loaded with the kernel's own types alone or with those of its modules
 * too.  NULL with errno set on failure; the caller closes it.
 */
struct bpf_object *cw_object_open(enum cw_object_id id, bool no_module_btf);

/* Takes the bytes of all objects out of memory: they are in the program's file, and come back when
 * one is opened again.
 */
void cw_objects_rest(void);

/* Sets a configuration variable (const volatile cfg_*) of an object that is not loaded yet; an
 * object that has no such variable is left as it is.  0 or -errno.
 */
int cw_object_set(struct bpf_object *obj, const char *variable, __u64 value);

/* Makes the object use the maps of other, which is loaded, for each map named cw_* that both
 * have.  0 or -errno.
 */
int cw_object_share(struct bpf_object *obj, const struct bpf_object *other);

#endif
