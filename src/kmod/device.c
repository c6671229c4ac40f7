// SPDX-License-Identifier: GPL-2.0-only
/* /dev/cocovm: one command a write, counters and scenarios to read.  The language is specified
 * in cocovm(4); whatever else is written gets an errno.
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/pgtable_types.h>

#include <cocowatch/event.h>

#include "cocovm.h"

#define COMMAND_MAX	256
#define LOOPS_MAX	1000000000U
#define WORKERS_MAX	64

/* ---- commands ---- */

/* Next word, or NULL at the end. */
static char *word_next(char **line)
{
	char *word;

	do {
		word = strsep(line, " \t");
	} while (word && !*word);
	return word;
}

static int number_parse(const char *text, u32 min, u32 max, u32 *val)
{
	if (kstrtou32(text, 10, val))
		return -EINVAL;
	return *val < min || *val > max ? -EINVAL : 0;
}

static int option_parse(char *word, struct cw_run *opt)
{
	char *val = strchr(word, '=');
	u32 keep;

	if (!val)
		return -EINVAL;
	*val++ = '\0';
	if (!strcmp(word, "pages"))
		return number_parse(val, 1, U32_MAX, &opt->pages);
	if (!strcmp(word, "loops"))
		return number_parse(val, 0, LOOPS_MAX, &opt->loops);
	if (!strcmp(word, "workers"))
		return number_parse(val, 1, WORKERS_MAX, &opt->workers);
	if (strcmp(word, "keep") || number_parse(val, 0, 1, &keep))
		return -EINVAL;
	opt->keep = keep;
	return 0;
}

static int pages_check(struct cw_run *opt)
{
	const struct cw_scenario *sc = opt->sc;

	if (!opt->pages) {
		opt->pages = sc->pages;
		return 0;
	}
	if (opt->pages < sc->pages_min || (sc->pages_max && opt->pages > sc->pages_max))
		return -EINVAL;
	/* one more, for the scenarios that take a spare page */
	return opt->pages >= cw_pool_size() ? -ENOMEM : 0;
}

static int options_parse(char *name, char **line, bool misbehave, struct cw_run *opt)
{
	char *word;
	int err;

	*opt = (struct cw_run){ .misbehave = misbehave, .loops = 1, .workers = 1 };
	if (!name)
		return -EINVAL;
	opt->sc = cw_scenario_find(name);
	if (!opt->sc)
		return -ENOENT;
	if (misbehave && !opt->sc->has_twin)
		return -EINVAL;
	while ((word = word_next(line))) {
		err = option_parse(word, opt);
		if (err)
			return err;
	}
	return pages_check(opt);
}

static int run_command(char **line, bool misbehave)
{
	struct cw_run opt;
	int err = options_parse(word_next(line), line, misbehave, &opt);

	if (err)
		return err;
	return opt.loops ? cw_job_run(&opt) : -EINVAL;
}

static int do_run(char **line)
{
	return run_command(line, true);
}

static int do_honest(char **line)
{
	return run_command(line, false);
}

static int do_start(char **line)
{
	char *name = word_next(line);
	bool misbehave = !name || strcmp(name, "honest");
	struct cw_run opt;
	int err;

	if (!misbehave)
		name = word_next(line);
	err = options_parse(name, line, misbehave, &opt);
	return err ?: cw_job_start(&opt);
}

static int do_stop(char **line)
{
	if (word_next(line))
		return -EINVAL;
	cw_job_stop_all();
	return 0;
}

static int do_announce(char **line)
{
	if (word_next(line))
		return -EINVAL;
	cw_platform_announce(&cw_platform);
	/* what is withheld is on the list of areas too, and known better here */
	cw_areas_announce();
	cw_pool_announce_kept();
	return 0;
}

static int do_restore(char **line)
{
	return word_next(line) ? -EINVAL : cw_pool_restore_kept();
}

static int do_host(char **line)
{
	char *name = word_next(line);

	return !name || word_next(line) ? -EINVAL : cw_host_become(name);
}

static int do_fail(char **line)
{
	char *word = word_next(line);
	u32 nth;

	if (!word || word_next(line) || number_parse(word, 0, INT_MAX, &nth))
		return -EINVAL;
	cw_alloc_fail(nth);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **line);
} commands[] = {
	{ "run",      do_run },
	{ "honest",   do_honest },
	{ "start",    do_start },
	{ "stop",     do_stop },
	{ "announce", do_announce },
	{ "restore",  do_restore },
	{ "host",     do_host },
	{ "fail",     do_fail },
};

static int command_run(char *line)
{
	char *word = word_next(&line);
	size_t i;

	if (!word)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, word))
			return commands[i].run(&line);
	return -EINVAL;
}

static ssize_t device_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char line[COMMAND_MAX];
	size_t len = size;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!len || len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	if (line[len - 1] == '\n')
		len--;
	line[len] = '\0';
	if (strcspn(line, "\n") != len)
		return -EINVAL;
	err = command_run(line);
	return err ?: size;
}

/* ---- what there is to read ---- */

static void mmio_show(struct seq_file *m)
{
	static const struct {
		const char *name;
		u64 gpa;
	} mmio[] = {
		{ "io-apic", CW_IO_APIC_GPA },
		{ "vtpm",    CW_VTPM_GPA },
		{ "pci",     CW_PCI_GPA },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mmio); i++)
		seq_printf(m, "mmio %s gpa=0x%llx private=%d\n", mmio[i].name, mmio[i].gpa,
			   cw_platform_is_private_mmio(mmio[i].gpa));
}

static void feature_show(void *m, const char *what, const char *how)
{
	seq_printf(m, "feature %s text=\"%s\"\n", what, how);
}

static void host_show(void *m, const char *name)
{
	seq_printf(m, " %s", name);
}

static void platform_show(struct seq_file *m)
{
	const struct cw_platform *p = &cw_platform;
	u64 prot = pgprot_val(PAGE_KERNEL);

	seq_printf(m, "abi=%d.%d\n", CW_ABI_MAJOR, CW_ABI_MINOR);
	seq_printf(m, "mode=%s emulated=%d\n", p->mode, !p->native);
	seq_printf(m, "isolation=%u\nparavisor=%u\nvendor=%u\ncallbacks=%u\nwindow=%u\n",
		   p->isolation, p->paravisor, p->vendor, p->callbacks, p->window);
	seq_printf(m, "boundary=0x%llx\ncc_mask=0x%llx\nphysical_mask=0x%llx\nsev_status=0x%llx\n",
		   p->boundary, p->cc_mask, p->physical_mask, p->sev_status);
	seq_printf(m, "pte_mask=0x%llx\nprot_private=0x%llx\nprot_shared=0x%llx\n", p->pte_mask,
		   cw_platform_mkenc(prot, p->cc_mask), cw_platform_mkdec(prot, p->cc_mask));
	mmio_show(m);
	cw_platform_features(feature_show, m);
	seq_printf(m, "host=%s\nhosts:", cw_host_name());
	cw_host_each(host_show, m);
	seq_putc(m, '\n');
}

static void counters_show(struct seq_file *m)
{
	const struct cw_counters *c = &cw_counters;

	seq_printf(m, "transitions=%lld\nfailed=%lld\nhypercalls=%lld\n",
		   atomic64_read(&c->transitions), atomic64_read(&c->failed),
		   atomic64_read(&c->hypercalls));
	seq_printf(m, "host_refused=%lld\nhost_bad=%lld\n", atomic64_read(&c->host_refused),
		   atomic64_read(&c->host_bad));
	seq_printf(m, "zeropad_reads=%lld\nzeropad_fixed=%lld\n", atomic64_read(&c->zeropad_reads),
		   atomic64_read(&c->zeropad_fixed));
	seq_printf(m, "withheld=%lld\nalloc_failed=%lld\nerrors=%lld\nrunning=%d\n",
		   atomic64_read(&c->withheld), atomic64_read(&c->alloc_failed),
		   atomic64_read(&c->errors), atomic_read(&c->running));
}

/* As NDJSON spells them: in lower case. */
static void finding_show(struct seq_file *m, enum cw_finding finding)
{
#define NAME(id, rule, sev, values, expected, seen) [CW_FIND_##id] = #id,
	static const char *const names[CW_FIND_NR] = { [CW_FIND_NONE] = "-", CW_FINDINGS(NAME) };
#undef NAME
	const char *c;

	for (c = names[finding]; *c; c++)
		seq_putc(m, tolower(*c));
}

static void scenario_show(struct seq_file *m, const struct cw_scenario *sc)
{
	seq_printf(m, "scenario %s rule=%s twin=%d finding=", sc->name, sc->rule, sc->has_twin);
	finding_show(m, sc->finding);
	seq_printf(m, " bug=%s text=\"%s\"\n", sc->bug ?: "-", sc->text);
}

static int device_show(struct seq_file *m, void *unused)
{
	const struct cw_scenario *sc;
	u32 i;

	platform_show(m);
	seq_printf(m, "pool_pages=%u\n", cw_pool_size());
	counters_show(m);
	for (i = 0; (sc = cw_scenario_get(i)); i++)
		if (cw_scenario_fits(sc))
			scenario_show(m, sc);
	return 0;
}

static int device_open(struct inode *inode, struct file *file)
{
	/* set by the core of misc devices; single_open() wants it empty */
	file->private_data = NULL;
	return single_open(file, device_show, NULL);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = device_write,
	.release = single_release,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = CW_NAME,
	.fops = &device_fops,
	.mode = 0600,
};

int cw_device_init(void)
{
	return misc_register(&device);
}

void cw_device_exit(void)
{
	misc_deregister(&device);
}
