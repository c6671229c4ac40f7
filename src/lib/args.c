// SPDX-License-Identifier: GPL-2.0-only
/* Command lines.  argp parses; what it would refuse is found before, so that the message is one
 * line and can name the nearest right option.
 */
#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "parse.h"

#define NAMES_MAX 64
#define KEY_USAGE 0x1000	/* above any that a command gives its own options */

struct names {
	const struct argp_option *option[NAMES_MAX];
	size_t nr;
};

/* Those of argp itself. */
static const struct argp_option builtin[] = {
	{ "help", '?', NULL, 0, "give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "give a short usage message", 0 },
	{ 0 },
};

static void names_collect(struct names *n, const struct argp *argp)
{
	const struct argp_option *o;
	const struct argp_child *c;

	for (o = argp->options; o && (o->name || o->key || o->doc); o++)
		if (n->nr < NAMES_MAX)
			n->option[n->nr++] = o;
	for (c = argp->children; c && c->argp; c++)
		names_collect(n, c->argp);
}

static bool takes_next(const struct argp_option *o)
{
	return o->arg && !(o->flags & OPTION_ARG_OPTIONAL);
}

static int unknown_long(const struct names *n, const char *typed)
{
	const char *names[NAMES_MAX];
	char hint[96], dashed[64];
	const char *near;
	size_t i, nr = 0;

	for (i = 0; i < n->nr; i++)
		if (n->option[i]->name)
			names[nr++] = n->option[i]->name;
	near = cw_nearest(typed, names, nr);
	if (near) {
		snprintf(dashed, sizeof(dashed), "--%s", near);
		near = dashed;
	}
	return cw_say(-EINVAL, "unknown option '--%s'%s", typed,
		      cw_nearest_hint(hint, sizeof(hint), near));
}

/* One "--name" or "--name=value".  Returns how many arguments it takes, or -EINVAL. */
static int long_check(const struct names *n, const char *arg, bool has_next)
{
	size_t len = strcspn(arg, "="), i;
	char typed[64];

	for (i = 0; i < n->nr; i++) {
		const struct argp_option *o = n->option[i];

		if (!o->name || strlen(o->name) != len || strncmp(o->name, arg, len))
			continue;
		if (!o->arg && arg[len])
			return cw_say(-EINVAL, "option '--%s' takes no value", o->name);
		if (!takes_next(o) || arg[len])
			return 1;
		return has_next ? 2 : cw_say(-EINVAL, "option '--%s' needs a value, %s", o->name, o->arg);
	}
	snprintf(typed, sizeof(typed), "%.*s", (int)len, arg);
	return unknown_long(n, typed);
}

/* One "-abc".  Returns how many arguments it takes, or -EINVAL. */
static int short_check(const struct names *n, const char *arg, bool has_next)
{
	const struct argp_option *o = NULL;
	size_t i;

	for (; *arg; arg++) {
		for (i = 0; i < n->nr; i++)
			if (n->option[i]->key == *arg)
				break;
		if (i == n->nr)
			return cw_say(-EINVAL, "unknown option '-%c' (see --help)", *arg);
		o = n->option[i];
		if (o->arg && arg[1])
			return 1;
		if (takes_next(o))
			return has_next ? 2 : cw_say(-EINVAL, "option '-%c' needs a value, %s", *arg, o->arg);
	}
	return 1;
}

static unsigned int help_asked(const char *arg)
{
	if (!strcmp(arg, "--help") || !strncmp(arg, "-?", 2))
		return ARGP_HELP_STD_HELP;
	return strcmp(arg, "--usage") ? 0 : ARGP_HELP_USAGE;
}

/* Sets *help to what argp_help() shall print, if anything.  0, or -EINVAL after a message. */
static int options_check(const struct argp *argp, int argc, char **argv, bool in_order,
			 unsigned int *help)
{
	struct names n = { .option = { &builtin[0], &builtin[1] }, .nr = 2 };
	int i = 1;

	*help = 0;
	names_collect(&n, argp);
	while (i < argc && strcmp(argv[i], "--")) {
		bool has_next = i + 1 < argc;
		int taken = 1;

		if (argv[i][0] == '-' && argv[i][1] == '-')
			taken = long_check(&n, argv[i] + 2, has_next);
		else if (argv[i][0] == '-' && argv[i][1])
			taken = short_check(&n, argv[i] + 1, has_next);
		else if (in_order)
			return 0;
		if (taken < 0)
			return taken;
		*help = help_asked(argv[i]);
		if (*help)
			return 0;
		i += taken;
	}
	return 0;
}

static void option_list(const struct argp_option *o)
{
	bool has_short = o->key > ' ' && o->key < 0x7f;
	const char *arg = o->arg ? o->arg : "";
	bool optional = o->flags & OPTION_ARG_OPTIONAL;

	printf("option\t--%s\t%s%.1s\t%s%s%s\t%s\n", o->name, has_short ? "-" : "",
	       has_short ? (const char[]){ (char)o->key, 0 } : "", optional ? "[" : "", arg,
	       optional ? "]" : "", o->doc ? o->doc : "");
}

/* For scripts/completion, which says what each line means. */
static int options_list(const struct argp *argp)
{
	struct names n = { .option = { &builtin[0], &builtin[1] }, .nr = 2 };
	size_t i;

	names_collect(&n, argp);
	if (argp->args_doc)	/* the first of several forms */
		printf("args\t%.*s\n", (int)strcspn(argp->args_doc, "\n"), argp->args_doc);
	for (i = 0; i < n.nr; i++)
		if (n.option[i]->name && !(n.option[i]->flags & OPTION_HIDDEN))
			option_list(n.option[i]);
	return cw_stdout_flush() ? -EIO : CW_ARGS_HELP;
}

/* argp would end the program, whether its help could be written or not. */
static int help_print(const struct argp *argp, char *name, unsigned int flags)
{
	const struct argp builtin_argp = { .options = builtin };
	struct argp own = *argp;
	const struct argp_child both[] = {
		{ &own, 0, NULL, 0 },
		{ &builtin_argp, 0, NULL, 0 },
		{ 0 },
	};
	const struct argp whole = {
		.children = both,
		.args_doc = argp->args_doc,
		.doc = argp->doc,
	};

	own.args_doc = own.doc = NULL;
	argp_help(&whole, stdout, flags, name);
	return cw_stdout_flush() ? -EIO : CW_ARGS_HELP;
}

int cw_args_parse(const struct argp *argp, int argc, char **argv, bool in_order, void *input)
{
	unsigned int help;
	int err;

	if (argc == 2 && !strcmp(argv[1], CW_ARGS_LIST))
		return options_list(argp);
	err = options_check(argp, argc, argv, in_order, &help);
	if (err)
		return err;
	if (help)
		return help_print(argp, argv[0], help);
	err = argp_parse(argp, argc, argv, in_order ? ARGP_IN_ORDER : 0, NULL, input);
	return err ? -EINVAL : 0;
}
