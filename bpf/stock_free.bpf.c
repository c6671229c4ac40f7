// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "stock", pages that go back to the allocator. */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_KERNEL
#define CW_PAIR_FREE 0

#include "free.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
