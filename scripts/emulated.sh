# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of QEMU's emulated CPUs, which are no result of what ran on them.
#
# Usage: . scripts/emulated.sh; emulated_cpu_broke LOG    LOG: the kernel's messages, by scripts/vm --log

# They lose breakpoints, now and then, when a kernel patches its own code while another of them runs it; and seldom they
# have flags that no CPU can have (SDM volume 1, 3.4.3: bit 1 is set, bits 3, 5, 15 and 22 to 31 are not).  Prints what
# was seen.
emulated_cpu_broke() {
	local flags

	! grep -qa 'Hypervisor detected: KVM' "$1" || return 1
	! grep -a -m 1 -o 'Oops: int3' "$1" || return 0
	# shellcheck disable=SC2013 # words
	for flags in $(LC_ALL=C sed -nE 's/.* EFLAGS: ([0-9a-f]{8}).*/\1/p' "$1"); do
		[ $((0x$flags & 0xffc0802a)) = 2 ] || {
			echo "EFLAGS: $flags"
			return 0
		}
	done
	return 1
}
