/* SPDX-License-Identifier: GPL-2.0-only */
/* A box without KVM for tests of cocobox's paravisor: memory and SynICs are the real ones, what
 * goes to KVM, the referee and the VMBus host is counted here.
 */
#ifndef CW_UNIT_BOX_MACHINE_H
#define CW_UNIT_BOX_MACHINE_H

#include "unit.h"

#include <errno.h>

#include "boot.h"
#include "box.h"
#include "dev.h"
#include "hostile.h"
#include "hyperv.h"
#include "referee.h"
#include "synic.h"
#include "vm.h"

#define MEMORY_BYTES	(16ULL << 20)
#define SHARED_BIT	39
#define SHARED		(1ULL << SHARED_BIT)

static struct cw_config config = { .nr_cpus = 2 };
static struct cw_host host;
static struct cw_hyperv hyperv;
static struct cw_box box;

static unsigned int nr_interrupts, last_vector, nr_bad_frames, nr_converts, nr_posts, nr_ends,
	last_end, nr_panics;
static int convert_result;
static __u32 last_line[16];

int cw_vm_interrupt(struct cw_box *b, unsigned int apic_id, __u8 vector)
{
	(void)b;
	(void)apic_id;
	nr_interrupts++;
	last_vector = vector;
	return 0;
}

void cw_vm_irq_line(struct cw_box *b, unsigned int irq, unsigned int source, bool level)
{
	(void)b;
	last_line[irq] = level ? last_line[irq] | 1U << source : last_line[irq] & ~(1U << source);
}

__u64 cw_vm_tsc_hz(const struct cw_box *b)
{
	(void)b;
	return 2000000000;
}

bool cw_referee_handed(struct cw_box *b, enum cw_handed by, __u64 gfn)
{
	bool visible = cw_mem_is_visible(&b->mem, gfn);

	(void)by;
	nr_bad_frames += !visible;
	return visible;
}

int cw_referee_convert(struct cw_box *b, __u64 gfn, __u64 nr, bool visible)
{
	nr_converts++;
	while (!convert_result && nr--)
		cw_mem_set_visible(&b->mem, gfn++, visible);
	return convert_result;
}

void cw_referee_call(struct cw_box *b, bool visible, __u32 asked, __u32 done, __u16 status)
{
	(void)b;
	(void)visible;
	(void)asked;
	(void)done;
	(void)status;
}

__u16 cw_vmbus_post_message(struct cw_box *b, __u32 connection_id, __u32 type, const void *payload,
			    __u32 len)
{
	(void)b;
	(void)type;
	(void)payload;
	(void)len;
	nr_posts++;
	return connection_id == 4 ? CW_HV_SUCCESS : CW_HV_INVALID_CONNECTION_ID;
}

__u16 cw_vmbus_signal_event(struct cw_box *b, __u32 connection_id, __u16 flag)
{
	(void)b;
	(void)flag;
	return connection_id == 0x2001 ? CW_HV_SUCCESS : CW_HV_INVALID_CONNECTION_ID;
}

__u16 cw_dev_pci_mmio(struct cw_box *b, __u64 gpa, __u32 size, bool write, __u64 *value)
{
	(void)b;
	(void)gpa;
	if (!write)
		*value = 0x1414;
	return size == 4 ? CW_HV_SUCCESS : CW_HV_INVALID_PARAMETER;
}

void cw_box_end(struct cw_box *b, int status)
{
	b->ended = true;
	nr_ends++;
	last_end = (unsigned int)status;
}

void cw_box_panicked(struct cw_box *b)
{
	(void)b;
	nr_panics++;
}

__u64 cw_now_ns(void)
{
	return 12345;
}

static inline int machine_new(void **state)
{
	(void)state;
	memset(&hyperv, 0, sizeof(hyperv));
	box = (struct cw_box){ .config = &config, .host = &host, .hyperv = &hyperv, .mem.fd = -1 };
	config.confidential = false;
	host = (struct cw_host){ .name = "test" };
	nr_interrupts = nr_bad_frames = nr_converts = nr_posts = nr_ends = nr_panics = 0;
	convert_result = 0;
	return cw_mem_init(&box.mem, MEMORY_BYTES, SHARED_BIT) || cw_synic_init(&box);
}

static inline int machine_free(void **state)
{
	(void)state;
	cw_synic_exit(&box);
	cw_mem_exit(&box.mem);
	return 0;
}

#endif
