#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cocowatch rules: the whole catalogue, one rule in full, JSON, and a manual page without warnings.

. "$(dirname "$0")/../lib.sh"

nr=$(grep -cE '^	X\([TSZHRP][0-9]+, "' "$TOP/include/cocowatch/rules.h")

run "$CW" rules
is "$rc" 0 'rules: exit status 0'
is "$(printf '%s\n' "$out" | grep -cE '^[TSZHRP][0-9]+ ')" "$nr" 'rules: one line for each'
like "$out" '^T7 +completed +V/W +user space +pages$' 'rules: id, name, severity, judge, profile'

run "$CW" rules T1 private-before-free
is "$rc" 0 'rules RULE: exit status 0'
like "$out" '^T1 not-present-window$' 'rules RULE: by id'
like "$out" '^S3 private-before-free$' 'rules RULE: by name'
like "$out" 'raw_tp mm_page_free$' 'rules RULE: the probes that feed it'
like "$out" 'violation +the freed page is shared$' 'rules RULE: what it can report'
run "$CW" rules S4
like "$out" '^  module +no probe: not armed$' 'rules RULE: one that has no probe'

run "$CW" rules -o ndjson
is "$rc" 0 'rules -o ndjson: exit status 0'
is "$(printf '%s\n' "$out" | grep -c '^{"type":"rule","rule":"[TSZHRP][0-9]*",.*}$')" "$nr" \
	'rules -o ndjson: one object for each'
run "$CW" rules -o "ndjson=$tap_tmp/rules" -o text P1
is "$rc" 0 'rules: two outputs at once'
like "$out" '^P1 mode-consistent$' 'rules: text on stdout'
like "$(cat "$tap_tmp/rules")" '"rule":"P1"' 'rules: JSON in a file'

run "$CW" rules --man
is "$rc" 0 'rules --man: exit status 0'
is "$(printf '%s\n' "$out" | grep -cE '^\.B [TSZHRP][0-9]+ ')" "$nr" 'rules --man: every rule'
if command -v man >/dev/null; then
	printf '%s\n' "$out" >"$tap_tmp/cocowatch-rules.7"
	warnings=$(MANROFFSEQ='' LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$tap_tmp/cocowatch-rules.7" 2>&1 >/dev/null)
	is "$warnings" '' 'rules --man: man has no warnings'
else
	missing 'no man on this machine' 'rules --man: man has no warnings'
fi

run sh -c "\"$CW\" rules >/dev/full"
is "$rc" 3 'rules to a full disk: exit status 3'
is "$err" 'cocowatch: cannot write text output to stdout: No space left on device' 'rules to a full disk: said'
run sh -c "\"$CW\" rules --man >/dev/full"
is "$rc" 3 'rules --man to a full disk: exit status 3'
is "$err" 'cocowatch: cannot write to stdout: No space left on device' 'rules --man to a full disk: said'
run "$CW" rules -o text=/no/such/dir/file
is "$rc" 3 'rules to a file that cannot be: exit status 3'
is "$err" 'cocowatch: cannot write /no/such/dir/file: No such file or directory' \
	'rules to a file that cannot be: said'

done_testing
