// SPDX-License-Identifier: GPL-2.0-only
/* Devices of channels, in a made-up sysfs. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"

static void make(const char *root, const char *rest)
{
	char path[256], *slash;

	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/%s", root, rest);
	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	assert_int_equal(mkdir(path, 0700), 0);
}

static void test_device(void **state)
{
	char root[] = "/tmp/cw-devices-XXXXXX", path[256], text[128];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_false(cw_device_of_channel(root, 3, text, sizeof(text)));
	make(root, "1111-aa/channels/3");
	make(root, "1111-aa/channels/30");
	make(root, "2222-bb/channels/4");
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/1111-aa/driver", root);
	assert_int_equal(symlink("../../../bus/vmbus/drivers/hv_netvsc", path), 0);
	assert_true(cw_device_of_channel(root, 3, text, sizeof(text)));
	assert_string_equal(text, "hv_netvsc 1111-aa");
	assert_true(cw_device_of_channel(root, 30, text, sizeof(text)));
	assert_string_equal(text, "hv_netvsc 1111-aa");
	assert_true(cw_device_of_channel(root, 4, text, sizeof(text)));
	assert_string_equal(text, "2222-bb");
	assert_false(cw_device_of_channel(root, 5, text, sizeof(text)));
	snprintf(path, sizeof(path), "rm -rf %s", root);
	assert_int_equal(system(path), 0);
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(test_device) };

UNIT_MAIN(tests)
