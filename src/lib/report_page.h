/* SPDX-License-Identifier: GPL-2.0-only */
/* One page of HTML that needs nothing else: report.html with the data of a recording in it. */
#ifndef CW_REPORT_PAGE_H
#define CW_REPORT_PAGE_H

#include <stdio.h>

#include "report_data.h"

/* 0 or -errno: -ENOMEM, or what writing said. */
int cw_report_page_write(FILE *f, const struct cw_report_data *d);

#endif
