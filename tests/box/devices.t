#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Heartbeat, clock and shutdown; a PCI function; devices that a confidential guest refuses.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

box_sh before 'date +%s'
box_run devices --pci --refused -- '
	dmesg | grep -o "Invalid offer.*"
	for d in /sys/bus/vmbus/devices/*; do
		echo "bound: $(basename "$(readlink $d/driver)")"
	done
	for d in /sys/bus/pci/devices/*; do
		echo "pci: $(cat $d/vendor $d/device $d/class | tr "\n" " ")"
		echo "config: $(od -An -tx4 -N 16 $d/config)"
		echo "bar: $(head -n 1 $d/resource)"
	done
	rmmod hv_utils
	date -s @1000000000 >/dev/null
	modprobe hv_utils
	n=0; while [ $(date +%s) -lt 1100000000 ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
	echo "date: $(date +%s)"
	sleep 5
	exit 5'
box_sh after 'date +%s'
box_run shutdown --shutdown-after 5s -- 'sleep 90; exit 6'
box_go 900

is "$(box_rc devices)" 5 'the status comes back'
box_clean devices
out=$(box_out devices)
notes=$(box_referee devices note)

bound=$(echo "$out" | sed -n 's/^bound: //p' | sort | uniq -c | sed 's/^ *//')
unlike "$notes" 'must be refused' 'nobody opened what must be refused'
if [ "$CW_KERNEL" = linux-image-cloud-amd64 ]; then
	is "$(echo "$out" | grep -c '^Invalid offer')" 5 'video, balloon, KVP, mouse and the PCI bus are refused'
	is "$bound" '3 hv_utils' 'no driver binds but those that may'
else
	is "$(echo "$out" | grep -c '^Invalid offer')" 4 'video, balloon, KVP and mouse are refused'
	is "$bound" $'1 hv_pci\n3 hv_utils' 'no driver binds but those that may'
	like "$out" '^pci: 0x1414 0xc0c0 0xff0000' 'the PCI function is found'
	like "$out" '^config:  *c0c01414 ' 'its config space is read'
	like "$out" '^bar: 0x0*[1-9a-f][0-9a-f]*000 0x[0-9a-f]*fff ' 'its BAR has an address'
fi

like "$notes" '"what":"heartbeat","detail":"the guest answers"' 'the heartbeat is answered'
like "$notes" '"what":"timesync","detail":"version 4.0 agreed"' 'time has the version with a reference'
date=$(echo "$out" | sed -n 's/^date: //p')
ok 'a clock that is wrong is set right' \
	[ "${date:-0}" -ge "$(box_out before)" -a "${date:-0}" -le "$(box_out after)" ]

is "$(box_rc shutdown)" 0 'asked to shut down, the guest powers off'
like "$(box_referee shutdown note)" '"what":"shutdown","detail":"the guest will"' 'and says so'
box_clean shutdown
diag "it took $(box_seconds shutdown) s"
done_testing
