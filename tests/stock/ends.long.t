#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sessions that end in the middle of transitions: what programs see while they are detached accuses nobody.

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/ends.guest:/ends.guest" --file "$(dirname "$0")/turns.guest:/turns.guest")
. "$(dirname "$0")/stock.sh"
sessions=6

kernels=$CW_KERNEL
[ "$CW_KERNEL" != linux-image-6.12-cloud-amd64 ] || kernels="linux-image-cloud-amd64 $CW_KERNEL linux-image-cloud-amd64_sid"
for kernel in $kernels; do
	box_kernel "$kernel"
	box_run "$kernel" --net --timeout 900s -- "$box_checksums; sh /ends.guest $sessions"
done
box_go 3600

for kernel in $kernels; do
	ended=$(box_out "$kernel" | sed -n 's/^ends: //p')
	diag "$kernel: $(sort <<<"$ended" | uniq -c)"
	is "$(wc -l <<<"$ended")" $sessions "$kernel: so many sessions"
	# what this kernel breaks when a channel is opened: tests/findings/message-tail
	is "$(grep -vE '^(0 held: |1 violated: Z3$)' <<<"$ended")" '' "$kernel: nothing is found but what is known"
	box_clean "$kernel"
done
done_testing
