#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attaching where something is missing: VMBus comes after cocowatch, no program may read memory,
# or cocowatch starts in the initramfs before the first driver.

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/../../scripts/dist/initramfs-tools/scripts/init-top/cocowatch:/early")
. "$(dirname "$0")/stock.sh"

load='modprobe hv_vmbus && modprobe hv_storvsc && modprobe hv_utils && sleep 3'
stock_gate late --no-drivers -- '' "$load"
stock_gate lockdown --no-drivers --append lockdown=confidentiality -- '' "$load"
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

is "$(box_rc late)" 0 'VMBus comes later: the gate passes'
stock_held late T1 T2 T3 T5 T6 T7 S3 S5
stock_silent late

like "$(stock_outcome lockdown T1)" '^not armed$' 'lockdown: a rule that needs reads is not armed'
like "$(stock_rule lockdown T1)" "lockdown is at 'confidentiality'" 'lockdown: and why is said'
is "$(stock_outcome lockdown T4)" 'not exercised' 'lockdown: return values are still watched'
is "$(stock_found lockdown)" '' 'lockdown: nothing is made up'

is "$(box_rc early)" 0 'initramfs: cocowatch ran, and ended when it was told to'
stock_held early T1 T3 T6
is "$(stock_found early)" '' 'initramfs: no finding'
is "$(box_rc early_off)" 1 'initramfs: cocowatch=off leaves it out'
box_clean late
done_testing
