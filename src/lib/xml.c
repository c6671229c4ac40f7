// SPDX-License-Identifier: GPL-2.0-only
/* Text from elsewhere, made fit for XML. */
#include "xml.h"

#include <stdbool.h>
#include <stddef.h>

/* Characters that are markup, and those that a reader would change. */
static const struct escape {
	const char *reference;
	bool only_attribute;
	char c;
} escapes[] = {
	{ "&amp;", false, '&' },  { "&lt;", false, '<' },  { "&gt;", false, '>' },
	{ "&#13;", false, '\r' }, { "&#9;", true, '\t' },  { "&#10;", true, '\n' },
	{ "&quot;", true, '"' },  { "&#39;", true, '\'' },
};

/* By the first byte: how many follow, the bits it carries, and the least character that needs
 * them.
 */
static const struct form {
	unsigned char mask, value;
	unsigned int follow;
	unsigned long min;
} forms[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xe0, 0xc0, 1, 0x80 },
	{ 0xf0, 0xe0, 2, 0x800 },
	{ 0xf8, 0xf0, 3, 0x10000 },
};

static bool is_xml_char(unsigned long c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* Bytes of the first character, 0 where it is none that XML has.  Stops at the end of the text,
 * which is no byte that may follow.
 */
static size_t char_len(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	const struct form *form = NULL;
	unsigned long c;
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((byte[0] & forms[i].mask) == forms[i].value)
			form = &forms[i];
	if (!form)
		return 0;
	c = byte[0] & (unsigned char)~form->mask;
	for (i = 1; i <= form->follow; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (byte[i] & 0x3f);
	}
	return c >= form->min && is_xml_char(c) ? form->follow + 1 : 0;
}

static const char *reference_of(char c, bool attribute)
{
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (escapes[i].c == c && (attribute || !escapes[i].only_attribute))
			return escapes[i].reference;
	return NULL;
}

static void xml_print(FILE *f, const char *text, bool attribute)
{
	const char *reference;
	size_t len;

	for (; *text; text += len ? len : 1) {
		len = char_len(text);
		reference = reference_of(*text, attribute);
		if (!len)
			fputc('?', f);
		else if (reference)
			fputs(reference, f);
		else
			fwrite(text, 1, len, f);
	}
}

void cw_xml_text(FILE *f, const char *text)
{
	xml_print(f, text, false);
}

void cw_xml_attribute(FILE *f, const char *text)
{
	xml_print(f, text, true);
}
