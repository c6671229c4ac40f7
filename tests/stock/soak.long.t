#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An honest host for a long time: disk and network at work, drivers that go and come, no false violation, no loss.  Where
# the newest kernel, which preempts programs, has short turns too there are losses, and no violation either.
#
# CW_SOAK_MINUTES=N in the environment: how long (default: 10).

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/soak.guest:/soak.guest" --file "$(dirname "$0")/turns.guest:/turns.guest")
. "$(dirname "$0")/stock.sh"
minutes=${CW_SOAK_MINUTES:-10}

short=$((minutes < 2 ? minutes : 2))

# soak_queue RUN MINUTES [TURNS]
soak_queue() {
	stock_gate "$1" --disk /tmp/disk --net --timeout $(($2 * 60 + 600))s -- '--profile io' \
		"sh /soak.guest $(($2 * 60)) ${3:-}"
}

# at_least RUN RULE N: so often it was checked, and each time there was evidence.
at_least() {
	local checked without

	checked=$(stock_number "$1" "$2" checked)
	without=$(stock_number "$1" "$2" no_evidence)
	ok "$1: $2 was checked $3 times at least ($checked)" test "${checked:-0}" -ge "$3"
	is "$without" 0 "$1: $2 never without evidence"
}

# soak_worked RUN: and nothing is found but what is known.
soak_worked() {
	local said

	said=$(box_out "$1" | sed -n 's/^soak: //p')
	diag "$1: $said"
	like "$said" '^disk [0-9]+ network [0-9]+ rebinds [0-9]+$' "$1: the load came to its end"
	is "$(grep -v '^disk ' <<<"$said")" '' "$1: and all of it worked"
	is "$(stock_found "$1" | sed 's/^[0-9]* //')" 'Z3 tail_set' "$1: nothing is found but what is known"
	diag "$1: $(stock_summary "$1" | grep -o '"rule":"[^"]*"[^}]*"checked":[0-9]*' |
		sed 's/"rule":"\([^"]*\)".*:/\1 /' | tr '\n' ';')"
}

soak_judge() {
	local run=$1 rule

	soak_worked "$run"
	stock_lost_nothing "$run"
	# each owner once when the session begins, and never again where no module comes
	at_least "$run" S4 10
	# each minute has a driver that comes and goes twice, and some hundred packets
	for rule in T3 S1; do
		[ "$(stock_outcome "$run" $rule)" = 'not armed' ] || at_least "$run" $rule $((2 * minutes))
	done
	for rule in S6 S7 Z1 H1 H3 H6; do
		at_least "$run" $rule $((100 * minutes))
	done
	stock_agrees "$run"
	diag "$run: checksums that read into a shared page: $(box_accesses_by "$run" csum_partial | wc -l)"
	box_clean "$run"
}

box_sh disk 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
soak_queue soak "$minutes"
if [ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ]; then
	box_kernel linux-image-cloud-amd64_sid
	soak_queue newest "$minutes"
	# tasks that the kernel preempts inside programs: what both of a pair are refused is lost, and accuses nobody
	soak_queue refused "$short" short
fi
box_go $(((2 * minutes + short) * 60 + 3600))

soak_judge soak
if [ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ]; then
	soak_judge newest
	soak_worked refused
	diag "refused: $(stock_losses refused)"
	box_clean refused
fi
done_testing
