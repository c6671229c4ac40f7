// SPDX-License-Identifier: GPL-2.0-only
/* `cocobox run`: its options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "box.h"
#include "cmd.h"
#include "err.h"
#include "hostile.h"
#include "parse.h"

#define MEMORY_DEFAULT	(768ULL << 20)
#define MEMORY_MIN	(256ULL << 20)
#define MEMORY_MAX	(8ULL << 30)
#define MEMORY_UNIT	(2ULL << 20)
#define SUBCHANNELS_MAX	4

enum {
	KEY_KERNEL = 0x100,
	KEY_INITRD,
	KEY_APPEND,
	KEY_EXEC,
	KEY_NO_DRIVERS,
	KEY_MEMORY,
	KEY_CPUS,
	KEY_DISK,
	KEY_SUBCHANNELS,
	KEY_NET,
	KEY_PCI,
	KEY_REFUSED,
	KEY_CONFIDENTIAL,
	KEY_HOST,
	KEY_REFEREE,
	KEY_STOP,
	KEY_CONSOLE,
	KEY_TIMEOUT,
	KEY_SHUTDOWN,
};

static const struct argp_option options[] = {
	{ "kernel", KEY_KERNEL, "FILE", 0, "a bzImage (vmlinuz) or vmlinux with Hyper-V support; needed", 1 },
	{ "initrd", KEY_INITRD, "FILE", 0, "its initramfs", 1 },
	{ "append", KEY_APPEND, "WORDS", 0, "more words for its command line; may be given several times", 1 },
	{ "exec", KEY_EXEC, "CMD", 0, "run this shell command in the initramfs and end with its status", 1 },
	{ "no-drivers", KEY_NO_DRIVERS, NULL, 0, "with --exec: load no drivers, and wait for no device", 1 },
	{ "memory", KEY_MEMORY, "SIZE", 0, "256M to 8G (default 768M)", 2 },
	{ "cpus", KEY_CPUS, "N", 0, "1 to 4 (default 1)", 2 },
	{ "disk", KEY_DISK, "FILE", 0, "a disk of its bytes, on SCSI; up to four times", 3 },
	{ "subchannels", KEY_SUBCHANNELS, "N", 0, "offer up to N sub-channels for a disk (default 0)", 3 },
	{ "net", KEY_NET, "TAP", OPTION_ARG_OPTIONAL, "a network device: with a peer of our own, or on a TAP device", 3 },
	{ "pci", KEY_PCI, NULL, 0, "a PCI function behind hv-pci", 3 },
	{ "refused", KEY_REFUSED, NULL, 0, "offer devices, too, that a confidential guest must refuse", 3 },
	{ "confidential", KEY_CONFIDENTIAL, NULL, 0, "VMBus 6.0 with confidential channels", 3 },
	{ "host", KEY_HOST, "NAME", 0, "how the host behaves (see cocobox list; default honest)", 4 },
	{ "referee", KEY_REFEREE, "FILE", 0, "the referee's account, an NDJSON line each", 5 },
	{ "stop-on-finding", KEY_STOP, NULL, 0, "end the run, with 125, at the referee's first finding", 5 },
	{ "console", KEY_CONSOLE, "FILE", 0, "the kernel's console goes there (default: stdout; stderr with --exec)", 6 },
	{ "timeout", KEY_TIMEOUT, "TIME", 0, "end the run after that, like 90s or 5m (default: never)", 6 },
	{ "shutdown-after", KEY_SHUTDOWN, "TIME", 0, "ask the guest to power off after that", 6 },
	{ 0 },
};

struct run {
	struct cw_config c;
	char append[2048];
};

static error_t refuse(const char *option, const char *arg, const char *wanted)
{
	return cw_say(EINVAL, "--%s: '%s' is not %s", option, arg, wanted);
}

/* A number with M or G behind it, in bytes. */
static int parse_size(const char *s, __u64 *bytes)
{
	size_t n = strlen(s);
	char number[24];
	__u64 value;

	if (n < 2 || n > sizeof(number) || (s[n - 1] != 'M' && s[n - 1] != 'G'))
		return -EINVAL;
	memcpy(number, s, n - 1);
	number[n - 1] = '\0';
	if (cw_parse_u64(number, &value) || value > 1 << 20)
		return -EINVAL;
	*bytes = value << (s[n - 1] == 'G' ? 30 : 20);
	return 0;
}

static error_t parse_memory(struct run *r, const char *arg)
{
	if (parse_size(arg, &r->c.memory) || r->c.memory < MEMORY_MIN || r->c.memory > MEMORY_MAX ||
	    r->c.memory % MEMORY_UNIT)
		return refuse("memory", arg, "an even size from 256M to 8G");
	return 0;
}

static error_t parse_number(const char *option, const char *arg, __u64 min, __u64 max,
			    unsigned int *out)
{
	char wanted[48];
	__u64 value;

	snprintf(wanted, sizeof(wanted), "a number from %llu to %llu", min, max);
	if (cw_parse_u64(arg, &value) || value < min || value > max)
		return refuse(option, arg, wanted);
	*out = (unsigned int)value;
	return 0;
}

static error_t parse_append(struct run *r, const char *arg)
{
	size_t used = strlen(r->append);

	if (used + strlen(arg) + 2 > sizeof(r->append))
		return cw_say(EINVAL, "--append: more than %zu bytes in all", sizeof(r->append) - 2);
	snprintf(r->append + used, sizeof(r->append) - used, "%s%s", used ? " " : "", arg);
	return 0;
}

static error_t parse_host(struct run *r, const char *arg)
{
	const char *names[cw_nr_hosts];
	char hint[96];
	size_t i;

	r->c.host = cw_host_find(arg);
	if (r->c.host)
		return 0;
	for (i = 0; i < cw_nr_hosts; i++)
		names[i] = cw_hosts[i].name;
	return cw_say(EINVAL, "--host: no host behaviour '%s'%s; see cocobox list", arg,
		      cw_nearest_hint(hint, sizeof(hint), cw_nearest(arg, names, cw_nr_hosts)));
}

static error_t parse_disk(struct run *r, const char *arg)
{
	if (r->c.nr_disks == CW_DISKS_MAX)
		return cw_say(EINVAL, "--disk: '%s' is one too many (at most %d)", arg, CW_DISKS_MAX);
	r->c.disk[r->c.nr_disks++] = arg;
	return 0;
}

static error_t parse_time(const char *option, const char *arg, __u64 *out)
{
	return cw_parse_duration(arg, out) ? refuse(option, arg, "a time like 90s or 5m") : 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct run *r = state->input;
	struct cw_config *c = &r->c;

	switch (key) {
	case KEY_KERNEL:
		c->kernel = arg;
		return 0;
	case KEY_INITRD:
		c->initrd = arg;
		return 0;
	case KEY_APPEND:
		return parse_append(r, arg);
	case KEY_EXEC:
		c->exec = arg;
		return 0;
	case KEY_NO_DRIVERS:
		c->no_drivers = true;
		return 0;
	case KEY_MEMORY:
		return parse_memory(r, arg);
	case KEY_CPUS:
		return parse_number("cpus", arg, 1, CW_CPUS_MAX, &c->nr_cpus);
	case KEY_DISK:
		return parse_disk(r, arg);
	case KEY_SUBCHANNELS:
		return parse_number("subchannels", arg, 0, SUBCHANNELS_MAX, &c->subchannels);
	case KEY_NET:
		c->net = true;
		c->tap = arg;
		return 0;
	case KEY_PCI:
		c->pci = true;
		return 0;
	case KEY_REFUSED:
		c->refused = true;
		return 0;
	case KEY_CONFIDENTIAL:
		c->confidential = true;
		return 0;
	case KEY_HOST:
		return parse_host(r, arg);
	case KEY_REFEREE:
		c->referee = arg;
		return 0;
	case KEY_STOP:
		c->stop_on_finding = true;
		return 0;
	case KEY_CONSOLE:
		c->console = arg;
		return 0;
	case KEY_TIMEOUT:
		return parse_time("timeout", arg, &c->timeout_ns);
	case KEY_SHUTDOWN:
		return parse_time("shutdown-after", arg, &c->shutdown_ns);
	case ARGP_KEY_ARG:
		return cw_say(EINVAL, "run takes options only: '%s'", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.doc = "Boot a stock kernel as a Hyper-V confidential VM: SNP with vTOM and a paravisor.\v"
	       "Exit status: the guest's, 0 when it left none; 2 usage, 121 it rebooted, 122 it panicked, "
	       "124 the time limit passed, 125 it could not be run, 128+N ended by signal N.",
};

int cw_cmd_run(int argc, char **argv)
{
	struct run r = { .c = { .memory = MEMORY_DEFAULT, .nr_cpus = 1,
				.host = &cw_hosts[0] } };
	char name[] = "cocobox run";
	int got;

	argv[0] = name;
	got = cw_args_parse(&parser, argc, argv, false, &r);
	if (got == CW_ARGS_HELP)
		return CW_BOX_OK;
	if (got)
		return got == -EIO ? CW_BOX_CANNOT : CW_BOX_USAGE;
	if (!r.c.kernel)
		return cw_say(CW_BOX_USAGE, "--kernel is needed");
	r.c.append = r.append;
	return cw_box_run(&r.c);
}
