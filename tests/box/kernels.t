#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's oldest and newest kernels boot, use their devices and take or refuse a PCI bus, each as it should.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

[ "$CW_KERNEL" != linux-image-cloud-amd64 ] || skip_all 'this has all kernels in it'

# boots NAME PACKAGE STATUS: one honest boot that ends with STATUS.
boots() {
	box_kernel "$2"
	box_sh "$1.disk" "dd if=/dev/urandom of=/tmp/$1 bs=1M count=8; sha256sum </tmp/$1"
	box_run "$1" --disk "/tmp/$1" --net --pci -- "$box_checksums; dmesg | grep -o -e 'Isolation Config: .*' -e 'SEV: Status: vTom' \
		-e 'Vmbus version:.*' -e 'Invalid offer.*'
		sha256sum </dev/sda
		ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
		ping -c 3 -W 10 10.0.5.1
		ls /sys/bus/pci/devices | sed 's/^/pci: /'
		exit $3"
}

boots oldest linux-image-cloud-amd64 61
boots newest linux-image-cloud-amd64_sid 72
box_go 900

for name in oldest:61 newest:72; do
	status=${name#*:}
	name=${name%:*}
	is "$(box_rc "$name")" "$status" "$name: the status comes back"
	like "$(box_out "$name")" '^Isolation Config: Group A 0x1, Group B 0x9e2' "$name: sees SNP, a paravisor and bit 39"
	ok "$name: makes its bounce buffers visible" [ "$(box_field "$name" summary visible_max)" -ge 16384 ]
	like "$(box_out "$name")" '^Vmbus version:5.3' "$name: agrees on VMBus 5.3"
	like "$(box_out "$name")" "^$(box_out "$name.disk")\$" "$name: reads from the disk what is in its file"
	like "$(box_out "$name")" '^3 packets transmitted, 3 packets received, 0% packet loss' "$name: reaches the peer"
	box_clean "$name"
done

like "$(box_out newest)" '^SEV: Status: vTom' 'newest: says that it runs with vTOM'
like "$(box_out oldest)" '^Invalid offer' 'oldest: refuses the PCI bus'
unlike "$(box_out oldest)" '^pci: ' 'oldest: has no PCI device'
unlike "$(box_out newest)" '^Invalid offer' 'newest: refuses nothing'
like "$(box_out newest)" '^pci: ' 'newest: has a PCI device'
done_testing
