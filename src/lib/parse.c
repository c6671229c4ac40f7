// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and durations from a command line, and the nearest right name for one
 * that was mistyped.
 */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 63

static bool has_prefix(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

/* strtoull() takes signs, leading blanks and a prefix of its own; our numbers have none. */
static int number_read(const char *s, char **end, __u64 *out)
{
	int base = 10;

	if (has_prefix(s)) {
		base = 16;
		s += 2;
	}
	if (has_prefix(s))
		return -EINVAL;
	if (!(base == 16 ? isxdigit((unsigned char)*s) : isdigit((unsigned char)*s)))
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, end, base);
	return errno ? -ERANGE : 0;
}

int cw_parse_u64(const char *s, __u64 *out)
{
	char *end;
	__u64 value;
	int err = number_read(s, &end, &value);

	if (err)
		return err;
	if (*end)
		return -EINVAL;
	*out = value;
	return 0;
}

int cw_parse_duration(const char *s, __u64 *out_ns)
{
	static const struct {
		const char *unit;
		__u64 ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60 * 1000000000ULL },
		{ "h", 3600 * 1000000000ULL },
	};
	__u64 value;
	char *end;
	size_t i;
	int err = number_read(s, &end, &value);

	if (err)
		return err;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (!value)
			return -EINVAL;
		return __builtin_mul_overflow(value, units[i].ns, out_ns) ? -ERANGE : 0;
	}
	return -EINVAL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t min = a < b ? a : b;

	return min < c ? min : c;
}

/* Edit distance (insert, delete, replace, swap of neighbours), case ignored. */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][NAME_MAX_LEN + 1];
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (j = 0; j <= lb; j++)
		row[0][j] = j;
	for (i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *last = row[(i - 1) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= lb; j++) {
			int ca = tolower((unsigned char)a[i - 1]),
			    cb = tolower((unsigned char)b[j - 1]);

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[la % 3][lb];
}

/* Whether what was typed is the name with letters left out. */
static bool is_shortened(const char *typed, const char *name)
{
	for (; *typed && *name; name++)
		if (tolower((unsigned char)*typed) == tolower((unsigned char)*name))
			typed++;
	return !*typed;
}

/* How far off a name is; what was only begun, or shortened, counts as one or two mistakes. */
static size_t mistakes(const char *typed, const char *name)
{
	size_t d = distance(typed, name), len = strlen(typed);

	if (len >= 2 && d > 1 && !strncasecmp(typed, name, len))
		return 1;
	return len >= 3 && d > 2 && is_shortened(typed, name) ? 2 : d;
}

const char *cw_nearest(const char *typed, const char *const *names, size_t nr_names)
{
	const char *best = NULL;
	size_t best_distance = 0, len = strlen(typed), i;

	for (i = 0; i < nr_names; i++) {
		size_t d = mistakes(typed, names[i]);
		size_t longer = len > strlen(names[i]) ? len : strlen(names[i]);

		if (d > (longer + 2) / 3 || (longer <= 2 && d > 1))
			continue;
		if (!best || d < best_distance) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}

const char *cw_nearest_hint(char *buf, size_t size, const char *nearest)
{
	if (nearest)
		snprintf(buf, size, " (did you mean '%s'?)", nearest);
	else
		buf[0] = '\0';
	return buf;
}
