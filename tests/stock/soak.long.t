#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An honest host for a long time: disk and network at work, drivers that go and come, no false violation, no loss.
#
# CW_SOAK_MINUTES=N in the environment: how long (default: 10).

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/soak.guest:/soak.guest" --file "$(dirname "$0")/turns.guest:/turns.guest")
. "$(dirname "$0")/stock.sh"
minutes=${CW_SOAK_MINUTES:-10}

box_sh disk 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
stock_gate soak --disk /tmp/disk --net --timeout $((minutes * 60 + 600))s -- '--profile io' \
	"sh /soak.guest $((minutes * 60))"
box_go $((minutes * 60 + 1200))

# at_least RULE N: so often it was checked, and each time there was evidence.
at_least() {
	local checked without

	checked=$(stock_number soak "$1" checked)
	without=$(stock_number soak "$1" no_evidence)
	ok "$1 was checked $2 times at least ($checked)" test "${checked:-0}" -ge "$2"
	is "$without" 0 "$1: never without evidence"
}

said=$(box_out soak | sed -n 's/^soak: //p')
diag "$said"
like "$said" '^disk [0-9]+ network [0-9]+ rebinds [0-9]+$' 'the load came to its end'
is "$(grep -v '^disk ' <<<"$said")" '' 'and all of it worked'
is "$(stock_found soak | sed 's/^[0-9]* //')" 'Z3 tail_set' 'nothing is found but what is known'
stock_lost_nothing soak
# each owner once when the session begins, and never again where no module comes
at_least S4 10
# each minute has a driver that comes and goes twice, and some hundred packets
for rule in T3 S1; do
	[ "$(stock_outcome soak $rule)" = 'not armed' ] || at_least $rule $((2 * minutes))
done
for rule in S6 S7 Z1 H1 H3 H6; do
	at_least $rule $((100 * minutes))
done
stock_agrees soak
# tests/findings/monitor-pages-alias, zeropad-alias
strays=$(box_accesses_by soak csum_partial | wc -l)
diag "checksums that read into a shared page: $strays"
if [ "$CW_KERNEL" = linux-image-cloud-amd64 ] && [ "$strays" -gt 0 ]; then
	box_known_findings() {
		echo "$((2 + strays)) {\"type\":\"wrong_alias\",\"alias\":\"private\"}"
	}
fi
box_clean soak
diag "$(stock_summary soak | grep -o '"rule":"[^"]*"[^}]*"checked":[0-9]*' |
	sed 's/"rule":"\([^"]*\)".*:/\1 /' | tr '\n' ';')"
done_testing
