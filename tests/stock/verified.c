// SPDX-License-Identifier: GPL-2.0-only
/* Loads each BPF program of cocowatch alone and prints what the verifier says it cost: a line
 * "OBJECT PROGRAM INSNS STATES", or "OBJECT PROGRAM refused" where this kernel takes it not (a
 * function that it lacks, say).  Of one program, all that the verifier says when it refuses.
 *
 * Usage: verified window|old [PROGRAM]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "objects.h"

#define LOG_STATS 4	/* BPF_LOG_STATS, include/linux/bpf_verifier.h */
#define LOG_WHY	  5	/* and BPF_LOG_LEVEL1: the way that was taken */
#define LOG_ROOM  (16 << 20)

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* What a session sets, as far as the verifier's way depends on it. */
static int configure(struct bpf_object *obj, bool window)
{
	const struct {
		const char *name;
		__u64 value;
	} vars[] = {
		{ "cfg_window", window },
		{ "cfg_no_bit", !window },
		{ "cfg_paravisor", 1 },
		{ "cfg_stale", 1 },
		{ "cfg_shared_mask", 1ULL << 46 },
		{ "cfg_max_walk", 262144 },
		{ "cfg_record_steps", 1 },
		{ "cfg_record_hot", 1 },
		{ "cfg_record_frees", 1 },
		{ "cfg_record_stacks", 1 },
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(vars) / sizeof(vars[0]); i++)
		err = cw_object_set(obj, vars[i].name, vars[i].value);
	return err;
}

/* "processed 123 insns (limit 1000000) max_states_per_insn 1 total_states 4 ..." */
static unsigned long number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? strtoul(at + strlen(word), NULL, 10) : 0;
}

static void load_one(enum cw_object_id id, const char *name, bool window, int level)
{
	static char log[LOG_ROOM];
	struct bpf_object *obj = cw_object_open(id, false);
	struct bpf_program *prog;
	int err;

	if (!obj || configure(obj, window))
		exit(1);
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
	prog = bpf_object__find_program_by_name(obj, name);
	log[0] = '\0';
	bpf_program__set_log_level(prog, level);
	bpf_program__set_log_buf(prog, log, sizeof(log));
	err = bpf_object__load(obj);
	if (err == -ENOSPC)
		printf("%s %s untold: what the verifier says is too long\n",
		       cw_object_name(id), name);
	else if (err)
		printf("%s %s refused\n%s", cw_object_name(id), name,
		       level == LOG_STATS ? "" : log);
	else
		printf("%s %s %lu %lu\n", cw_object_name(id), name, number_after(log, "processed "),
		       number_after(log, "total_states "));
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	struct bpf_program *prog;
	struct bpf_object *names;
	int id;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: verified window|old [PROGRAM]\n");
		return 2;
	}
	libbpf_set_print(quiet);
	for (id = 0; id < CW_OBJ_NR; id++) {
		names = cw_object_open((enum cw_object_id)id, false);
		if (!names)
			return 1;
		bpf_object__for_each_program(prog, names)
			if (argc == 2 || !strcmp(argv[2], bpf_program__name(prog)))
				load_one((enum cw_object_id)id, bpf_program__name(prog),
					 !strcmp(argv[1], "window"), argc == 2 ? LOG_STATS : LOG_WHY);
		bpf_object__close(names);
	}
	return 0;
}
