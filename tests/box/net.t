#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The network: ping, UDP and TCP come back as they went, beside a busy disk as well and after the driver was reloaded.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

up='up() { ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up; }'
box_sh made 'dd if=/dev/zero of=/tmp/disk bs=1M count=8'
box_run net --cpus 2 --net --disk /tmp/disk -- "$up
	"'up
	echo "address: $(cat /sys/class/net/eth0/address)"
	ping -c 5 -W 10 -s 1472 10.0.5.1 | grep received
	ping -c 3 -W 1 10.0.5.9 | grep received
	echoes udp 10.0.5.1 100
	echoes tcp 10.0.5.1 2
	echoes tcp 10.0.5.1 4 & one=$!
	echoes tcp 10.0.5.1 4 & two=$!
	stamps write /dev/sda 3 && stamps read /dev/sda 3 5; echo "disk: $?"
	wait $one; echo "one: $?"; wait $two; echo "two: $?"
	echo "file: $(sha256sum </dev/sda)"
	for i in 1 2; do
		rmmod hv_netvsc; [ -e /sys/class/net/eth0 ] || echo "unloaded"
		modprobe hv_netvsc
		n=0; while [ ! -e /sys/class/net/eth0 ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
		up
		echo "again: $(ping -c 2 -W 10 10.0.5.1 | grep received)"
	done
	exit 4'
box_sh after 'echo "file: $(sha256sum </tmp/disk)"'
box_go 900

is "$(box_rc net)" 4 'the status comes back'
box_clean net
out=$(box_out net)
like "$out" '^address: 02:c0:c0:b0:00:02' 'the address is the device'\''s'
like "$out" '^5 packets transmitted, 5 packets received' 'pings of a full frame are answered'
like "$out" '^3 packets transmitted, 0 packets received' 'pings to nobody are not'
like "$out" '^udp: 100 of 100 datagrams came back' 'UDP comes back as it went'
is "$(echo "$out" | grep -c '^tcp: 2097152 of 2097152 bytes came back')" 1 'TCP comes back as it went'
is "$(echo "$out" | grep -c '^tcp: 4194304 of 4194304 bytes came back')" 2 'two connections at once, too'
like "$out" '^disk: 0' 'meanwhile the disk keeps what was written'
is "$(echo "$out" | grep '^file: ')" "$(box_out after)" 'and the file is what the guest sees'
is "$(echo "$out" | grep -c '^unloaded')" 2 'the driver unloads, twice'
is "$(echo "$out" | grep -c '^again: 2 packets transmitted, 2 packets received')" 2 'and works when it is loaded again'
diag "$(echo "$out" | grep -e 'reads, '); all of it in $(box_seconds net) s"
done_testing
