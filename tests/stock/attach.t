#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attaching where something is missing: VMBus comes after cocowatch, or no program may read memory.

. "$(dirname "$0")/stock.sh"

# shellcheck disable=SC2016 # expanded in the guest
stock_gate late --no-drivers -- '' 'modprobe hv_vmbus
	until grep -q "^{\"type\":\"armed\"" /tmp/ndjson; do sleep 0.1; done
	modprobe hv_utils && sleep 1'
stock_gate lockdown --no-drivers --append lockdown=confidentiality -- '' 'modprobe hv_vmbus && sleep 1'
box_go 900

is "$(stock_found late | sed 's/^[0-9]* //')" 'Z3 tail_set' 'VMBus comes later: nothing is found but what is known'
stock_held late T1 T2 T3 T5 T6 T7 S1 S4 S5 R1 P1
stock_held late H5 Z1
like "$(stock_rule late H5)" 'armed late' 'VMBus comes later: that its rules were armed late is said'
like "$(box_out late)" '^{"type":"armed".*"H5"' 'VMBus comes later: and when'
is "$(stock_losses late)" '"losses":[]' 'VMBus comes later: nothing was lost'

like "$(stock_outcome lockdown T1)" '^not armed$' 'lockdown: a rule that needs reads is not armed'
like "$(stock_rule lockdown T1)" "lockdown is at 'confidentiality'" 'lockdown: and why is said'
is "$(stock_outcome lockdown T4)" 'not exercised' 'lockdown: return values are still watched'
is "$(stock_found lockdown)" '' 'lockdown: nothing is made up'

box_clean late
done_testing
