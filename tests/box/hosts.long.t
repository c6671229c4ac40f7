#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every host that lies, and one of each kind on the oldest and the newest kernel.
#
# Usage: hosts.long.t [--kernel PACKAGE] [NAME]...    only these, on that kernel (default: $CW_KERNEL)

. "$(dirname "$0")/hosts.sh"

hosts_everywhere() {
	local kernel

	[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'
	# shellcheck disable=SC2046 # words
	hosts_run $(awk -F '\t' '{ print $1 }' <<<"$hosts_table")
	hosts_elsewhere
	for kernel in linux-image-cloud-amd64 linux-image-cloud-amd64_sid; do
		box_kernel $kernel
		hosts_run part-told refuse-ring length-flips message-open complete-unknown-net offer-refused \
			flags-unknown
	done
}

if [ $# = 0 ]; then
	hosts_everywhere
else
	if [ "$1" = --kernel ]; then
		[ "$2" = "$CW_KERNEL" ] || hosts_elsewhere
		box_kernel "$2"
		shift 2
	fi
	# shellcheck disable=SC2046 # words
	[ $# -gt 0 ] || set -- $(awk -F '\t' '{ print $1 }' <<<"$hosts_table")
	hosts_run "$@"
fi
done_testing
