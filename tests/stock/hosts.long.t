#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Under hosts that lie (each boots and attaches anew: long): what the host does is observed, what the guest must answer for is judged, and an honest
# kernel's part is not taken for a violation.

. "$(dirname "$0")/stock.sh"

# The devices are bound under cocowatch's eyes, and used as far as the host lets them.
# shellcheck disable=SC2016 # expanded in the guest
use='modprobe hv_vmbus
	until grep -q "^{\"type\":\"armed\"" /tmp/ndjson; do sleep 0.1; done
	modprobe hv_utils; modprobe hv_storvsc; modprobe sd_mod; modprobe hv_netvsc; sleep 3
	ip addr add 10.0.5.2/24 dev eth0 && ip link set eth0 up && ping -c 3 -W 5 10.0.5.1
	timeout 20 stamps write /dev/sda 1
	exit 0'

hosts='part-failed complete-unknown-net'
for host in $hosts; do
	box_sh "$host.disk" 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
	stock_gate "$host" --no-drivers --refused --host "$host" --disk /tmp/disk --net --timeout 300s -- '' "$use"
done
box_go 1200

for host in $hosts; do
	is "$(stock_found "$host" | grep -v -E ' (Z3 tail_set|H3 index_refused|H5 device_refused|H6 completion_unknown|T7 slow)$')" '' "$host: nothing of the guest's is accused but what is known"
	diag "$host: $(stock_found "$host" | tr '\n' ';')"
done
is "$(stock_outcome part-failed T4)" held 'a visibility call that does a part: its failure is honoured'
like "$(stock_found complete-unknown-net)" ' H6 completion_unknown' 'transactions that nobody began are observed'
stock_held complete-unknown-net T3 S1 S6 Z1 H2 H5
done_testing
