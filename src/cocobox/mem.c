// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory: makes the memfd and its three mappings, and turns guest addresses into pointers.
 * Every address may come from the guest, so no sum here is taken before it is known to fit.
 */
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEM_ALIGN (2ULL << 20)

static void mem_layout(struct cw_mem *mem, __u64 size)
{
	mem->size = size;
	mem->low_size = size < CW_HOLE_START ? size : CW_HOLE_START;
	mem->nr_gfns = mem->low_size >> CW_PAGE_SHIFT;
	if (size > mem->low_size)
		mem->nr_gfns = (CW_HOLE_END + (size - mem->low_size)) >> CW_PAGE_SHIFT;
}

static int mem_file(__u64 size)
{
	int fd = memfd_create("cocobox-ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	/* nobody who gets hold of the file can make a mapped page vanish */
	if (ftruncate(fd, size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* On a boundary of huge pages, as the guest's own addresses are: KVM maps none elsewhere. */
static __u8 *mem_map(const struct cw_mem *mem)
{
	__u64 room = mem->size + MEM_ALIGN, before;
	__u8 *held = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			  0);
	void *at;

	if (held == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)held % MEM_ALIGN;
	at = mmap(held + before, mem->size, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_NORESERVE | MAP_FIXED, mem->fd, 0);
	if (at == MAP_FAILED) {
		munmap(held, room);
		return NULL;
	}
	if (before)
		munmap(held, before);
	munmap(held + before + mem->size, MEM_ALIGN - before);
	return at;
}

static int mem_map_all(struct cw_mem *mem)
{
	int i;

	for (i = 0; i < CW_ALIAS_NR; i++) {
		mem->alias[i] = mem_map(mem);
		if (!mem->alias[i])
			return -errno;
	}
	mem->host = mem_map(mem);
	return mem->host ? 0 : -errno;
}

int cw_mem_init(struct cw_mem *mem, __u64 size, unsigned int shared_bit)
{
	int err;

	memset(mem, 0, sizeof(*mem));
	mem->fd = -1;
	if (!size || size % MEM_ALIGN || size > 1ULL << 50)
		return -EINVAL;
	mem_layout(mem, size);
	/* the shared alias must not reach into the private one */
	if (shared_bit > 62 || mem->nr_gfns << CW_PAGE_SHIFT > 1ULL << shared_bit)
		return -EINVAL;
	mem->shared_bit = shared_bit;

	mem->fd = mem_file(size);
	if (mem->fd < 0)
		return mem->fd;
	mem->visible = calloc((mem->nr_gfns + 63) / 64, sizeof(*mem->visible));
	err = mem->visible ? mem_map_all(mem) : -ENOMEM;
	if (err)
		cw_mem_exit(mem);
	return err;
}

/* Refused where the host kernel has none, or not for memory files (shmem_enabled). */
void cw_mem_use_huge(const struct cw_mem *mem)
{
	madvise(mem->host, mem->size, MADV_HUGEPAGE);
	madvise(mem->alias[CW_ALIAS_PRIVATE], mem->size, MADV_HUGEPAGE);
}

void cw_mem_map_written(const struct cw_mem *mem)
{
	__u8 *at = mem->alias[CW_ALIAS_PRIVATE];
	unsigned char is_there;
	__u64 offset;

	for (offset = 0; offset < mem->size; offset += MEM_ALIGN) {
		if (!mincore(at + offset, CW_PAGE_SIZE, &is_there) && is_there & 1)
			madvise(at + offset, MEM_ALIGN, MADV_POPULATE_WRITE);
	}
}

void cw_mem_exit(struct cw_mem *mem)
{
	int i;

	for (i = 0; i < CW_ALIAS_NR; i++) {
		if (mem->alias[i])
			munmap(mem->alias[i], mem->size);
	}
	if (mem->host)
		munmap(mem->host, mem->size);
	if (mem->fd >= 0)
		close(mem->fd);
	free(mem->visible);
	memset(mem, 0, sizeof(*mem));
	mem->fd = -1;
}

__u64 cw_mem_gpa(const struct cw_mem *mem, __u64 gpa)
{
	return gpa & ~(1ULL << mem->shared_bit);
}

bool cw_mem_offset(const struct cw_mem *mem, __u64 gpa, __u64 len, __u64 *offset)
{
	__u64 start = 0, end = mem->low_size, skipped = 0;

	gpa = cw_mem_gpa(mem, gpa);
	if (gpa >= CW_HOLE_END) {
		start = CW_HOLE_END;
		end = CW_HOLE_END + (mem->size - mem->low_size);
		skipped = CW_HOLE_END - CW_HOLE_START;
	}
	if (gpa < start || gpa >= end || len > end - gpa)
		return false;
	*offset = gpa - skipped;
	return true;
}

void *cw_mem_at(const struct cw_mem *mem, __u64 gpa, __u64 len)
{
	__u64 offset;

	return cw_mem_offset(mem, gpa, len, &offset) ? mem->host + offset : NULL;
}

void *cw_mem_visible_at(const struct cw_mem *mem, __u64 gpa, __u64 len)
{
	__u64 gfn = cw_mem_gpa(mem, gpa) >> CW_PAGE_SHIFT;
	__u64 offset, last;

	if (!cw_mem_offset(mem, gpa, len, &offset))
		return NULL;
	last = (cw_mem_gpa(mem, gpa) + (len ? len - 1 : 0)) >> CW_PAGE_SHIFT;
	for (; gfn <= last; gfn++) {
		if (!cw_mem_is_visible(mem, gfn))
			return NULL;
	}
	return mem->host + offset;
}

/* The referee's fault thread reads these without the box's lock. */
bool cw_mem_is_visible(const struct cw_mem *mem, __u64 gfn)
{
	if (gfn >= mem->nr_gfns)
		return false;
	return __atomic_load_n(&mem->visible[gfn / 64], __ATOMIC_ACQUIRE) >> gfn % 64 & 1;
}

void cw_mem_set_visible(struct cw_mem *mem, __u64 gfn, bool visible)
{
	__u64 bit = 1ULL << gfn % 64, offset;

	/* no bit for what is no RAM, or is_visible() would say yes there */
	if (gfn >= mem->nr_gfns || !cw_mem_offset(mem, gfn << CW_PAGE_SHIFT, CW_PAGE_SIZE, &offset))
		return;
	if (visible)
		__atomic_fetch_or(&mem->visible[gfn / 64], bit, __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(&mem->visible[gfn / 64], ~bit, __ATOMIC_RELEASE);
}
