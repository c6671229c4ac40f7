/* SPDX-License-Identifier: GPL-2.0-only */
/* Version of the tools, for --version and for reports that name their maker. */
#ifndef CW_VERSION_H
#define CW_VERSION_H

#define CW_VERSION "0.1.0"

#endif
