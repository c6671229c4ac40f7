// SPDX-License-Identifier: GPL-2.0-only
/* Opens what is a file, and says what is none. */
#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int regular_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode))
		return 0;
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

int cw_regular_open(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err = fd < 0 ? -errno : regular_check(fd);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	snprintf(why, size, "%s", err == -EINVAL ? "it is no regular file" : strerror(-err));
	return err;
}

int cw_regular_fopen(FILE **out, const char *path, char *why, size_t size)
{
	int fd = cw_regular_open(path, why, size);

	*out = NULL;
	if (fd < 0)
		return fd;
	*out = fdopen(fd, "r");
	if (*out)
		return 0;
	close(fd);
	snprintf(why, size, "%s", strerror(ENOMEM));
	return -ENOMEM;
}
