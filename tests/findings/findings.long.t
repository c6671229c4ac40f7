#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What unmodified kernels were seen to do, each finding of this directory, is seen again.
#
# Usage: findings.long.t [NAME]...    (default: all)

. "$(dirname "$0")/findings.sh"

[ "$CW_KERNEL" = "$findings_middle" ] || skip_all 'this has all kernels in it'

# Few enough for one machine's memory and time.
findings_batch() {
	local name

	for findings_step in queue judge; do
		for name in "$@"; do
			# shellcheck source=/dev/null
			. "$TOP/tests/findings/$name/reproduce"
		done
		[ $findings_step = judge ] || box_go 3600
	done
}

if [ $# = 0 ]; then
	for reproducer in "$TOP"/tests/findings/*/reproduce; do
		set -- "$@" "$(basename "$(dirname "$reproducer")")"
	done
fi
while [ $# -gt 3 ]; do
	findings_batch "${@:1:3}"
	shift 3
done
findings_batch "$@"
done_testing
