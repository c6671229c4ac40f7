#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocovm.ko with emulate=none drives a guest's own conversions: the host is told, the kernel's hooks see it, and the
# referee agrees.
# shellcheck disable=SC2016 # expanded in the machines

: "${O:=$(cd "$(dirname "$0")/../.." && pwd)/.build}" "${CW:=$O/cocowatch}" "${CW_KERNEL:=linux-image-6.12-cloud-amd64}"
ko=$O/kmod/$(cat "$O/kernels/$CW_KERNEL/release")/cocovm.ko
# shellcheck disable=SC2034 # read by box.sh
box_more=(--program "$CW" --file "$ko:/native/cocovm.ko")
. "$(dirname "$0")/box.sh"

box_run native -- '
	insmod /native/cocovm.ko emulate=none pool_pages=1024 && echo loaded
	sed -n "/^mode=/p; s/^scenario \([a-z-]*\) .*/scenario \1/p" /dev/cocovm
	cocowatch gate --slow-limit 60s -o text=/tmp/gate -- sh -c \
		"echo honest plain pages=3 loops=3 >/dev/cocovm && echo honest plain pages=600 >/dev/cocovm"
	echo "gate: $?"
	sed "s/^/text: /" /tmp/gate
	sed -n "s/^\(transitions\|failed\|withheld\|errors\)=/\1: /p" /dev/cocovm
	rmmod cocovm && echo unloaded
	exit 5'
box_go 900

is "$(box_rc native)" 5 'the status comes back'
box_clean native
out=$(box_out native)
like "$out" '^loaded$' 'the module loads with emulate=none'
like "$out" '^mode=snp-vtom emulated=0$' 'and says that nothing is emulated'
is "$(echo "$out" | sed -n 's/^scenario //p')" plain 'there is one scenario'
like "$out" '^gate: 0$' 'the rules hold, by the hooks of the kernel itself'
like "$out" '^text: .*held' 'and were checked'
like "$out" '^transitions: 8$' 'eight conversions'
like "$out" '^failed: 0$' 'none failed'
like "$out" '^unloaded$' 'it unloads'
diag "$(echo "$out" | grep -E '^(text|gate)')"
done_testing
