# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stock kernels under an honest host, while VMBus devices come, work and go: what each kernel supports is armed and
# holds, what it is known to break is found, and nothing else.
#
# Usage: . honest.sh PACKAGE...

. "$(dirname "${BASH_SOURCE[0]}")/stock.sh"

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
	stamps write /dev/sd? 2 && stamps read /dev/sd? 2 1 >/dev/null
	ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
	ping -c 2 10.0.5.1 >/dev/null'

for kernel in "$@"; do
	box_kernel "$kernel"
	box_sh "$kernel.disk" 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
	stock_gate "$kernel" --disk /tmp/disk --net -- '' "$rebind"
done
box_go 900

# hv_post_message() leaves what was in the page before behind each message: tests/findings has it.
stale_tail() {
	is "$(stock_found "$1" | sed 's/^[0-9]* //')" 'Z3 tail_set' "$1: the message tail is found, and nothing else"
	is "$(box_rc "$1")" 1 "$1: the gate fails by it"
}

common='T5 T6 T7 S1 S2 S3 S4 S5 S6 S7 Z1 Z2 H1 H2 H3 H5 H6 R1 P1'
for kernel in "$@"; do
	window='T1 T2 T3 S8 P2'
	[ "$kernel" != linux-image-cloud-amd64 ] || window=
	# shellcheck disable=SC2086 # words
	stock_held "$kernel" $common $window
	stale_tail "$kernel"
	is "$(stock_losses "$kernel")" '"losses":[]' "$kernel: nothing was lost"
	stock_agrees "$kernel"
	box_clean "$kernel"
	stock_summary "$kernel" | stock_keep honest "$kernel"
done
