// SPDX-License-Identifier: GPL-2.0-only
/* The archive that --exec adds behind the user's initramfs: an init that runs the command and
 * leaves its status at the third UART.  It needs a shell, mount, stty, poweroff and, for drivers
 * that are modules, modprobe.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "box.h"

/* Those that are built in, or not there, are passed over. */
const char cw_drivers[] = "hv_vmbus hv_utils hv_storvsc sd_mod hv_netvsc pci-hyperv";

/* The command's input and output are the second UART; the first is the kernel's. */
static const char init_script[] =
	"#!/bin/sh\n"
	"export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	"mkdir -p /dev /proc /sys /tmp\n"
	"mount -t devtmpfs dev /dev 2>/dev/null\n"
	"mount -t proc proc /proc\n"
	"mount -t sysfs sys /sys\n"
	". /.cocobox/config\n"
	"for m in $modules; do modprobe $m; done >/dev/null 2>&1\n"
	"ready() {\n"
	"	set -- /sys/block/sd*\n"
	"	[ -e \"$1\" ] || shift\n"
	"	[ $# -ge $disks ] && { [ $net = 0 ] || [ -d /sys/class/net/eth0 ]; }\n"
	"}\n"
	"while [ $patience -gt 0 ] && ! ready; do sleep 0.1; patience=$((patience - 1)); done\n"
	"(\n"
	"	exec </dev/ttyS1 >/dev/ttyS1 2>&1\n"
	"	stty raw -echo 115200\n"
	"	printf '\\0' >/dev/ttyS2\n"
	"	exec sh /.cocobox/command\n"
	")\n"
	"rc=$?\n"
	"printf \"\\\\$(printf %03o $rc)\" >/dev/ttyS2\n"
	"poweroff -f\n"
	"sleep 60\n";

struct archive {
	__u8 *bytes;
	size_t len;
	size_t size;
};

static void add_bytes(struct archive *a, const void *bytes, size_t n)
{
	if (a->bytes && a->len + n <= a->size)
		memcpy(a->bytes + a->len, bytes, n);
	a->len += n;
}

static void add_padding(struct archive *a)
{
	add_bytes(a, "\0\0\0", -a->len & 3);
}

/* One member in the newc format (cpio(5)). */
static void add_member(struct archive *a, const char *name, unsigned int mode, const char *text,
		       size_t len)
{
	char header[111];

	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0, mode, 0, 0, 1, 0,
		 (unsigned int)len, 0, 0, 0, 0, (unsigned int)strlen(name) + 1, 0);
	add_bytes(a, header, 110);
	add_bytes(a, name, strlen(name) + 1);
	add_padding(a);
	add_bytes(a, text, len);
	add_padding(a);
}

static void add_members(struct archive *a, const struct cw_box *box)
{
	const struct cw_config *c = box->config;
	char config[256];

	snprintf(config, sizeof(config),
		 "modules='%s'\ndisks=%u\nnet=%d\npatience=%d\n", c->no_drivers ? "" : cw_drivers,
		 c->nr_disks, c->net, !c->no_drivers && (c->nr_disks || c->net) ? 100 : 0);
	add_member(a, ".cocobox", 040755, "", 0);
	add_member(a, ".cocobox/init", 0100755, init_script, sizeof(init_script) - 1);
	add_member(a, ".cocobox/config", 0100644, config, strlen(config));
	add_member(a, ".cocobox/command", 0100644, c->exec, strlen(c->exec));
	add_member(a, "TRAILER!!!", 0, "", 0);
}

__u8 *cw_overlay_build(const struct cw_box *box, size_t *len)
{
	struct archive a = { .len = 0 };

	add_members(&a, box);	/* measures */
	a.size = a.len;
	a.bytes = malloc(a.size);
	a.len = 0;
	if (a.bytes)
		add_members(&a, box);
	*len = a.len;
	return a.bytes;
}
