// SPDX-License-Identifier: GPL-2.0-only
/* Policy files of any content: refused with one reason, or taken with every text ended, every list
 * within its bounds and no rule both required and waived.
 */
#include "fuzz.h"

#include <unistd.h>
#include <sys/mman.h>

#include "err.h"
#include "policy.h"
#include "policy_file.h"

#define NOON 1795348800	/* 2026-11-22 12:00 UTC */

int cw_err(int err, const char *format, ...)
{
	(void)format;
	return err;
}

int cw_say(int status, const char *format, ...)
{
	(void)format;
	return status;
}

const char *cw_symbol_text(struct cw_symbols *s, __u64 addr, char *buf, size_t size)
{
	(void)s;
	(void)addr;
	snprintf(buf, size, "some_function+0x1/0x2");
	return buf;
}

#define IS_ENDED(text) CHECK(memchr(text, '\0', sizeof(text)))

static void file_check(const struct cw_policy_file *file)
{
	__u32 i;

	CHECK(file->waivers_count <= CW_WAIVERS_MAX && file->reactions_count <= CW_REACTIONS_MAX);
	for (i = 0; i < CW_RULE_NR; i++)
		CHECK(file->rules.of[i] <= CW_SEVERITY_OFF);
	for (i = 0; i < file->waivers_count; i++) {
		CHECK(file->waivers[i].rule < CW_RULE_NR && file->waivers[i].reason[0]);
		IS_ENDED(file->waivers[i].finding);
		IS_ENDED(file->waivers[i].function);
		IS_ENDED(file->waivers[i].reason);
		IS_ENDED(file->waivers[i].expires);
	}
	for (i = 0; i < file->reactions_count; i++) {
		CHECK(file->reactions[i].rule < CW_RULE_NR);
		CHECK(file->reactions[i].action < CW_ACTION_NR);
		IS_ENDED(file->reactions[i].program);
		IS_ENDED(file->reactions[i].signal);
	}
}

static void policy_check(const struct cw_policy *p, const struct cw_reactions *rs)
{
	const __u64 stack[] = { 1 };
	const struct cw_waiver *w;
	char text[160];
	size_t i;

	CHECK(!(p->required & (p->waived | p->off)));
	for (i = 0; i < CW_RULE_NR; i++) {
		CHECK(!(p->waived & CW_RULE_BIT(i)) || p->reason[i]);
		CHECK(!(p->required & CW_RULE_BIT(i)) || p->min_checked[i]);
		cw_policy_excuse(p, (__u32)i, CW_FIND_END_OWN_BIT, NULL, stack, 1);
	}
	for (i = 0; (w = cw_policy_waiver(p, i)); i++) {
		CHECK(w->rule < CW_RULE_NR && w->finding < CW_FIND_NR);
		CHECK(strlen(cw_waiver_text(w, text, sizeof(text))) < sizeof(text));
	}
	for (i = 0; i < rs->nr; i++)
		if (rs->reaction[i].action == CW_ACTION_EXEC)
			CHECK(rs->reaction[i].program[0] == '/');
}

static const char *file_of(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz-policy", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	CHECK(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cw_policy policy = { .gate = true };
	struct cw_reactions reactions = { .nr = 0 };
	struct cw_policy_file *file;
	char why[256] = "";

	file = cw_policy_file_parse((const char *)data, size, why, sizeof(why));
	CHECK(file || why[0]);
	if (file)
		file_check(file);
	free(file);
	if (!cw_policy_load(&policy, &reactions, file_of(data, size), NOON))
		policy_check(&policy, &reactions);
	cw_policy_free(&policy);
	return 0;
}
