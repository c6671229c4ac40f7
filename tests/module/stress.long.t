#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# For CW_STRESS_MINUTES (2), on four CPUs: random orders for the module while it is unloaded at any
# moment, memory is short and allocations fail.  No splat, and no page is left not present or shared.
# CW_STRESS_SEED repeats what a seed has done.
#
# Debian has no kernel with KASAN or lockdep (the -dbg packages are symbols).  What its kernels do have
# is on: KFENCE (6.12), red zones, poison and checks of what kmalloc gives, and what is freed is
# overwritten.  Not red zones everywhere: slab-shared needs objects as large as their slots.

. "$(dirname "$0")/module.sh"
minutes=${CW_STRESS_MINUTES:-2}
seed=${CW_STRESS_SEED:-$((RANDOM << 15 | RANDOM))}
# shellcheck disable=SC2034 # for boot
{
	module_guest=stress_guest.sh
	module_limit=$((minutes * 60 + 480))
	module_args=(--memory 512M --append 'kfence.sample_interval=10 slub_debug=FZP,kmalloc-* init_on_free=1')
}
echo "# seed $seed, $minutes minutes (CW_STRESS_SEED=$seed repeats the orders)"
boot 4 "$seed" $((minutes * 60))
