// SPDX-License-Identifier: GPL-2.0-only
/* /dev/cocovm: one command a write, counters and scenarios to read.  The language is specified
 * in cocovm(4); whatever else is written gets an errno.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

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
	const struct {
		const char *name;
		u32 min, max, *val;
	} options[] = {
		{ "pages",   1, U32_MAX,     &opt->pages },
		{ "loops",   0, LOOPS_MAX,   &opt->loops },
		{ "workers", 1, WORKERS_MAX, &opt->workers },
		{ "keep",    0, 1,           &opt->keep },
	}, *o;
	char *val = strchr(word, '=');

	if (!val)
		return -EINVAL;
	*val++ = '\0';
	for (o = options; o < options + ARRAY_SIZE(options); o++)
		if (!strcmp(o->name, word))
			return number_parse(val, o->min, o->max, o->val);
	return -EINVAL;
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

static void names_print(const char *name)
{
	const struct cw_scenario *sc;
	u32 i;

	pr_err("%s: not one of", name);
	for (i = 0; (sc = cw_scenario_get(i)); i++)
		if (cw_scenario_fits(sc))
			pr_cont(" %s", sc->name);
	pr_cont("\n");
}

static int options_parse(char *name, char **line, struct cw_run *opt)
{
	char *word;
	int err;

	if (!name)
		return -EINVAL;
	opt->sc = cw_scenario_find(name);
	if (!opt->sc) {
		names_print(name);
		return -ENOENT;
	}
	if (opt->misbehave && !opt->sc->has_twin)
		return -EINVAL;
	while ((word = word_next(line))) {
		err = option_parse(word, opt);
		if (err)
			return err;
	}
	return pages_check(opt);
}

/* run NAME, honest NAME; in the background: start NAME, start honest NAME */
static int do_scenario(const char *command, char **line)
{
	struct cw_run opt = { .loops = 1, .workers = 1 };
	bool start = !strcmp(command, "start"), honest = !strcmp(command, "honest");
	char *name = word_next(line);
	int err;

	if (start && name && !strcmp(name, "honest")) {
		honest = true;
		name = word_next(line);
	}
	opt.misbehave = !honest;
	err = options_parse(name, line, &opt);
	if (err)
		return err;
	if (start)
		return cw_job_start(&opt);
	return opt.loops ? cw_job_run(&opt) : -EINVAL;
}

static int do_stop(const char *unused)
{
	cw_job_stop_all();
	return 0;
}

static int do_announce(const char *unused)
{
	cw_platform_announce(&cw_platform);
	/* what is withheld is on the list of areas too, and known better here */
	cw_areas_announce();
	cw_pool_announce_kept();
	return 0;
}

static int do_restore(const char *unused)
{
	return cw_pool_restore_kept();
}

static int do_fail(const char *word)
{
	u32 nth;

	if (number_parse(word, 0, INT_MAX, &nth))
		return -EINVAL;
	cw_alloc_fail(nth);
	return 0;
}

static const struct {
	const char *name;
	bool has_word;
	int (*run)(const char *word);
} commands[] = {
	{ "stop",     false, do_stop },
	{ "announce", false, do_announce },
	{ "restore",  false, do_restore },
	{ "host",     true,  cw_host_become },
	{ "fail",     true,  do_fail },
};

static int command_run(char *line)
{
	char *name = word_next(&line), *word;
	size_t i;

	if (!name)
		return -EINVAL;
	if (!strcmp(name, "run") || !strcmp(name, "honest") || !strcmp(name, "start"))
		return do_scenario(name, &line);
	word = word_next(&line);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name) && commands[i].has_word == !!word &&
		    !word_next(&line))
			return commands[i].run(word);
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

static void mmio_show(struct seq_file *m, const char *name, u64 gpa)
{
	seq_printf(m, "mmio %s gpa=0x%llx private=%d\n", name, gpa, cw_platform_is_private_mmio(gpa));
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
	mmio_show(m, "io-apic", CW_IO_APIC_GPA);
	mmio_show(m, "vtpm", CW_VTPM_GPA);
	mmio_show(m, "pci", CW_PCI_GPA);
	cw_platform_features(feature_show, m);
	seq_printf(m, "host=%s\nhosts:", cw_host_name());
	cw_host_each(host_show, m);
	seq_putc(m, '\n');
}

static void scenario_show(struct seq_file *m, const struct cw_scenario *sc)
{
#define NAME(id, rule, sev, values, expected, seen) [CW_FIND_##id] = #id,
	static const char *const names[CW_FIND_NR] = { [CW_FIND_NONE] = "-", CW_FINDINGS(NAME) };
#undef NAME
	const char *c;

	seq_printf(m, "scenario %s rule=%s twin=%d finding=", sc->name, sc->rule, sc->has_twin);
	/* as NDJSON spells them: in lower case */
	for (c = names[sc->finding]; *c; c++)
		seq_putc(m, tolower(*c));
	seq_printf(m, " bug=%s text=\"%s\"\n", sc->bug ?: "-", sc->text);
}

#define SHOW(name) seq_printf(m, #name "=%lld\n", atomic64_read(&cw_counters.name));

static int device_show(struct seq_file *m, void *unused)
{
	const struct cw_scenario *sc;
	u32 i;

	platform_show(m);
	seq_printf(m, "pool_pages=%u\n", cw_pool_size());
	CW_COUNTERS(SHOW)
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
