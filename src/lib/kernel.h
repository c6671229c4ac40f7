/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables and structures of the running kernel by name: addresses from kallsyms, offsets from
 * BTF (the kernel's and its modules'), bytes through whoever can read them.
 */
#ifndef CW_KERNEL_H
#define CW_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct btf;

/* Every symbol that is read or compared with.  "vendor" is what early 6.1 calls cc_vendor. */
#define CW_KERNEL_SYMS(X) \
	/* page tables */ \
	X(init_top_pgt) X(page_offset_base) X(vmemmap_base) X(vmalloc_base) X(physical_mask) \
	X(__pgtable_l5_enabled) X(phys_base) X(__per_cpu_offset) \
	/* mode */ \
	X(ms_hyperv) X(x86_platform) X(cc_mask) X(cc_vendor) X(vendor) X(sev_status) \
	X(hv_vtom_clear_present) X(hv_vtom_set_host_visibility) X(hv_vtom_kexec_finish) \
	X(amd_enc_status_change_prepare) X(amd_enc_status_change_finish) X(snp_kexec_finish) \
	X(tdx_enc_status_change_prepare) X(tdx_enc_status_change_finish) X(tdx_kexec_finish) \
	X(hv_set_mem_host_visibility) \
	/* owners */ \
	X(_text) X(_stext) X(_etext) X(__start_rodata) X(__end_rodata) \
	X(__start_bss_decrypted) X(__end_bss_decrypted) \
	X(io_tlb_default_mem) X(atomic_pool_dma) X(atomic_pool_dma32) X(atomic_pool_kernel) \
	X(vmbus_connection) X(hv_context) X(hyperv_pcpu_input_arg) X(hyperv_pcpu_output_arg) \
	X(hv_ghcb_pg) X(hv_vp_assist_page) X(hv_list_enc) \
	X(runtime_data) X(hvclock_mem) X(apf_reason) X(steal_time) X(kvm_apic_eoi)

#define CW_KERNEL_SYM_ENUM(name) CW_SYM_##name,
enum cw_kernel_sym { CW_KERNEL_SYMS(CW_KERNEL_SYM_ENUM) CW_SYM_NR };

/* Every structure that is looked into. */
#define CW_KERNEL_TYPES(X) \
	X(ms_hyperv_info) X(x86_platform_ops) X(page) X(io_tlb_mem) X(gen_pool) X(gen_pool_chunk) \
	X(vmbus_connection) X(vmbus_channel) X(hv_device) X(device_driver) X(hv_context) \
	X(hv_per_cpu_context) X(net_device) X(net_device_context) X(netvsc_device) \
	X(hv_enc_pfn_region) X(pvclock_vsyscall_time_info)

#define CW_KERNEL_TYPE_ENUM(name) CW_TYPE_##name,
enum cw_kernel_type { CW_KERNEL_TYPES(CW_KERNEL_TYPE_ENUM) CW_TYPE_NR };

/* Reads len bytes of kernel memory.  0 or -errno. */
typedef int (*cw_kernel_read_fn)(void *ctx, __u64 addr, void *buf, size_t len);

#define CW_KERNEL_BTFS 4	/* the kernel's, and modules' */
#define CW_KERNEL_TWINS 3	/* structures of one name */

struct cw_kernel {
	cw_kernel_read_fn read;
	void *read_ctx;
	__u64 sym[CW_SYM_NR];		/* address; 0: there is none, or several, or it is hidden */
	__u32 nr_sym[CW_SYM_NR];	/* how many have this name */
	struct btf *btf[CW_KERNEL_BTFS];
	size_t nr_btf;
	/* where a name is found: number of the BTF, plus 1, and type id */
	struct {
		__u32 btf;
		__u32 id;
	} type[CW_TYPE_NR][CW_KERNEL_TWINS];
};

/* Place of a member, in bits from the start of its structure. */
struct cw_kernel_field {
	__u32 bit_off;
	__u32 bit_size;
};

/* Finds the symbols in path ("/proc/kallsyms").  0, or -errno when it cannot be read or hides
 * addresses.
 */
int cw_kernel_syms_read(struct cw_kernel *k, const char *path);

/* Loads the BTF of the kernel and of those modules that are loaded.  0 or -errno. */
int cw_kernel_btf_read(struct cw_kernel *k);

/* Takes one more BTF, and its ownership; the tests bring their own. */
int cw_kernel_btf_add(struct cw_kernel *k, struct btf *btf);

void cw_kernel_free(struct cw_kernel *k);

/* Finds the member that path names ("device.driver_data"; members of anonymous structures by
 * their own name).  False where this kernel has none.
 */
bool cw_kernel_field(const struct cw_kernel *k, enum cw_kernel_type type, const char *path,
		     struct cw_kernel_field *f);

/* Size of a structure in bytes, 0 where this kernel has none. */
__u32 cw_kernel_sizeof(const struct cw_kernel *k, enum cw_kernel_type type);

/* Name of the enumerator with this value, or NULL. */
const char *cw_kernel_enumerator(const struct cw_kernel *k, const char *enum_name, __u32 value);

/* Value of the enumerator of that name; false where this kernel has none. */
bool cw_kernel_enum_value(const struct cw_kernel *k, const char *enum_name, const char *name,
			  __u32 *value);

int cw_kernel_read(const struct cw_kernel *k, __u64 addr, void *buf, size_t len);

/* A number of size 1 to 8 at an address, or in a member of the structure at base: 0 or -errno. */
int cw_kernel_read_num(const struct cw_kernel *k, __u64 addr, size_t size, __u64 *value);
int cw_kernel_get(const struct cw_kernel *k, __u64 base, enum cw_kernel_type type,
		  const char *path, __u64 *value);

/* The variable of that name, of size bytes: 0 or -errno. */
int cw_kernel_var(const struct cw_kernel *k, enum cw_kernel_sym sym, size_t size, __u64 *value);

/* What a per-CPU pointer means on one CPU: 0 or -errno. */
int cw_kernel_percpu(const struct cw_kernel *k, __u64 pointer, __u32 cpu, __u64 *addr);

#endif
