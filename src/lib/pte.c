// SPDX-License-Identifier: GPL-2.0-only
/* A page-table entry in words, so that nobody has to decode bits by hand. */
#include "pte.h"

#include <stdio.h>

const char *cw_pte_text(char *buf, size_t size, const struct cw_pte_fmt *fmt, __u64 pte, bool raw)
{
	char value[24] = "";
	bool present = cw_pte_is_present(pte);

	if (cw_pte_is_none(pte)) {
		snprintf(buf, size, "empty");
		return buf;
	}
	if (raw)
		snprintf(value, sizeof(value), " [%016llx]", pte);
	/* bit 8 of an entry that is not present is PROT_NONE, not global */
	snprintf(buf, size, "%spresent, %s, frame 0x%llx, %s%s%s%s", present ? "" : "not ",
		 cw_pte_is_shared(fmt, pte) ? "shared" : "private", cw_pte_gfn(fmt, pte),
		 pte & CW_PTE_WRITABLE ? "writable" : "read-only", pte & CW_PTE_NX ? ", nx" : ", executable",
		 present && (pte & CW_PTE_GLOBAL) ? ", global" : "", value);
	return buf;
}
