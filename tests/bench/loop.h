/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loops in BPF and those who start them agree on. */
#ifndef LOOP_H
#define LOOP_H

#define LOOP_EVENTS 20		/* an honest transition there and back */
#define LOOP_FRAMES 65536	/* a power of two */

#endif
