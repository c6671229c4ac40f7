# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the shell tests share: TAP output and running a command.  Works in busybox's sh as well.
#
# Usage: . "$(dirname "$0")/../lib.sh", tests, and done_testing at the end.
#
# O, CW and CW_KERNEL come from the Makefile; alone, a test uses the same defaults.

# Where the tree is: known on the host, absent in the machine that scripts/vm boots.
if [ -z "${TOP:-}" ]; then
	TOP=$(cd "$(dirname "$0")/../.." && pwd)
fi
: "${O:=$TOP/.build}" "${CW:=$O/cocowatch}" "${CW_KERNEL:=linux-image-6.12-cloud-amd64}"
export TOP O CW CW_KERNEL

tap_count=0
tap_failed=0
tap_tmp=$(mktemp -d "${TMPDIR:-/tmp}/cocotest.XXXXXX")
trap 'rm -rf "$tap_tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run COMMAND...: sets $rc, $out and $err (both without the last newline).
# shellcheck disable=SC2034 # for the tests
run() {
	rc=0
	"$@" >"$tap_tmp/out" 2>"$tap_tmp/err" || rc=$?
	out=$(cat "$tap_tmp/out")
	err=$(cat "$tap_tmp/err")
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	diag "not ok: $1"
}

# diag TEXT: its first lines, where prove shows them to the user.
diag() {
	printf '%s\n' "$1" | sed -n '1,40s/^/# /p' >&2
}

# ok NAME COMMAND...: the command must succeed.
ok() {
	tap_name=$1
	shift
	if "$@"; then
		pass "$tap_name"
	else
		fail "$tap_name"
		diag "failed: $*"
	fi
}

# not_ok NAME COMMAND...: the command must fail.
not_ok() {
	tap_name=$1
	shift
	if "$@"; then
		fail "$tap_name"
		diag "succeeded, and should not: $*"
	else
		pass "$tap_name"
	fi
}

# is GOT WANTED NAME
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "     got: $1"
		diag "expected: $2"
	fi
}

# like TEXT REGEX NAME: a line of the text matches (grep -E).
like() {
	if printf '%s\n' "$1" | grep -qE -e "$2"; then
		pass "$3"
	else
		fail "$3"
		diag "     got: $1"
		diag "no match: $2"
	fi
}

# unlike TEXT REGEX NAME: no line does.
unlike() {
	if printf '%s\n' "$1" | grep -qE -e "$2"; then
		fail "$3"
		diag "  got: $1"
		diag "match: $2"
	else
		pass "$3"
	fi
}

# skip REASON NAME: one test that could not be made here.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $2 # SKIP $1"
}

# skip_all REASON: before any test.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# Those two are for what cannot be had here, however much is installed: one CPU, no namespaces.  What is only not
# installed or not built is missing, and under `make test-all`, which has installed and built all of it
# (CW_NO_SKIP=1), a failure: a skip among a thousand passes is seen by nobody.

# missing WHAT NAME: one test that lacks it.
missing() {
	if [ "${CW_NO_SKIP:-}" = 1 ]; then
		fail "$2"
		diag "missing: $1"
	else
		skip "$1" "$2"
	fi
}

# missing_all WHAT: before any test.
missing_all() {
	[ "${CW_NO_SKIP:-}" = 1 ] || skip_all "$1"
	fail "$1"
	done_testing
}

# wait_for SECONDS COMMAND...: until it succeeds, tried ten times a second.
wait_for() {
	tap_tries=$(($1 * 10))
	shift
	while ! "$@"; do
		[ $tap_tries -gt 0 ] || return 1
		tap_tries=$((tap_tries - 1))
		sleep 0.1
	done
}

done_testing() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
	exit
}
