// SPDX-License-Identifier: GPL-2.0-only
/* Loads a bzImage or vmlinux by the 64-bit boot protocol (Documentation/arch/x86/boot.rst), with
 * its initramfs, command line and memory map.
 */
#include "boot.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <asm/bootparam.h>

#include "box.h"
#include "err.h"

#define KERNEL_GPA	0x1000000ULL
#define MIN_PROTOCOL	0x20c		/* XLF_KERNEL_64 and 64-bit entry */
#define CMDLINE_MAX	2048
#define PAGE_PRESENT_RW	3
#define PAGE_LARGE	0x80
#define KERNEL_MIN	0x100000ULL	/* below are our own tables */

#define NO_KERNEL	"%s: no 64-bit Linux kernel (bzImage or vmlinux)"

struct image {
	__u64 entry;
	bool is_kernel;
	__u64 end;	/* of what the kernel needs before it looks at its memory map */
};

/* Guest memory while nothing runs: through the private alias, so that the guest finds it mapped. */
static void *load_at(struct cw_box *box, __u64 gpa, __u64 len)
{
	__u64 offset;

	return cw_mem_offset(&box->mem, gpa, len, &offset)
		       ? box->mem.alias[CW_ALIAS_PRIVATE] + offset
		       : NULL;
}

static int read_at(int fd, void *buf, size_t len, off_t offset)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		p += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_file(const char *path, int *fd, __u64 *size)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return cw_err(-errno, "cannot open %s", path);
	if (!fstat(*fd, &st) && S_ISREG(st.st_mode)) {
		*size = (__u64)st.st_size;
		return 0;
	}
	close(*fd);
	return cw_say(-EINVAL, "%s: not a regular file", path);
}

/* ---- bzImage ---- */

static bool header_is_good(const struct setup_header *h)
{
	return h->boot_flag == 0xaa55 && !memcmp(&h->header, "HdrS", 4) && h->version >= MIN_PROTOCOL &&
	       h->xloadflags & XLF_KERNEL_64;
}

static int load_bzimage(struct cw_box *box, int fd, __u64 size, struct boot_params *bp,
			struct image *image)
{
	const char *path = box->config->kernel;
	__u64 setup, len;
	void *to;

	if (size < sizeof(*bp) || read_at(fd, &bp->hdr, sizeof(bp->hdr), 0x1f1) ||
	    !header_is_good(&bp->hdr))
		return cw_say(-ENOEXEC, NO_KERNEL, path);
	setup = (bp->hdr.setup_sects + 1ULL) * 512;
	/* syssize counts 16 bytes each; what is behind it is a signature */
	if (setup >= size || bp->hdr.syssize * 16ULL > size - setup)
		return cw_say(-ENOEXEC, "%s: the kernel is cut short", path);
	len = size - setup;
	/* init_size is what it needs while it unpacks itself */
	to = load_at(box, KERNEL_GPA, bp->hdr.init_size > len ? bp->hdr.init_size : len);
	if (!to)
		return cw_say(-ENOMEM, "%s: the kernel does not fit into %llu MiB", path, box->mem.size >> 20);
	if (read_at(fd, to, len, (off_t)setup))
		return cw_say(-EIO, "cannot read %s", path);
	image->entry = KERNEL_GPA + 0x200;
	image->end = KERNEL_GPA + bp->hdr.init_size;
	return 0;
}

/* ---- vmlinux: the same kernel, unpacked (scripts/kernel leaves one); it starts without unpacking
 * itself first ---- */

static int load_segment(struct cw_box *box, int fd, const Elf64_Phdr *ph,
			struct image *image)
{
	__u8 *to = ph->p_filesz <= ph->p_memsz && ph->p_offset <= INT64_MAX
			   ? load_at(box, ph->p_paddr, ph->p_memsz)
			   : NULL;

	if (!to || ph->p_paddr < KERNEL_MIN)
		return cw_say(-ENOMEM, "%s: the kernel does not fit into %llu MiB", box->config->kernel,
			      box->mem.size >> 20);
	if (ph->p_paddr + ph->p_memsz > image->end)
		image->end = ph->p_paddr + ph->p_memsz;
	/* a kernel is linked to the upper half, and entered at its physical address */
	if (ph->p_vaddr >> 63 && image->entry - ph->p_paddr < ph->p_filesz)
		image->is_kernel = true;
	return read_at(fd, to, ph->p_filesz, (off_t)ph->p_offset) ?
		       cw_say(-EIO, "%s: the kernel is cut short", box->config->kernel) : 0;
}

static int load_vmlinux(struct cw_box *box, int fd, struct boot_params *bp, struct image *image)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int i, err = 0;

	if (read_at(fd, &eh, sizeof(eh), 0) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_machine != EM_X86_64 || eh.e_type != ET_EXEC || eh.e_phentsize != sizeof(ph) ||
	    eh.e_phoff > INT32_MAX)
		return cw_say(-ENOEXEC, NO_KERNEL, box->config->kernel);
	image->entry = eh.e_entry;
	for (i = 0; i < eh.e_phnum && !err; i++) {
		if (read_at(fd, &ph, sizeof(ph), (off_t)eh.e_phoff + i * (off_t)sizeof(ph)))
			return cw_say(-EIO, "%s: the kernel is cut short", box->config->kernel);
		if (ph.p_type == PT_LOAD)
			err = load_segment(box, fd, &ph, image);
	}
	if (!err && !image->is_kernel)
		return cw_say(-ENOEXEC, NO_KERNEL, box->config->kernel);
	bp->hdr.boot_flag = 0xaa55;
	memcpy(&bp->hdr.header, "HdrS", 4);
	bp->hdr.version = MIN_PROTOCOL;
	bp->hdr.initrd_addr_max = 0x7fffffff;
	return err;
}

static int load_kernel(struct cw_box *box, struct boot_params *bp, struct image *image)
{
	char magic[SELFMAG] = "";
	__u64 size;
	int fd, err;

	err = open_file(box->config->kernel, &fd, &size);
	if (err)
		return err;
	if (!read_at(fd, magic, SELFMAG, 0) && !memcmp(magic, ELFMAG, SELFMAG))
		err = load_vmlinux(box, fd, bp, image);
	else
		err = load_bzimage(box, fd, size, bp, image);
	close(fd);
	return err;
}

/* ---- initramfs: the user's file and, behind it, the archive of --exec ---- */

static __u64 ramdisk_top(const struct cw_box *box, const struct boot_params *bp)
{
	__u64 top = box->mem.low_size - CW_SUPPLIED_BYTES;
	__u64 max = bp->hdr.initrd_addr_max + 1ULL;

	return top < max ? top : max;
}

static int load_ramdisk(struct cw_box *box, struct boot_params *bp, int fd, __u64 size, __u64 floor,
			const __u8 *more, size_t more_len)
{
	__u64 start, gap = -size & 3, top = ramdisk_top(box, bp);
	__u64 len = size + gap + more_len;
	__u8 *to;

	if (!len)
		return 0;
	start = len < top ? (top - len) & ~(CW_PAGE_SIZE - 1) : 0;
	to = start > floor ? load_at(box, start, len) : NULL;
	if (!to)
		return cw_say(-ENOMEM, "the initramfs of %llu MiB does not fit into %llu MiB of memory", len >> 20,
			      box->mem.size >> 20);
	if (size && read_at(fd, to, size, 0))
		return cw_say(-EIO, "cannot read %s", box->config->initrd);
	if (more_len)
		memcpy(to + size + gap, more, more_len);
	bp->hdr.ramdisk_image = (__u32)start;
	bp->hdr.ramdisk_size = (__u32)len;
	return 0;
}

static int load_initramfs(struct cw_box *box, struct boot_params *bp, __u64 floor)
{
	__u8 *overlay = NULL;
	size_t overlay_len = 0;
	__u64 size = 0;
	int fd = -1, err = 0;

	if (box->config->initrd)
		err = open_file(box->config->initrd, &fd, &size);
	if (err)
		return err;
	if (box->config->exec) {
		overlay = cw_overlay_build(box, &overlay_len);
		if (!overlay)
			err = cw_err(-ENOMEM, "cannot make the archive for --exec");
	}
	if (!err)
		err = load_ramdisk(box, bp, fd, size, floor, overlay, overlay_len);
	free(overlay);
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- command line, memory map, page tables ---- */

/* Ours come first, so that the user's can override them. */
static int load_cmdline(struct cw_box *box, struct boot_params *bp)
{
	const struct cw_config *c = box->config;
	char *to = load_at(box, CW_GPA_CMDLINE, CMDLINE_MAX);
	int n;

	n = snprintf(to, CMDLINE_MAX, "console=ttyS0,115200 panic=-1 %s%s", c->exec ? "rdinit=/.cocobox/init " : "",
		     c->append ? c->append : "");
	if (n >= CMDLINE_MAX || (bp->hdr.cmdline_size && (unsigned int)n > bp->hdr.cmdline_size))
		return cw_say(-E2BIG, "the kernel's command line is too long (%d bytes)", n);
	bp->hdr.cmd_line_ptr = CW_GPA_CMDLINE;
	return 0;
}

static void e820_add(struct boot_params *bp, __u64 from, __u64 to, __u32 type)
{
	struct boot_e820_entry *e = &bp->e820_table[bp->e820_entries];

	if (from >= to)
		return;
	*e = (struct boot_e820_entry){ .addr = from, .size = to - from, .type = type };
	bp->e820_entries++;
}

static void fill_e820(const struct cw_box *box, struct boot_params *bp)
{
	__u64 low = box->mem.low_size, supplied = low - CW_SUPPLIED_BYTES;

	e820_add(bp, 0, 0x9f000, 1);
	e820_add(bp, 0x9f000, CW_GPA_ACPI, 2);
	/* as plain reserved memory the kernel would map the tables shared */
	e820_add(bp, CW_GPA_ACPI, CW_GPA_ACPI + CW_ACPI_MAX, 3);
	e820_add(bp, CW_GPA_ACPI + CW_ACPI_MAX, 0x100000, 2);
	e820_add(bp, 0x100000, supplied, 1);
	e820_add(bp, supplied, low, 2);
	e820_add(bp, CW_HOLE_END, CW_HOLE_END + box->mem.size - low, 1);
}

/* The first 4 GiB map to themselves in leaves of 2 MiB. */
static void load_page_tables(struct cw_box *box)
{
	__u64 *pml4 = load_at(box, CW_GPA_PAGE_TABLES, 6 * CW_PAGE_SIZE);
	__u64 *pdpt = pml4 + 512, *pd = pdpt + 512;
	unsigned int i;

	pml4[0] = (CW_GPA_PAGE_TABLES + CW_PAGE_SIZE) | PAGE_PRESENT_RW;
	for (i = 0; i < 4; i++)
		pdpt[i] = (CW_GPA_PAGE_TABLES + (2 + i) * CW_PAGE_SIZE) | PAGE_PRESENT_RW;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = (__u64)i << 21 | PAGE_PRESENT_RW | PAGE_LARGE;
}

/* Null, null, 64-bit code, data: what __BOOT_CS and __BOOT_DS select. */
static void load_gdt(struct cw_box *box)
{
	static const __u64 gdt[4] = { 0, 0, 0x00af9b000000ffffULL, 0x00cf93000000ffffULL };

	memcpy(load_at(box, CW_GPA_GDT, sizeof(gdt)), gdt, sizeof(gdt));
}

__u64 cw_boot_supplied(const struct cw_box *box, unsigned int vp)
{
	return box->mem.low_size - CW_SUPPLIED_BYTES + vp * 3 * CW_PAGE_SIZE;
}

int cw_boot_load(struct cw_box *box, __u64 *entry)
{
	struct boot_params *bp = load_at(box, CW_GPA_BOOT_PARAMS, sizeof(*bp));
	struct image image = { .end = 0 };
	int err;

	err = load_kernel(box, bp, &image);
	if (!err)
		err = load_initramfs(box, bp, image.end);
	if (!err)
		err = load_cmdline(box, bp);
	if (err)
		return err;
	bp->hdr.type_of_loader = 0xff;
	bp->acpi_rsdp_addr = CW_GPA_ACPI;
	fill_e820(box, bp);
	load_page_tables(box);
	load_gdt(box);
	if (cw_acpi_build(load_at(box, CW_GPA_ACPI, CW_ACPI_MAX), CW_ACPI_MAX,
			  box->config->nr_cpus) > CW_ACPI_MAX)
		return cw_say(-E2BIG, "the ACPI tables are too large");
	*entry = image.entry;
	return 0;
}
