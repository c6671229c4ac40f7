/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUID leaves that a guest of a paravisor sees. */
#ifndef CW_BOX_CPUID_H
#define CW_BOX_CPUID_H

#include <stdbool.h>
#include <linux/kvm.h>

#define CW_CPUID_MAX 256

/* Width of guest physical addresses, at most what nested paging of four levels reaches; 0 when KVM
 * does not say. */
unsigned int cw_cpuid_width(const struct kvm_cpuid2 *host);

/* The XCR0 bits of the host's KVM. */
__u64 cw_cpuid_xcr0(const struct kvm_cpuid2 *host);

/* GenuineIntel, AuthenticAMD, ...: 12 characters and a NUL. */
void cw_cpuid_vendor(const struct kvm_cpuid2 *host, char vendor[13]);

/* Fills guest (room for CW_CPUID_MAX entries) from what the host's KVM supports, for one vCPU.
 * confidential: the paravisor offers confidential VMBus.
 */
void cw_cpuid_build(struct kvm_cpuid2 *guest, const struct kvm_cpuid2 *host, unsigned int vp,
		    unsigned int nr_cpus, unsigned int shared_bit, bool confidential);

#endif
