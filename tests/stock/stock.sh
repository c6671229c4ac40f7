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
#        stock_losses NAME; stock_lost_nothing NAME; stock_lost_little NAME
#
#        stock_agrees NAME              cocowatch map and the referee, frame by frame
#
# Of each run the command's exit status is gate's; box_out NAME has its NDJSON stream, what its text
# writer said, and at the end that of `cocowatch map`.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# for box_kernel: what is in the guest beside its own programs
box_more+=(--program "$CW")
. "$(dirname "${BASH_SOURCE[0]}")/../box/box.sh"

# The limit on slow transitions is for real machines, not for emulated ones inside emulated ones.
stock_gate() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	box_run "$name" --timeout 600s "${options[@]}" -- "cocowatch gate --slow-limit 100s -o text -o ndjson=/tmp/ndjson $2 -- sh -c '$3' >&2
		rc=\$?
		cat /tmp/ndjson
		$box_checksums
		cocowatch map -o ndjson
		exit \$rc"
}

# The frames that ranges of {"gfn":N,"nr_pages":N} on stdin stand for, one a line.
stock_frames() {
	sed -n 's/.*"gfn":\([0-9]*\),"nr_pages":\([0-9]*\).*/\1 \2/p' |
		awk '{ for (i = 0; i < $2; i++) print $1 + i }' | sort -u
}

# stock_agrees NAME: what cocowatch map says at the end is what the referee saw left visible, frame by frame.
stock_agrees() {
	local map referee

	map=$(box_out "$1" | grep '^{"type":"owner".*"supplied":false' | stock_frames)
	referee=$(box_referee "$1" left_visible | stock_frames)
	is "$(comm -3 <(echo "$map") <(echo "$referee") | head -n 5)" '' \
		"$1: map and referee agree on each of $(wc -l <<<"$referee") frames"
	like "$(wc -l <<<"$referee")" '^[0-9]{4,}$' "$1: and there are some"
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

# stock_lost_nothing NAME: also where programs were interrupted, which the text writer says how often.
stock_lost_nothing() {
	local checked nested

	checked=$(stock_summary "$1" | grep -o '"checked":[0-9]*' | awk -F : '{ n += $2 } END { print n + 0 }')
	nested=$(box_out "$1" | sed -n 's/^events judged by a second program.*: //p')
	is "$(stock_losses "$1")" '"losses":[]' "$1: nothing was lost ($checked checks, ${nested:-0} by second programs)"
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

# stock_keep KIND KERNEL: what tests/stock/table reads, from stdin.
stock_keep() {
	mkdir -p "$O/stock"
	cat >"$O/stock/$1.$2"
}

# stock_keep_held KIND KERNEL NAME: the same of the rules that held in a run, in place of what it left before.
stock_keep_held() {
	stock_summary "$3" | grep -o '{"rule":[^}]*"outcome":"held"' | sed 's/{"rule":"\([^"]*\)".*/\1 held/' |
		stock_keep "held.$1" "$2.$3"
}

# stock_lost_little NAME: nothing but events for which the kernel refused both programs of a hook, no more than one for
# 1000 checks.  A kernel that preempts programs, so slow that each takes longer than a task's turn, has tasks queue up in
# them.
stock_lost_little() {
	local missed checked

	is "$(stock_losses "$1" | grep -o '"loss":"[^"]*"' | grep -v '"missed"')" '' "$1: nothing was lost but refused runs"
	missed=$(stock_losses "$1" | grep -o '"count":[0-9]*' | awk -F : '{ n += $2 } END { print n + 0 }')
	checked=$(stock_summary "$1" | grep -o '"checked":[0-9]*' | awk -F : '{ n += $2 } END { print n + 0 }')
	ok "$1: $missed runs refused, $checked checks" test $((missed * 1000)) -le "$checked"
}

# stock_silent NAME: nothing was found, nothing was lost.
stock_silent() {
	is "$(stock_found "$1")" '' "$1: no finding"
	stock_lost_nothing "$1"
}
