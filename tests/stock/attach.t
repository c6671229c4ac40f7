#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attaching where something is missing: VMBus comes after cocowatch, no program may read memory,
# or cocowatch starts in the initramfs before the first driver.

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/../../scripts/dist/initramfs-tools/scripts/init-top/cocowatch:/early")
. "$(dirname "$0")/stock.sh"

# shellcheck disable=SC2016 # expanded in the guest
stock_gate late --no-drivers -- '' 'modprobe hv_vmbus
	until grep -q "^{\"type\":\"armed\"" /tmp/ndjson; do sleep 0.1; done
	modprobe hv_utils && sleep 1'
stock_gate lockdown --no-drivers --append lockdown=confidentiality -- '' 'modprobe hv_vmbus && sleep 1'
# shellcheck disable=SC2016 # expanded in the guest
stock_gate unpinned -- --no-pin 'for module in hv_netvsc hv_storvsc hv_utils pci_hyperv hv_vmbus; do
		! grep -q "^$module " /proc/modules || rmmod $module || exit 9
	done'
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

is "$(stock_found late | sed 's/^[0-9]* //')" 'Z3 tail_set' 'VMBus comes later: nothing is found but what is known'
stock_held late T1 T2 T3 T5 T6 T7 S1 S4 S5 R1 P1
stock_held late H5 Z1
like "$(stock_rule late H5)" 'armed late' 'VMBus comes later: that its rules were armed late is said'
like "$(box_out late)" '^{"type":"armed".*"H5"' 'VMBus comes later: and when'
is "$(stock_losses late)" '"losses":[]' 'VMBus comes later: nothing was lost'

is "$(box_rc unpinned)" 1 '--no-pin: the modules can be unloaded, and the gate ends by the known finding alone'
is "$(stock_found unpinned | sed 's/^[0-9]* //')" 'Z3 tail_set' '--no-pin: nothing is found but what is known'
stock_held unpinned T3 S3 R1

like "$(stock_outcome lockdown T1)" '^not armed$' 'lockdown: a rule that needs reads is not armed'
like "$(stock_rule lockdown T1)" "lockdown is at 'confidentiality'" 'lockdown: and why is said'
is "$(stock_outcome lockdown T4)" 'not exercised' 'lockdown: return values are still watched'
is "$(stock_found lockdown)" '' 'lockdown: nothing is made up'

is "$(box_rc early)" 0 'initramfs: cocowatch ran, and ended when it was told to'
stock_held early T1 T3 T6
is "$(stock_found early | sed 's/^[0-9]* //')" 'Z3 tail_set' 'initramfs: nothing is found but what is known'
is "$(box_rc early_off)" 1 'initramfs: cocowatch=off leaves it out'
box_clean late
done_testing
