// SPDX-License-Identifier: GPL-2.0-only
/* Small files of /proc and /sys.  root is "" on a live system and a folder of
 * made-up files in the tests.
 */
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

int cw_file_line(const char *root, const char *path, char *buf, size_t size)
{
	char full[PATH_MAX];
	FILE *f;
	int err = 0;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "re");
	if (!f)
		return -errno;
	if (!fgets(buf, (int)size, f)) {
		err = ferror(f) ? -errno : 0;
		buf[0] = '\0';
	}
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return err;
}

int cw_file_u64(const char *root, const char *path, __u64 *out)
{
	char line[64];
	int err = cw_file_line(root, path, line, sizeof(line));

	return err ? err : cw_parse_u64(line, out);
}
