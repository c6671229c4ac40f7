#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cocobox and what reads files against inputs that reach far or once mattered, and a burst of new ones, the same each time
# (on a slow machine: the first of them).

. "$(dirname "$0")/../lib.sh"

: "${CW_FUZZ:=$O/fuzz}"
inputs=20000
seconds=6

# burst TARGET INPUTS: the corpus first.  New inputs go into the first directory.
burst() {
	mkdir -p "$tap_tmp/new"
	run timeout 60 "$CW_FUZZ/fuzz_$1" -runs="$2" -max_total_time=$seconds -seed=1 -timeout=20 \
		-rss_limit_mb=1024 -artifact_prefix="$tap_tmp/$1-" "$tap_tmp/new" "$TOP/tests/fuzz/corpus/$1"
	rm -rf "$tap_tmp/new"
	[ "$rc" = 0 ] || diag "$out$err"
}

for file in "$TOP"/tests/fuzz/fuzz_*.c; do
	target=${file##*/fuzz_}
	target=${target%.c}
	if [ ! -x "$CW_FUZZ/fuzz_$target" ]; then
		missing 'not built: run make test' "$target"
		continue
	fi
	burst "$target" 0
	is "$rc" 0 "$target: its corpus"
	burst "$target" $inputs
	is "$rc" 0 "$target: new inputs"
done
done_testing
