#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The example for a CI service: each line that it runs names a script and options that there are, its policy is one,
# and wrong usage of ci-gate ends with status 2 and one line.  tests/stock/ci_gate.long.t runs it.

. "$(dirname "$0")/../lib.sh"
script=$TOP/scripts/dist/ci-gate
workflow=$TOP/scripts/dist/ci-workflow.yml

sed -n 's/^ *\(- \)\{0,1\}run: //p' "$workflow" >"$tap_tmp/lines"
is "$(grep -c . "$tap_tmp/lines")" 3 'the workflow runs three lines'
cd "$TOP" || exit 1
while read -r program args; do
	case $program in
	make)
		# shellcheck disable=SC2086 # words
		run make -n --no-print-directory "O=$tap_tmp/none" $args
		is "$rc" 0 "make $args: a target"
		;;
	scripts/setup)
		for group in $args; do
			ok "$program: $group is a group" grep -qE "^$group  " "$program"
		done
		;;
	*)
		ok "$program is there" test -x "$program"
		# shellcheck disable=SC2086 # words
		run "$program" --dry-run $args
		is "$rc" 0 "$program: its options and its policy are right"
		is "$err" '' "$program: nothing is said of them"
		like "$out" '^cocowatch gate .* --policy /policy.yaml -- sh /command$' "$program: runs the gate"
		;;
	esac
done <"$tap_tmp/lines"

# refused MESSAGE ARGUMENT...
refused() {
	message=$1
	shift
	run "$script" "$@"
	is "$rc" 2 "$*: exit status 2"
	is "$err" "ci-gate: $message (see scripts/dist/ci-gate --help)" "$*: says what is wrong"
	is "$out" '' "$*: nothing on stdout"
}

refused 'no --kernel'
refused 'unknown option: --kernal' --kernal x
refused '--kernel needs a value' --kernel
refused 'cannot read kernel /nonexistent' --kernel /nonexistent
refused "--time: '15' is not a time like 90s or 15m" --kernel /dev/null --time 15
refused 'no command after --' --kernel /dev/null --
printf 'version: 1\nrules: {T99: off}\n' >"$tap_tmp/policy"
refused "policy $tap_tmp/policy: line 2: unknown key 'T99'" --kernel /dev/null --policy "$tap_tmp/policy"
refused 'cannot read policy /nonexistent: No such file or directory' --kernel /dev/null --policy /nonexistent
run "$script" --help
is "$rc" 0 '--help: exit status 0'
like "$out" '^Usage: scripts/dist/ci-gate' '--help: on stdout'
done_testing
