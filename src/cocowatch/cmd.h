/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands.  Each gets its own argv and returns an exit status (exit.h) or
 * -errno after a message.
 */
#ifndef CW_CMD_H
#define CW_CMD_H

int cw_cmd_watch(int argc, char **argv);
int cw_cmd_gate(int argc, char **argv);
int cw_cmd_record(int argc, char **argv);
int cw_cmd_replay(int argc, char **argv);
int cw_cmd_map(int argc, char **argv);
int cw_cmd_top(int argc, char **argv);
int cw_cmd_metrics(int argc, char **argv);
int cw_cmd_doctor(int argc, char **argv);
int cw_cmd_rules(int argc, char **argv);
int cw_cmd_report(int argc, char **argv);
int cw_cmd_export(int argc, char **argv);
int cw_cmd_selftest(int argc, char **argv);

/* What the values of options can be, for scripts/completion (list_words.c).  An exit status. */
int cw_list_words(void);

/* cocowatch-rules(7) in man(7) format, on stdout (rules_man.c). */
void cw_rules_man(void);

#endif
