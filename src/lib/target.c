// SPDX-License-Identifier: GPL-2.0-only
/* Names of files, compared by what they stand for. */
#include "target.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

#define LINKS_MAX 40	/* as the kernel */

/* A file, or a name in a directory where none is yet. */
struct place {
	struct stat st;
	char name[NAME_MAX + 1];	/* "": the file itself */
};

/* Puts in place of a link what it leads to.  False when it is none. */
static bool link_follow(char *path, size_t size)
{
	char *slash = strrchr(path, '/'), to[PATH_MAX];
	ssize_t len = readlink(path, to, sizeof(to) - 1);
	size_t head = slash ? (size_t)(slash + 1 - path) : 0;

	if (len < 0)
		return false;
	to[len] = '\0';
	if (to[0] == '/')
		head = 0;
	return (size_t)snprintf(path + head, size - head, "%s", to) < size - head;
}

static bool directory_find(struct place *p, char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (strlen(name) > NAME_MAX)
		return false;
	strcpy(p->name, name);
	if (slash)
		slash[slash == path] = '\0';
	return !stat(slash ? path : ".", &p->st);
}

/* What is written through a link that leads nowhere is made where it points. */
static bool path_find(struct place *p, const char *target)
{
	char path[PATH_MAX];
	size_t len = strlen(target);
	int i;

	while (len > 1 && target[len - 1] == '/')
		len--;
	if (len >= sizeof(path))
		return false;
	snprintf(path, sizeof(path), "%.*s", (int)len, target);
	for (i = 0; i < LINKS_MAX; i++) {
		if (!stat(path, &p->st))
			return true;
		if (errno != ENOENT)
			return false;
		if (!link_follow(path, sizeof(path)))
			return directory_find(p, path);
	}
	return false;
}

static bool place_find(struct place *p, const char *target)
{
	p->name[0] = '\0';
	if (!target)
		return !fstat(STDOUT_FILENO, &p->st);
	return path_find(p, target);
}

bool cw_target_same(const char *a, const char *b)
{
	struct place pa, pb;

	if (!a || !b ? a == b : !strcmp(a, b))
		return true;
	if (!place_find(&pa, a) || !place_find(&pb, b) || S_ISCHR(pa.st.st_mode))
		return false;
	return pa.st.st_dev == pb.st.st_dev && pa.st.st_ino == pb.st.st_ino &&
	       !strcmp(pa.name, pb.name);
}

bool cw_target_spoils(const char *target, const char *file)
{
	static const char *const beside[] = { "-wal", "-shm", "-journal" };
	char *real = realpath(file, NULL), path[PATH_MAX];
	bool spoils = cw_target_same(target, file);
	size_t i;

	for (i = 0; i < sizeof(beside) / sizeof(beside[0]) && !spoils; i++)
		if ((size_t)snprintf(path, sizeof(path), "%s%s", real ? real : file, beside[i]) <
		    sizeof(path))
			spoils = cw_target_same(target, path);
	free(real);
	return spoils;
}

bool cw_target_spares(const char *target, const char *file, const char *what)
{
	if (!cw_target_spoils(target, file))
		return true;
	return cw_say(false, "cannot write to %s: %s is read from there", target ? target : "stdout",
		      what);
}
