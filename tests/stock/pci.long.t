#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A host that asks for config space by hypercall is obeyed, where the kernel knows of it (6.4 and later).

. "$(dirname "$0")/stock.sh"

[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'

kernels='linux-image-6.12-cloud-amd64 linux-image-cloud-amd64_sid'
for kernel in $kernels; do
	box_kernel "$kernel"
	stock_gate "$kernel" --pci -- '' 'head -c 16 /sys/bus/pci/devices/*/config >/tmp/config; test -s /tmp/config'
done
box_go 1200

for kernel in $kernels; do
	stock_held "$kernel" R2
	# tests/findings/pci-mmio-reserved, message-tail
	is "$(stock_found "$kernel" | grep -v -E ' (Z2 reserved_set|Z3 tail_set)$')" '' "$kernel: nothing is found but what is known"
	is "$(stock_losses "$kernel")" '"losses":[]' "$kernel: nothing was lost"
	box_clean "$kernel"
	stock_keep_held pci "$kernel" "$kernel"
done
done_testing
