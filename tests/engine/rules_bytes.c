// SPDX-License-Identifier: GPL-2.0-only
/* The rules on bytes: tails and reserved fields of a hypercall's input, against a count of them one
 * by one, and what is left in a page.
 */
#include "engines.h"
#include "fill.h"

#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)
#define NR(a)	  (sizeof(a) / sizeof((a)[0]))

static bool tail_is_right(const unsigned char *msg, __u32 end)
{
	struct cw_ev_hypercall ev = { .payload_bytes = end, .tail_first = CW_NO_INDEX };
	__u32 set = 0, first = CW_NO_INDEX, i;
	__u64 word;

	for (i = end; i < CW_POST_BYTES; i++) {
		if (msg[i] && first == CW_NO_INDEX)
			first = i;
		set += msg[i] != 0;
	}
	for (i = 0; i < CW_POST_BYTES / 8; i++) {
		memcpy(&word, msg + 8 * i, 8);
		cw_tail_add(&ev, i, word);
	}
	return ev.tail_set == set && ev.tail_first == first;
}

struct reserved_row {
	__u16 code;
	__u32 from, to;	/* reserved bytes */
	__u8 first_mask;	/* of the first of them */
};

static const struct reserved_row reserved_rows[] = {
	{ 0x5c, 4, 8, 0xff }, { 0x5d, 6, 8, 0xff }, { 0xdb, 8, 16, 0xfc }, { 0x106, 12, 16, 0xff },
	{ 0x107, 12, 16, 0xff }, { 0x0b, 4, 8, 0xff }, { 0x15, 4, 8, 0xff },
};

static bool reserved_is_right(const struct reserved_row *row, const unsigned char *msg)
{
	struct cw_ev_hypercall ev = { .code = row->code, .reserved_first = CW_NO_INDEX };
	__u32 set = 0, first = CW_NO_INDEX, i;
	__u64 word;

	for (i = row->from; i < row->to; i++) {
		if (!(msg[i] & (i == row->from ? row->first_mask : 0xff)))
			continue;
		if (first == CW_NO_INDEX)
			first = i;
		set++;
	}
	for (i = 0; i < CW_RESERVED_WORDS; i++) {
		memcpy(&word, msg + 8 * i, 8);
		cw_reserved_add(&ev, i, word);
	}
	return ev.reserved_set == set && ev.reserved_first == first &&
	       ev.reserved_bits == cw_reserved_bits(row->code) && ev.reserved_bits;
}

static void run_bytes(void)
{
	unsigned char msg[CW_POST_BYTES];
	bool tails = true, reserved = true;
	unsigned int seed;
	__u32 i, word;
	int code;

	for (seed = 0; seed < 64; seed++) {
		fill(msg, seed);
		for (i = CW_POST_PAYLOAD; i <= CW_POST_BYTES; i++)
			tails &= tail_is_right(msg, i);
		for (i = 0; i < NR(reserved_rows); i++)
			reserved &= reserved_is_right(&reserved_rows[i], msg);
	}
	report(tails, "bytes: the tail of a message, for each length of its payload");
	report(reserved, "bytes: the reserved fields of each hypercall that has some");
	for (code = 0, reserved = true; code < 0x10000; code++) {
		__u32 bits = 0;

		for (word = 0; word < CW_RESERVED_WORDS; word++)
			bits += __builtin_popcountll(cw_reserved_mask(code, word));
		reserved &= bits == cw_reserved_bits(code);
	}
	report(reserved, "bytes: the masks have as many bits as they are said to have");
}

/* ---- Z4 has no event of its own ---- */

struct stale_row {
	const char *name;
	struct cw_stale stale;
	__u64 checked, warned, no_evidence;
};

static const struct stale_row stale_rows[] = {
	{ "Z4: cleared pages", { .read = 4, .first = CW_NO_INDEX }, BIT(Z4), 0, 0 },
	{ "Z4: bytes left in a page", { .read = 4, .set = 17, .first = 2 }, BIT(Z4), BIT(Z4), 0 },
	{ "Z4: a page that could not be read", { .read = 3, .failed = 1 }, 0, 0, BIT(Z4) },
	{ "Z4: nothing read", { .read = 0 }, 0, 0, BIT(Z4) },
};

static void run_stale(const struct stale_row *row)
{
	struct cw_out out = {};

	cw_rule_z4(&row->stale, 0x1000, &out);
	report(out.checked == row->checked && out.warned == row->warned && !out.violated &&
	       out.no_evidence == row->no_evidence && has_finding(&out,
	  CW_FIND_STALE) == !!row->warned,
	       "%s", row->name);
}

int main(void)
{
	size_t i;

	if (engines_open(CW_FRAMES_PER_WORD))
		return 1;
	run_bytes();
	for (i = 0; i < NR(stale_rows); i++)
		run_stale(&stale_rows[i]);
	return engines_close();
}
