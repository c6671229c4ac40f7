#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A test that lacks what scripts/setup installs is skipped, and fails where all of it must be there; one with a real
# reason is skipped everywhere; and `make test-all` alone says that all must be there.

. "$(dirname "$0")/../lib.sh"

# a_test LINE: a file of its own, made of that line.
a_test() {
	printf '#!/bin/sh\n. "%s/tests/lib.sh"\n%s\ndone_testing\n' "$TOP" "$1" >"$tap_tmp/a.t"
}

# judged LINE CW_NO_SKIP WANTED NAME: by prove.
judged() {
	a_test "$1"
	run env TOP="$TOP" CW_NO_SKIP="$2" prove --exec sh "$tap_tmp/a.t"
	is "$rc" "$3" "$4"
}

judged "missing 'no tool' 'a name'" '' 0 'one test without its tool is skipped'
judged "missing 'no tool' 'a name'" 1 1 'and fails where all must be there'
like "$err" 'missing: no tool' 'with what is missing'
judged "missing_all 'no tool'" '' 0 'a file without its tool is skipped'
like "$out" 'skipped: no tool' 'and says so'
judged "missing_all 'no tool'" 1 1 'and fails where all must be there'
judged "skip 'one CPU' 'a name'" 1 0 'one test with a reason is skipped there too'
judged "skip_all 'one CPU'" 1 0 'and so is a file'
like "$out" 'skipped: one CPU' 'which says why'

cd "$TOP" || exit 1
run make -n --no-print-directory test-all
like "$out" '^CW_NO_SKIP=1 .*run-tests LONG=1' 'make test-all: all must be there'
like "$out" '^CW_NO_SKIP=1 .*run-tests-6.1 .*LONG=1' 'make test-all: for Linux 6.1 too'
run make -n --no-print-directory test
unlike "$out" 'CW_NO_SKIP' 'make test: not so'

# What setup installs is never a reason of its own.
unlike "$(grep -rhE '(^|[^_a-z])skip(_all)? .*(installed|scripts/setup)' tests --include='*.t' --include='*.sh')" . \
	'no test skips what is not installed by itself'
done_testing
