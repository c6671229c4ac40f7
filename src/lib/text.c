// SPDX-License-Identifier: GPL-2.0-only
/* Text from elsewhere, made fit for a terminal.  What a character is says the locale, which
 * main() sets to UTF-8.
 */
#include "text.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Bytes of the first character; 1 for what is none. */
static size_t char_len(const char *text, bool *printable)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t len = mbrtowc(&wide, text, strlen(text), &state);

	*printable = len && len <= strlen(text) && iswprint((wint_t)wide);
	return len && len <= strlen(text) ? len : 1;
}

void cw_text_clean(char *text)
{
	char *to = text;
	bool printable;
	size_t len;

	for (; *text; text += len) {
		len = char_len(text, &printable);
		if (printable)
			memmove(to, text, len);
		else
			*to = '?';
		to += printable ? len : 1;
	}
	*to = '\0';
}

void cw_text_print(FILE *f, const char *text)
{
	bool printable;
	size_t len;

	for (; *text; text += len) {
		len = char_len(text, &printable);
		if (printable)
			fwrite(text, 1, len, f);
		else
			fputc('?', f);
	}
}
