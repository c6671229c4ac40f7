// SPDX-License-Identifier: GPL-2.0-only
/* The example for a CI service is YAML of the form that such services read: one job, in a
 * container, whose steps each run a line or use an action.  tests/cli/ci_gate.t tries the lines.
 */
#include "unit.h"

#include <cyaml/cyaml.h>

#define WORKFLOW "scripts/dist/ci-workflow.yml"

struct step {
	const char *name;
	const char *run;
	const char *uses;
};

struct job {
	const char *runs_on;
	const char *container;
	struct step *steps;
	unsigned int steps_count;
};

struct workflow {
	const char *name;
	struct {
		struct job gate;
	} jobs;
	const char **on;
	unsigned int on_count;
};

#define TEXT(key, member, type) \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, CYAML_UNLIMITED)
#define TEXT_MAYBE(key, member, type) \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, \
			       CYAML_UNLIMITED)

static const cyaml_schema_field_t step_fields[] = {
	TEXT_MAYBE("name", name, struct step),
	TEXT_MAYBE("run", run, struct step),
	TEXT_MAYBE("uses", uses, struct step),
	CYAML_FIELD_IGNORE("if", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_IGNORE("with", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t step_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct step, step_fields),
};

static const cyaml_schema_field_t job_fields[] = {
	TEXT("runs-on", runs_on, struct job),
	TEXT("container", container, struct job),
	CYAML_FIELD_IGNORE("timeout-minutes", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_IGNORE("permissions", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_POINTER, struct job, steps, &step_schema, 1, 32),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t jobs_fields[] = {
	CYAML_FIELD_MAPPING("gate", CYAML_FLAG_DEFAULT, __typeof__(((struct workflow *)0)->jobs), gate,
			    job_fields),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t event_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t workflow_fields[] = {
	TEXT("name", name, struct workflow),
	CYAML_FIELD_SEQUENCE("on", CYAML_FLAG_POINTER, struct workflow, on, &event_schema, 1, 8),
	CYAML_FIELD_MAPPING("jobs", CYAML_FLAG_DEFAULT, struct workflow, jobs, jobs_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t workflow_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct workflow, workflow_fields),
};

static const cyaml_config_t config = { .mem_fn = cyaml_mem, .log_fn = cyaml_log,
				       .log_level = CYAML_LOG_WARNING };

static void test_is_a_workflow(void **state)
{
	struct workflow *w = NULL;
	unsigned int i, lines = 0;
	const struct job *job;

	(void)state;
	assert_int_equal(cyaml_load_file(WORKFLOW, &config, &workflow_schema, (cyaml_data_t **)&w,
					 NULL), CYAML_OK);
	assert_int_equal(w->on_count, 2);
	job = &w->jobs.gate;
	assert_string_equal(job->container, "debian:bookworm");
	for (i = 0; i < job->steps_count; i++) {
		assert_int_equal(!job->steps[i].run, !!job->steps[i].uses);
		lines += !!job->steps[i].run;
	}
	assert_int_equal(lines, 3);
	cyaml_free(&config, &workflow_schema, w, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_is_a_workflow),
};

UNIT_MAIN(tests)
