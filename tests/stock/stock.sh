# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs cocowatch in a stock kernel that cocobox boots as a confidential VM: what is watched is the
# kernel's own code.  Several runs in one boot of the outer machine, as in ../box/box.sh.
#
# Usage: . stock.sh
#        stock_gate NAME [COCOBOX OPTION]... -- "GATE OPTIONS" COMMAND    queue a run of `cocowatch gate`
#        box_go SECONDS                                                   boot once, run all
#        stock_outcome NAME RULE        held, violated, "not exercised", "not armed", unknown
#        stock_number NAME RULE FIELD   checked, violated, no_evidence, ...
#        stock_found NAME               each finding with how often: "3 S3 freed_shared"
#        stock_losses NAME
#
# Of each run the command's exit status is gate's; box_out NAME has the NDJSON stream and box_err NAME
# what the text writer said.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# for box_kernel: what is in the guest beside its own programs
box_more=(--program "$CW")
. "$(dirname "${BASH_SOURCE[0]}")/../box/box.sh"

# The limit on slow transitions is for real machines, not for emulated ones inside emulated ones.
stock_gate() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	box_run "$name" "${options[@]}" -- "cocowatch gate --slow-limit 100s -o text -o ndjson=/tmp/ndjson $2 -- sh -c '$3' >&2
		rc=\$?
		cat /tmp/ndjson
		exit \$rc"
}

stock_summary() {
	box_out "$1" | grep '^{"type":"summary"'
}

stock_rule() {
	stock_summary "$1" | grep -o "{\"rule\":\"$2\"[^}]*}"
}

stock_outcome() {
	stock_rule "$1" "$2" | sed 's/.*"outcome":"\([^"]*\)".*/\1/'
}

stock_number() {
	stock_rule "$1" "$2" | sed "s/.*\"$3\":\([0-9]*\).*/\1/"
}

stock_found() {
	box_out "$1" | grep -E '^\{"type":"(violation|warning|observation)"' |
		sed 's/.*"rule":"\([^"]*\)".*"finding":"\([^"]*\)".*/\1 \2/' | sort | uniq -c | sed 's/^ *//'
}

stock_losses() {
	stock_summary "$1" | grep -o '"losses":\[[^]]*\]'
}

# stock_held NAME RULE...: each of these rules held.
stock_held() {
	local name=$1 rule bad=

	shift
	for rule in "$@"; do
		[ "$(stock_outcome "$name" "$rule")" = held ] || bad+=" $rule:$(stock_outcome "$name" "$rule")"
	done
	is "$bad" '' "$name: $* held"
}

# stock_silent NAME: nothing was found, nothing was lost.
stock_silent() {
	is "$(stock_found "$1")" '' "$1: no finding"
	is "$(stock_losses "$1")" '"losses":[]' "$1: nothing was lost"
}
