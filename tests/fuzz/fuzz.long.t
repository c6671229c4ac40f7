#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cocobox and what reads files fuzzed for a minute at each parser: nothing is found.  An input that breaks one is
# left in $O/fuzz/found.

. "$(dirname "$0")/../lib.sh"

: "${CW_FUZZ:=$O/fuzz}"

for file in "$TOP"/tests/fuzz/fuzz_*.c; do
	target=${file##*/fuzz_}
	target=${target%.c}
	run env FUZZ="$CW_FUZZ" "$TOP/scripts/fuzz" 60 "$target"
	is "$rc" 0 "$target: a minute"
	[ "$rc" = 0 ] || diag "$err"
	[ "$rc" != 0 ] || echo "# $out"
done
done_testing
