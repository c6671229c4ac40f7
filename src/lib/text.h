/* SPDX-License-Identifier: GPL-2.0-only */
/* Text from elsewhere (names of tasks and files, reasons) on its way to a terminal: what is no
 * printable character becomes "?", and so it stays one line.
 */
#ifndef CW_TEXT_H
#define CW_TEXT_H

#include <stdio.h>

/* In place; the text gets no longer. */
void cw_text_clean(char *text);

void cw_text_print(FILE *f, const char *text);

#endif
