// SPDX-License-Identifier: GPL-2.0-only
/* Reads state words a few thousand at a time: of a terabyte there are eight million, nearly all of
 * them zero.
 */
#include "pages_runs.h"

#include <stdlib.h>

#include <bpf/bpf.h>

#include <cocowatch/state.h>

#define WORDS 4096

struct runs {
	__u64 gfn;	/* the next frame */
	__u64 first;	/* of the run */
	__u32 state;
	void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state);
	void *ctx;
};

static void run_end(struct runs *r, __u32 state)
{
	if (r->state != CW_PG_PRIVATE)
		r->fn(r->ctx, r->first, r->gfn - r->first, r->state);
	r->state = state;
	r->first = r->gfn;
}

static void word_take(struct runs *r, __u64 word)
{
	int i;

	if (!word && r->state == CW_PG_PRIVATE) {
		r->gfn += CW_FRAMES_PER_WORD;
		return;
	}
	for (i = 0; i < CW_FRAMES_PER_WORD; i++, r->gfn++)
		if (cw_state_of(word, r->gfn) != r->state)
			run_end(r, cw_state_of(word, r->gfn));
}

void cw_pages_runs(int fd, __u32 nr_words,
		   void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx)
{
	struct runs r = { .fn = fn, .ctx = ctx };
	__u64 *words = calloc(WORDS, sizeof(*words));
	__u32 *keys = calloc(WORDS, sizeof(*keys));
	__u32 done = 0, next = 0, n, i;

	while (words && keys && done < nr_words) {
		n = nr_words - done < WORDS ? nr_words - done : WORDS;
		bpf_map_lookup_batch(fd, done ? &next : NULL, &next, keys, words, &n, NULL);
		if (!n)
			break;
		for (i = 0; i < n; i++)
			word_take(&r, words[i]);
		done += n;
	}
	run_end(&r, CW_PG_PRIVATE);
	free(words);
	free(keys);
}
