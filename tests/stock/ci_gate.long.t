#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the example workflow runs, run: a stock kernel is gated in the box by its policy, and all reports come back.
# Its twins ask for more than ever happens, and waive nothing.

. "$(dirname "$0")/../lib.sh"
script=$TOP/scripts/dist/ci-gate
cd "$TOP" || exit 1

line=$(sed -n 's/^ *run: scripts\/dist\/ci-gate //p' scripts/dist/ci-workflow.yml)
# shellcheck disable=SC2086 # words
run "$script" $line --out "$tap_tmp/reports"
is "$rc" 0 'the workflow passes'
[ "$rc" = 0 ] || diag "$err$(tail -n 20 "$tap_tmp/reports/console.txt")"
like "$out" '^held: .*T3.* S1' 'and says what held'
for file in report.txt report.ndjson junit.xml report.sarif report.tap console.txt referee.ndjson; do
	ok "$file came back" test -s "$tap_tmp/reports/$file"
done
ok 'the XML is well-formed' xmllint --noout "$tap_tmp/reports/junit.xml"
is "$(sqlite3 :memory: "select json_extract(readfile('$tap_tmp/reports/report.sarif'), '\$.runs[0].invocations[0].exitCode')")" 0 \
	'the SARIF says 0'
ok 'prove says the same' sh -c "prove -e cat '$tap_tmp/reports/report.tap' >/dev/null 2>&1"
like "$(cat "$tap_tmp/reports/report.txt")" '^waived +Z3 tail_set in hv_post_message: ' 'what is waived is said'

sed 's/^  T3: 1$/  T3: 1000000000/' scripts/dist/ci-policy.yaml >"$tap_tmp/more.yaml"
like "$(cat "$tap_tmp/more.yaml")" '^  T3: 1000000000$' 'a policy that asks for more, and keeps its waiver'
# shellcheck disable=SC2086 # words
run "$script" $line --policy "$tap_tmp/more.yaml" --out "$tap_tmp/more"
is "$rc" 3 'asked for more than ever happens: no verdict'
like "$out" '^no verdict: required, and not held as often as asked: T3( |$)' 'for the rule that was required'

sed '/^waivers:$/,$d' scripts/dist/ci-policy.yaml >"$tap_tmp/bare.yaml"
like "$(cat "$tap_tmp/bare.yaml")" '^  S3: 1$' 'a policy without its waiver, and all that it requires'
# shellcheck disable=SC2086 # words
run "$script" $line --policy "$tap_tmp/bare.yaml" --out "$tap_tmp/bare"
is "$rc" 1 'without its waiver the gate fails'
like "$out" '^violated: Z3( |$)' 'by what is known'
done_testing
