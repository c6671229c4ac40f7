// SPDX-License-Identifier: GPL-2.0-only
/* Kernel modules, by the system calls that insmod and rmmod make. */
#include "kmodule.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODPROBE "/sbin/modprobe"
#define RETRY_MS 50

static const struct {
	int err;
	const char *hint;
} hints[] = {
	{ ENOEXEC, "built for another kernel, or no module" },
	{ EKEYREJECTED, "Secure Boot wants it signed" },
	{ EPERM, "run as root; under lockdown it must be signed" },
	{ EINVAL, "the kernel log says why" },
	{ EOPNOTSUPP, "the kernel log says why" },
	{ ENODEV, "the kernel log says why" },
	{ ENOENT, "it needs what this kernel does not have; the kernel log says what" },
};

bool cw_kmodule_is_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return !access(path, F_OK);
}

static void why_insert(int err, const char *path, char *why, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]) && hints[i].err != err; i++)
		;
	if (i < sizeof(hints) / sizeof(hints[0]))
		snprintf(why, size, "%s: %s (%s)", path, strerror(err), hints[i].hint);
	else
		snprintf(why, size, "%s: %s", path, strerror(err));
}

int cw_kmodule_insert(const char *path, const char *params, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0) {
		err = errno;
		snprintf(why, size, "%s: %s", path, strerror(err));
		return -err;
	}
	if (syscall(SYS_finit_module, fd, params, 0)) {
		err = errno;
		why_insert(err, path, why, size);
	}
	close(fd);
	return -err;
}

int cw_kmodule_probe(const char *name, const char *params)
{
	char *const argv[] = { "modprobe", "-q", (char *)name, *params ? (char *)params : NULL, NULL };
	char *const env[] = { NULL };
	int err, status;
	pid_t pid;

	err = posix_spawn(&pid, MODPROBE, NULL, NULL, argv, env);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

int cw_kmodule_remove(const char *name, unsigned int timeout_ms)
{
	unsigned int waited;

	for (waited = 0;; waited += RETRY_MS) {
		if (!syscall(SYS_delete_module, name, O_NONBLOCK))
			return 0;
		if (errno != EAGAIN || waited >= timeout_ms)
			return -errno;
		usleep(RETRY_MS * 1000);
	}
}
