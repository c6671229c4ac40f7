#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocowatch selftest: the whole catalogue passes, in any order; a rule that does not fire,
# one that fires on an honest twin and another that fires are caught; JUnit is what CI servers read.

. "$(dirname "$0")/module.sh"
. "$TOP/tests/lib.sh"
module_guest=selftest_guest.sh
module_out=$tap_tmp/files

# A catalogue that expects of one scenario what it does not bring about.
release=$(cat "$O/kernels/$CW_KERNEL/release")
sed 's/PARTIAL_HIDDEN/FAILURE_HIDDEN/' "$O/kmod/$release/cocovm.ko" >"$tap_tmp/wrong.ko"
not_ok 'a module with a wrong catalogue' cmp -s "$tap_tmp/wrong.ko" "$O/kmod/$release/cocovm.ko"
module_args=(--file "$tap_tmp/wrong.ko:/modules/wrong.ko")

# The machine's tests are those of one test of ours.
in_machine() {
	rc=0
	(boot "$@") >"$tap_tmp/tap" &
	trap 'kill %1; exit 143' TERM INT
	wait $! || rc=$?
	sed 's/^/    /' "$tap_tmp/tap"
}

in_machine 2 all order failures unknown
is "$rc" 0 'in the machine'
ok 'a test for each section' test "$(grep -c '^ok' "$tap_tmp/tap")" -ge 35
ok 'JUnit is well-formed XML' xmllint --noout "$module_out/junit.xml"
# xpath EXPRESSION
xpath() {
	xmllint --xpath "$1" "$module_out/junit.xml"
}
is "$(xpath 'string(//testsuite/@failures)') $(xpath 'string(//testsuite/@errors)')" '0 0' 'JUnit: nothing failed'
cases=$(xpath 'count(//testcase)')
like "$cases" '^[1-9][0-9]*$' 'JUnit: has cases'
is "$cases" "$(xpath 'string(//testsuite/@tests)')" 'JUnit: as many cases as it says'
is "$(xpath 'count(//testcase[@name="window-present" or @name="window-present, honest"])')" 2 \
	'JUnit: a case for window-present and one for its twin'
done_testing
