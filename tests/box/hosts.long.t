#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every host that lies, and one of each kind on the oldest and the newest kernel.

. "$(dirname "$0")/hosts.sh"

[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'

# shellcheck disable=SC2046 # words
hosts_run $(awk -F '\t' '{ print $1 }' <<<"$hosts_table")

hosts_elsewhere
for kernel in linux-image-cloud-amd64 linux-image-cloud-amd64_sid; do
	box_kernel $kernel
	hosts_run part-told refuse-ring length-flips message-open complete-unknown-net offer-refused flags-unknown
done
done_testing
