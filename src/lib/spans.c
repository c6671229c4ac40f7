// SPDX-License-Identifier: GPL-2.0-only
/* An array of spans in the order of frames, searched by halving. */
#include "spans.h"

#include <stdlib.h>
#include <string.h>

static __u64 span_end(const struct cw_span *span)
{
	return span->gfn + span->nr_pages;
}

/* Index of the first span that ends behind this frame. */
static size_t spans_at(const struct cw_spans *s, __u64 gfn)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_end(&s->span[mid]) <= gfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool spans_grow(struct cw_spans *s)
{
	size_t room = s->room ? 2 * s->room : 64;
	struct cw_span *span;

	if (s->nr < s->room)
		return true;
	if (room > CW_SPANS_MAX)
		return false;
	span = realloc(s->span, room * sizeof(*span));
	if (!span)
		return false;
	s->span = span;
	s->room = room;
	return true;
}

static void insert(struct cw_spans *s, size_t at, const struct cw_span *span)
{
	if (!spans_grow(s)) {
		s->nr_unseen += span->nr_pages;
		return;
	}
	memmove(&s->span[at + 1], &s->span[at], (s->nr - at) * sizeof(*s->span));
	s->span[at] = *span;
	s->nr++;
	s->nr_pages += span->nr_pages;
}

/* Removes spans [first, last). */
static void cut_out(struct cw_spans *s, size_t first, size_t last)
{
	size_t i;

	for (i = first; i < last; i++)
		s->nr_pages -= s->span[i].nr_pages;
	memmove(&s->span[first], &s->span[last], (s->nr - last) * sizeof(*s->span));
	s->nr -= last - first;
}

void cw_spans_take(struct cw_spans *s, __u64 gfn, __u64 nr_pages)
{
	__u64 end = gfn + nr_pages;
	size_t first = spans_at(s, gfn), last;
	struct cw_span rest;

	if (first == s->nr || s->span[first].gfn >= end)
		return;
	if (s->span[first].gfn < gfn) {	/* its front stays */
		rest = s->span[first];
		s->nr_pages -= span_end(&rest) - gfn;
		s->span[first].nr_pages = gfn - rest.gfn;
		first++;
		if (span_end(&rest) > end) {	/* and its back */
			rest.nr_pages = span_end(&rest) - end;
			rest.gfn = end;
			insert(s, first, &rest);
			return;
		}
	}
	for (last = first; last < s->nr && span_end(&s->span[last]) <= end; last++)
		;
	if (last < s->nr && s->span[last].gfn < end) {
		s->nr_pages -= end - s->span[last].gfn;
		s->span[last].nr_pages = span_end(&s->span[last]) - end;
		s->span[last].gfn = end;
	}
	cut_out(s, first, last);
}

static bool is_continued(const struct cw_span *a, const struct cw_span *b)
{
	return span_end(a) == b->gfn && a->owner == b->owner && a->relid == b->relid &&
	       a->since_ns == b->since_ns && !memcmp(a->comm, b->comm, sizeof(a->comm));
}

void cw_spans_put(struct cw_spans *s, const struct cw_span *span)
{
	size_t at;

	if (!span->nr_pages)
		return;
	cw_spans_take(s, span->gfn, span->nr_pages);
	at = spans_at(s, span->gfn);
	if (at && is_continued(&s->span[at - 1], span)) {
		s->span[at - 1].nr_pages += span->nr_pages;
		s->nr_pages += span->nr_pages;
		return;
	}
	insert(s, at, span);
}

/* Puts one span that was seen, piece by piece: those known before keep what is known of them. */
static void seen_put(struct cw_spans *now, const struct cw_spans *old, const struct cw_span *seen)
{
	__u64 gfn = seen->gfn, end = span_end(seen);
	size_t i = spans_at(old, gfn);

	while (gfn < end) {
		const struct cw_span *was = i < old->nr ? &old->span[i] : NULL;
		struct cw_span piece = *seen;
		__u64 until = end;

		piece.gfn = gfn;
		if (was && was->gfn <= gfn) {
			piece.since_ns = was->since_ns;
			memcpy(piece.comm, was->comm, sizeof(piece.comm));
			until = span_end(was) < end ? span_end(was) : end;
			i++;
		} else if (was && was->gfn < end) {
			until = was->gfn;
		}
		piece.nr_pages = until - gfn;
		cw_spans_put(now, &piece);
		gfn = until;
	}
}

void cw_spans_renew(struct cw_spans *s, const struct cw_span *seen, size_t nr)
{
	struct cw_spans now = { .nr = 0 };
	size_t i;

	for (i = 0; i < nr; i++)
		seen_put(&now, s, &seen[i]);
	free(s->span);
	*s = now;
}

void cw_spans_free(struct cw_spans *s)
{
	free(s->span);
	memset(s, 0, sizeof(*s));
}
