// SPDX-License-Identifier: GPL-2.0-only
/* Reads the listing of /dev/cocovm.  Whatever module is loaded wrote it, so nothing in it is
 * believed: names and numbers are checked before they are used or printed.
 */
#include "catalogue.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules.h"
#include "text.h"

#define SCENARIO "scenario "
#define MODE "mode="

/* One "key=value" of a line: the value ends at a blank, or at the quote that it began with. */
struct field {
	char *key, *value;
};

static int bad(char *why, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int bad(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	cw_text_clean(why);
	return -EINVAL;
}

/* Cuts the next field off the line.  False at its end, and where it is none. */
static bool field_next(char **line, struct field *f)
{
	char *equals, *end;

	*line += strspn(*line, " ");
	equals = strchr(*line, '=');
	if (!equals)
		return false;
	*equals = '\0';
	f->key = *line;
	f->value = equals + 1;
	if (*f->value == '"')
		end = strchr(++f->value, '"');
	else
		end = f->value + strcspn(f->value, " ");
	if (!end)
		return false;
	*line = end + (*end != '\0');
	*end = '\0';
	return true;
}

/* What is written to /dev/cocovm later must be one word, and no option. */
static bool is_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-')
			return false;
	return c != name;
}

static int text_set(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return -EINVAL;
	strcpy(to, value);
	cw_text_clean(to);
	return 0;
}

static int rule_set(struct cw_scenario *sc, const char *value)
{
	if (!strcmp(value, "-"))
		return 0;
	sc->rule = cw_rule_find(value);
	return sc->rule < 0 ? -EINVAL : 0;
}

static int finding_set(struct cw_scenario *sc, const char *value)
{
	__u32 i;

	if (!strcmp(value, "-"))
		return 0;
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++)
		if (!strcasecmp(cw_finding_info(i)->id, value))
			sc->finding = i;
	return sc->finding ? 0 : -EINVAL;
}

static int bug_set(struct cw_scenario *sc, const char *value)
{
	return strcmp(value, "-") ? text_set(sc->bug, sizeof(sc->bug), value) : 0;
}

static int description_set(struct cw_scenario *sc, const char *value)
{
	return text_set(sc->text, sizeof(sc->text), value);
}

static int twin_set(struct cw_scenario *sc, const char *value)
{
	(void)sc;	/* the finding says the same */
	return strcmp(value, "0") && strcmp(value, "1") ? -EINVAL : 0;
}

static const struct {
	const char *key;
	int (*set)(struct cw_scenario *sc, const char *value);
} fields[] = {
	{ "rule", rule_set }, { "finding", finding_set },  { "twin", twin_set },
	{ "bug", bug_set },   { "text", description_set },
};

#define NR_FIELDS (sizeof(fields) / sizeof(fields[0]))

static int field_set(struct cw_scenario *sc, const struct field *f, __u32 *seen)
{
	size_t i;

	for (i = 0; i < NR_FIELDS; i++) {
		if (strcmp(fields[i].key, f->key))
			continue;
		if (*seen & 1U << i)
			return -EINVAL;
		*seen |= 1U << i;
		return fields[i].set(sc, f->value);
	}
	return 0;
}

static int scenario_parse(struct cw_scenario *sc, char *line, char *why, size_t size)
{
	char *name = strsep(&line, " ");
	__u32 seen = 0;
	struct field f;

	*sc = (struct cw_scenario){ .rule = CW_NO_RULE };
	if (!line || !is_name(name) || text_set(sc->name, sizeof(sc->name), name))
		return bad(why, size, "a scenario has the name '%.64s'", name);
	while (field_next(&line, &f))
		if (field_set(sc, &f, &seen))
			return bad(why, size, "scenario %s has %.16s=%.64s, which this version does not know",
				   sc->name, f.key, f.value);
	if (seen != (1U << NR_FIELDS) - 1)
		return bad(why, size, "the line of scenario %s is not complete", sc->name);
	if (sc->finding && (int)cw_finding_info(sc->finding)->rule != sc->rule)
		return bad(why, size, "scenario %s has a finding of another rule", sc->name);
	return 0;
}

static int scenario_add(struct cw_catalogue *c, char *line, char *why, size_t size)
{
	struct cw_scenario *row;

	if (c->nr == CW_SCENARIOS_MAX)
		return bad(why, size, "there are more than %d scenarios", CW_SCENARIOS_MAX);
	row = realloc(c->row, (c->nr + 1) * sizeof(*row));
	if (!row) {
		bad(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	c->row = row;
	if (scenario_parse(&row[c->nr], line, why, size))
		return -EINVAL;
	if (cw_catalogue_find(c, row[c->nr].name))
		return bad(why, size, "scenario %s is listed twice", row[c->nr].name);
	c->nr++;
	return 0;
}

/* "mode=snp-vtom emulated=1" */
static int mode_read(struct cw_catalogue *c, char *value, char *why, size_t size)
{
	char *mode = strsep(&value, " ");

	if (!is_name(mode) || text_set(c->mode, sizeof(c->mode), mode))
		return bad(why, size, "the mode is '%.64s'", mode);
	return 0;
}

static int line_read(struct cw_catalogue *c, char *line, char *why, size_t size)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, SCENARIO, strlen(SCENARIO)))
		return scenario_add(c, line + strlen(SCENARIO), why, size);
	if (!strncmp(line, MODE, strlen(MODE)))
		return mode_read(c, line + strlen(MODE), why, size);
	return 0;
}

/* What a line has beyond the buffer is of no use: a scenario that is cut is not complete. */
static void rest_skip(FILE *f)
{
	int c;

	do {
		c = getc(f);
	} while (c != EOF && c != '\n');
}

int cw_catalogue_read(struct cw_catalogue *c, FILE *f, char *why, size_t size)
{
	char line[1024];
	int err = 0;

	*c = (struct cw_catalogue){ .nr = 0 };
	while (!err && fgets(line, sizeof(line), f)) {
		if (!strchr(line, '\n'))
			rest_skip(f);
		err = line_read(c, line, why, size);
	}
	if (!err && ferror(f)) {
		err = -EIO;
		bad(why, size, "%s", strerror(EIO));
	}
	if (!err && !c->nr)
		err = bad(why, size, "no scenario is listed");
	if (err)
		cw_catalogue_free(c);
	return err;
}

void cw_catalogue_free(struct cw_catalogue *c)
{
	free(c->row);
	c->row = NULL;
	c->nr = 0;
}

const struct cw_scenario *cw_catalogue_find(const struct cw_catalogue *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!strcmp(c->row[i].name, name))
			return &c->row[i];
	return NULL;
}
