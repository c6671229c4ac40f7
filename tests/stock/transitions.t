#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The transitions of stock kernels, while VMBus and its devices come and go: what each kernel
# supports is armed and holds, and nothing is found.

. "$(dirname "$0")/stock.sh"

# Unbinding and binding a device tears its rings down and sets them up again.
# shellcheck disable=SC2016 # expanded in the guest
rebind='cd /sys/bus/vmbus/drivers
	for driver in hv_storvsc hv_netvsc hv_utils; do
		for device in $driver/*-*-*; do
			[ -e $device ] || continue
			device=${device##*/}
			echo $device >$driver/unbind
			echo $device >$driver/bind
		done
	done
	sleep 1
	stamps write /dev/sd? 2 && stamps read /dev/sd? 2 1 >/dev/null'

for kernel in linux-image-6.12-cloud-amd64 linux-image-cloud-amd64 linux-image-cloud-amd64_sid; do
	box_kernel "$kernel"
	box_sh "$kernel.disk" 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
	stock_gate "$kernel" --disk /tmp/disk --net -- '' "$rebind"
done
box_go 900

window='T1 T2 T3 T5 T6 T7 S3 S5'
for kernel in linux-image-6.12-cloud-amd64 linux-image-cloud-amd64_sid; do
	is "$(box_rc "$kernel")" 0 "$kernel: the gate passes"
	# shellcheck disable=SC2086 # words
	stock_held "$kernel" $window
	stock_silent "$kernel"
	box_clean "$kernel"
done

old=linux-image-cloud-amd64
is "$(box_rc $old)" 0 "$old: the gate passes"
stock_held $old T5 T6 T7 S3 S5
for rule in T1 T2 T3 T4 T8; do
	is "$(stock_outcome $old $rule)" 'not armed' "$old: $rule is not armed"
done
like "$(stock_rule $old T1)" 'has no not-present window' "$old: and why is said"
stock_silent $old
box_clean $old
done_testing
