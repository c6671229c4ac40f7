#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attaching in other ways: no module is held, or cocowatch starts in the initramfs before the first driver.

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/../../scripts/dist/initramfs-tools/scripts/init-top/cocowatch:/early")
. "$(dirname "$0")/stock.sh"

# shellcheck disable=SC2016 # expanded in the guest
unload='for module in hv_netvsc hv_storvsc hv_utils pci_hyperv hv_vmbus; do
		! grep -q "^$module " /proc/modules || rmmod $module || exit 9
	done'
stock_gate unpinned -- --no-pin "$unload"
stock_gate reloaded -- --no-pin "$unload; modprobe hv_vmbus && modprobe hv_utils && sleep 1"
# shellcheck disable=SC2016 # expanded in the guest
box_run early --no-drivers -- 'COCOWATCH_PATIENCE=600 sh /early
	modprobe hv_vmbus && modprobe hv_utils && sleep 1
	watch=$(pidof cocowatch) || exit 1
	kill -INT $watch
	while kill -0 $watch 2>/dev/null; do sleep 0.1; done
	cat /run/cocowatch/log >&2
	ls -ld /run/cocowatch >&2
	cat /run/cocowatch/boot.ndjson'
box_run early_off --no-drivers --append cocowatch=off -- 'sh /early; ls /run/cocowatch 2>&1; pidof cocowatch'
box_go 900

is "$(box_rc unpinned)" 1 '--no-pin: the modules can be unloaded, and the gate ends by the known finding alone'
is "$(stock_found unpinned | sed 's/^[0-9]* //')" 'Z3 tail_set' '--no-pin: nothing is found but what is known'
stock_held unpinned T3 S3 R1

is "$(stock_outcome reloaded H5)" unknown '--no-pin: what a module does that came again is not taken for seen'
like "$(stock_losses reloaded)" '"event":"device","loss":"reloaded"' '--no-pin: and that is a loss'
like "$(stock_outcome reloaded T3)" '^(held|not exercised)$' '--no-pin: what sits in no module goes on'

is "$(box_rc early)" 0 'initramfs: cocowatch ran, and ended when it was told to'
stock_held early T1 T3 T6
is "$(stock_found early | sed 's/^[0-9]* //')" 'Z3 tail_set' 'initramfs: nothing is found but what is known'
is "$(box_rc early_off)" 1 'initramfs: cocowatch=off leaves it out'
done_testing
