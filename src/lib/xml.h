/* SPDX-License-Identifier: GPL-2.0-only */
/* Text from elsewhere on its way into XML 1.0 in UTF-8, whatever the locale.  What XML knows no
 * character for (bytes that are no UTF-8, controls, surrogates, U+FFFE and U+FFFF) becomes "?", a
 * byte each, so that a reader never refuses the file for the name of a task.
 */
#ifndef CW_XML_H
#define CW_XML_H

#include <stdio.h>

/* Between tags: tabs and line feeds stay what they are. */
void cw_xml_text(FILE *f, const char *text);

/* Between the quotes of an attribute, of either kind: tabs and line feeds as references, since a
 * reader would make spaces of them.
 */
void cw_xml_attribute(FILE *f, const char *text);

#endif
