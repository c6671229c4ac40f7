// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch doctor: what this machine offers, which rules could be armed, and what
 * is missing for the others.  Nothing stays attached.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "libbpf_log.h"
#include "loader.h"
#include "names.h"
#include "options.h"
#include "session.h"
#include "way.h"

struct findings {
	struct cw_platform platform;
	struct cw_arming arming;
	char why_not[512];	/* no session could start: why; "" when one could */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		return cw_no_arguments("doctor", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_plain_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.doc = "Say what this machine offers: kernel, mode, module, and for each rule whether it can be armed "
	       "or why not.  Programs are loaded and attached for a moment; none stays.\v"
	       "Exit status: 0 a session could start, 2 usage, 3 no session could start.",
};

/* Every program is loaded and attached once, and taken away again. */
static void programs_try(struct findings *f)
{
	const struct cw_session_opts opts = {
		.source = cw_source_choose(&f->platform, CW_SOURCE_AUTO),
		.try_only = true,
	};
	struct cw_session *session;
	char why[sizeof(f->why_not)] = "";
	size_t i;
	int err =
		cw_session_open(&session, &f->platform, &opts, &f->arming, NULL, why, sizeof(why));

	cw_session_close(session);
	if (!err)
		return;
	if (!f->why_not[0])
		memcpy(f->why_not, why, sizeof(why));
	/* what was not even tried has no reason of its own */
	for (i = 0; i < f->arming.source->nr_probes; i++)
		if (!f->arming.attached[i] && !f->arming.why_probe[i][0])
			cw_arming_failed(&f->arming, i, "%s", why);
	cw_arming_finish(&f->arming);
}

static void examine(struct findings *f)
{
	bool module;

	memset(f, 0, sizeof(*f));
	cw_platform_read(&f->platform, "");
	cw_way_find(&f->platform);
	cw_way_read_mask(&f->platform);
	module = cw_source_choose(&f->platform, CW_SOURCE_AUTO) == &cw_source_module;
	cw_platform_check(&f->platform, module, false, f->why_not, sizeof(f->why_not));
	programs_try(f);
}

/* ---- text ---- */

static void print_machine(FILE *f, const struct cw_platform *p)
{
	fprintf(f, "kernel        Linux %s\n", p->release);
	if (p->has_leaf && p->isolation)
		fprintf(f, "machine       confidential VM, mode %s (isolation leaf %s, %s)\n", p->mode,
			cw_isolation_name(p->isolation), p->paravisor ? "paravisor" : "no paravisor");
	else if (strcmp(p->mode, "none"))
		fprintf(f, "machine       confidential VM, mode %s\n", p->mode);
	else
		fprintf(f, "machine       no confidential VM (%s)\n",
			p->has_leaf ? "isolation leaf: none" : "no Hyper-V isolation leaf, no SNP or TDX guest");
	fprintf(f, "BTF           %s\n", p->btf ? "present" : "missing (needs CONFIG_DEBUG_INFO_BTF=y)");
	fprintf(f, "lockdown      %s\n", cw_lockdown_name(p->lockdown));
}

static void print_caps(FILE *f, const struct cw_platform *p)
{
	int i;

	fprintf(f, "capabilities ");
	for (i = 0; i < CW_CAP_NR; i++)
		fprintf(f, " %s%s", p->caps[i] ? "" : "no ", cw_cap_name((enum cw_cap)i));
	fputc('\n', f);
}

static void print_module(FILE *f, const struct cw_module_info *m)
{
	if (!m->loaded) {
		fprintf(f, "module        cocovm is not loaded (insmod cocovm.ko)\n");
		return;
	}
	fprintf(f, "module        cocovm is loaded, ");
	if (m->has_abi)
		fprintf(f, "ABI %u.%u%s", m->abi_major, m->abi_minor,
			m->abi_major == CW_ABI_MAJOR ? "" : " (another than ours)");
	else
		fprintf(f, "without an ABI version");
	if (m->emulate[0])
		fprintf(f, ", emulates %s", m->emulate);
	fputc('\n', f);
}

/* Hooks inside a module hold it as long as a session runs. */
static void print_pinned(FILE *f, const struct cw_arming *a)
{
	const char *modules[CW_OBJ_NR];
	size_t i, nr = cw_loader_pinned(a, modules);

	for (i = 0; i < nr; i++)
		fprintf(f, "%s%s", i ? " " : "holds         ", modules[i]);
	if (nr)
		fprintf(f, ": cannot be unloaded during a session (see --no-pin)\n");
}

/* Of fentry and fexit every kernel counts what it refused. */
static void print_misses(FILE *f, const struct cw_arming *a)
{
	if (a->source == &cw_source_stock && !a->misses_said)
		fprintf(f, "kprobes       this kernel does not say which runs they missed (see --no-pin)\n");
}

static void print_rules(FILE *f, const struct cw_arming *a)
{
	__u32 i;

	fprintf(f, "\n%-4s  %-26s  %s\n", "rule", "name", "can be armed");
	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *r = cw_rule_info(i);

		if (a->armed & CW_RULE_BIT(i))
			fprintf(f, "%-4s  %-26s  yes\n", r->id, r->name);
		else
			fprintf(f, "%-4s  %-26s  no: %s\n", r->id, r->name, a->why_rule[i]);
	}
}

static void print_text(FILE *f, const struct findings *d)
{
	print_machine(f, &d->platform);
	print_caps(f, &d->platform);
	print_module(f, &d->platform.module);
	print_pinned(f, &d->arming);
	print_misses(f, &d->arming);
	print_rules(f, &d->arming);
	if (d->why_not[0])
		fprintf(f, "\nno session can start: %s\n", d->why_not);
	else
		fprintf(f, "\na session can start: %d of %d rules can be armed\n",
			__builtin_popcountll(d->arming.armed), CW_RULE_NR);
}

/* ---- ndjson ---- */

static json_t *rules_list(const struct cw_arming *a)
{
	json_t *list = json_array();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *r = cw_rule_info(i);
		bool armed = a->armed & CW_RULE_BIT(i);
		json_t *o = json_pack("{s:s,s:s,s:b}", "rule", r->id, "name", r->name, "can_be_armed", armed);

		if (!armed)
			json_object_set_new(o, "why", json_string(a->why_rule[i]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *pinned_list(const struct cw_arming *a)
{
	const char *modules[CW_OBJ_NR];
	size_t i, nr = cw_loader_pinned(a, modules);
	json_t *list = json_array();

	for (i = 0; i < nr; i++)
		json_array_append_new(list, json_string(modules[i]));
	return list;
}

static json_t *module_object(const struct cw_module_info *m)
{
	json_t *o = json_pack("{s:b}", "loaded", m->loaded);

	if (m->has_abi) {
		json_object_set_new(o, "abi_major", json_integer(m->abi_major));
		json_object_set_new(o, "abi_minor", json_integer(m->abi_minor));
	}
	if (m->emulate[0])
		json_object_set_new(o, "emulate", json_string(m->emulate));
	return o;
}

static void print_ndjson(FILE *f, const struct findings *d)
{
	const struct cw_platform *p = &d->platform;
	json_t *caps = json_object(), *o;
	int i;

	for (i = 0; i < CW_CAP_NR; i++)
		json_object_set_new(caps, cw_cap_name((enum cw_cap)i), json_boolean(p->caps[i]));
	o = json_pack("{s:s,s:s,s:s,s:b,s:b,s:s,s:o,s:o,s:o}", "type", "doctor", "kernel", p->release,
		      "mode", p->mode, "isolation_leaf", p->has_leaf, "btf", p->btf, "lockdown",
		      cw_lockdown_name(p->lockdown), "capabilities", caps, "module",
		      module_object(&p->module), "rules", rules_list(&d->arming));
	json_object_set_new(o, "holds", pinned_list(&d->arming));
	json_object_set_new(o, "kprobe_misses_counted", json_boolean(d->arming.misses_said));
	json_object_set_new(o, "can_start", json_boolean(!d->why_not[0]));
	if (d->why_not[0])
		json_object_set_new(o, "why", json_string(d->why_not));
	json_dumpf(o, f, JSON_COMPACT);
	fputc('\n', f);
	json_decref(o);
}

int cw_cmd_doctor(int argc, char **argv)
{
	struct cw_common c = { .debug = false };
	struct findings d;
	size_t i;
	int status;
	bool good;

	if (!cw_options_parse(&argp, argc, argv, false, &c, &status))
		return status;
	if (!cw_outputs_check(&c.writers, "doctor"))
		return CW_EXIT_USAGE;
	cw_libbpf_init(c.debug);
	if (cw_writers_open(&c.writers))
		return CW_EXIT_UNKNOWN;
	examine(&d);
	for (i = 0; i < c.writers.nr; i++) {
		if (c.writers.writer[i].ops == &cw_out_ndjson)
			print_ndjson(c.writers.writer[i].file, &d);
		else
			print_text(c.writers.writer[i].file, &d);
	}
	good = cw_writers_flush(&c.writers);
	good = cw_writers_close(&c.writers) && good;
	return good && !d.why_not[0] ? CW_EXIT_HELD : CW_EXIT_UNKNOWN;
}
