#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A user with CAP_BPF, CAP_PERFMON and CAP_SYSLOG on a confidential VM: what is held all the same, and that what takes
# CAP_SYS_ADMIN is said by rule.

# shellcheck disable=SC2034 # for stock.sh
box_more=(--program /usr/bin/setpriv)
. "$(dirname "$0")/stock.sh"

# shellcheck disable=SC2016 # expanded in the guest
box_run user --timeout 1500s -- 'caps=-all,+bpf,+perfmon,+syslog
	as="/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set $caps --inh-caps $caps --ambient-caps $caps"
	cocowatch doctor -o ndjson | sed "s/^/root /"
	$as $(command -v cocowatch) doctor -o ndjson 2>&1 | sed "s/^/user /"
	$as $(command -v cocowatch) map -o ndjson 2>&1 | tail -n 1 | sed "s/^/map /"
	$as $(command -v cocowatch) watch --slow-limit 100s -o ndjson >/tmp/nd &
	watch=$!
	until grep -q "\"type\":\"session\"" /tmp/nd || ! kill -0 $watch; do sleep 0.1; done
	grep -E "^(Uid|CapPrm|CapEff):" /proc/$watch/status | sed "s/^/status /"
	cd /sys/bus/vmbus/drivers/hv_utils || cd /sys/bus/vmbus/drivers/hv_util || exit 9
	for device in *-*-*-*-*; do
		echo $device >unbind; echo $device >bind
	done
	sleep 1
	kill -INT $watch
	wait $watch
	rc=$?
	cat /tmp/nd
	exit $rc'
box_go 1700

line() {
	box_out user | sed -n "s/^$1 //p"
}
armed() {
	line "$1" | grep -o '{"rule":"[^}]*}' | sed -n 's/.*"rule":"\([^"]*\)".*"can_be_armed":true.*/\1/p'
}

[ -n "$(line status)" ] || diag "$(line user | cut -c1-300)"
like "$(line status)" '^Uid:.65534.65534' 'a user watches'
like "$(line status)" '^CapPrm:.0000000000000000$' 'with no capability left'
is "$(box_rc user)" 1 'and finds what is known of this kernel'
is "$(stock_found user | sed 's/^[0-9]* //')" 'Z3 tail_set' 'and no more'
stock_held user T1 T2 T3 T5 T6 T7 S1 S3 S4 P1
like "$(line map)" '^\{"type":"owner"' 'map: the user is told what is shared'
missing=$(comm -23 <(armed root | sort) <(armed user | sort) | tr '\n' ' ')
diag "rules that take CAP_SYS_ADMIN: $missing"
unsaid=
for rule in $missing; do
	line user | grep -o "{\"rule\":\"$rule\"[^}]*}" | grep -q CAP_SYS_ADMIN || unsaid+=" $rule"
done
is "$unsaid" '' 'each rule that lacks CAP_SYS_ADMIN says so'
ok 'some do' test -n "$missing"
box_clean user
done_testing
