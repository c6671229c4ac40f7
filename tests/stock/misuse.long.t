#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module of the guest misuses the interfaces of each kernel, on two CPUs: what is caught, what the kernel does not
# let it do and why, and that no rule accuses the honest twins.
#
# Usage: misuse.long.t [KERNEL]...    (default: all)

. "$(dirname "$0")/../lib.sh"
[ $# -gt 0 ] || [ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'
[ $# -gt 0 ] || set -- linux-image-6.12-cloud-amd64 linux-image-cloud-amd64 linux-image-cloud-amd64_sid
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/misuse.sh" "$@"

for kernel in "$@"; do
	misuse_has "$kernel" || {
		skip "no $(misuse_module "$kernel") (make misuse KERNEL=${kernel/_//})" "$kernel: misuse"
		continue
	}
	misuse_queue "$kernel" misuse 2
	misuse_queue "$kernel" honest 2
	box_go 1800
	misuse_check "$kernel" misuse 2
	misuse_check "$kernel" honest 2
	misuse_told "$kernel.misuse.2" | grep ' fired$' | stock_keep misuse.smp "$kernel"
done
done_testing
