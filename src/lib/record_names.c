// SPDX-License-Identifier: GPL-2.0-only
/* Two hash tables of fixed size: what finds no room has no name in the recording. */
#include "record_names.h"

#include <string.h>

static __u64 mix(__u64 v)
{
	v = (v ^ (v >> 31)) * 0x9e3779b97f4a7c15ULL;
	return v ^ (v >> 29);
}

__u32 cw_names_symbol(struct cw_names *n, __u64 addr, struct cw_rec_symbol *s, bool *fresh)
{
	__u64 at = mix(addr) % CW_NAMES_MAX;

	*fresh = false;
	if (!addr)
		return 0;
	for (; n->addr[at]; at = (at + 1) % CW_NAMES_MAX)
		if (n->addr[at] == addr)
			return n->id[at];
	if (n->nr == CW_NAMES_MAX / 4 * 3)
		return 0;
	n->addr[at] = addr;
	n->id[at] = ++n->nr;
	*fresh = true;
	memset(s, 0, sizeof(*s));
	s->id = n->nr;
	s->addr = n->include_addresses ? addr : 0;
	cw_symbol_text(n->symbols, addr, s->text, sizeof(s->text));
	return n->nr;
}

__u32 cw_names_stack(struct cw_names *n, const __u64 *ids, __u32 nr, struct cw_stack_row *s,
		     bool *fresh)
{
	__u64 hash = 1, at;
	__u32 i;

	*fresh = false;
	if (!nr || nr > CW_STACK_MAX)
		return 0;
	for (i = 0; i < nr; i++)
		hash = mix(hash ^ ids[i]) + i;
	hash |= 1;
	for (at = hash % CW_STACKS_MAX; n->stack[at]; at = (at + 1) % CW_STACKS_MAX)
		if (n->stack[at] == hash)
			return n->number[at];
	if (n->nr_stacks == CW_STACKS_MAX / 4 * 3)
		return 0;
	n->stack[at] = hash;
	n->number[at] = ++n->nr_stacks;
	*fresh = true;
	memset(s, 0, sizeof(*s));
	s->number = n->nr_stacks;
	s->nr = nr;
	memcpy(s->symbols, ids, nr * sizeof(*ids));
	return n->nr_stacks;
}
