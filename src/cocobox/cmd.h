/* SPDX-License-Identifier: GPL-2.0-only */
/* cocobox's commands: each returns the exit status. */
#ifndef CW_BOX_CMD_H
#define CW_BOX_CMD_H

int cw_cmd_run(int argc, char **argv);
int cw_cmd_list(int argc, char **argv);

#endif
