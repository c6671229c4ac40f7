#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine on which no session can start: exit status 3 and one line that says what is missing and
# how to get it; gate does not run its command; doctor explains.

. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'
[ ! -d /sys/module/cocovm ] || skip_all 'the module cocovm is loaded here'
[ -r /sys/kernel/btf/vmlinux ] || skip_all 'this kernel has no BTF'

missing='cannot watch: this is not a confidential VM (--force watches it all the same), and the module cocovm is not loaded (insmod cocovm.ko)'

run "$CW" watch
is "$rc" 3 'watch: exit status 3'
is "$err" "cocowatch: $missing" 'watch: one line'
is "$out" '' 'watch: nothing on stdout'

run "$CW" gate -- touch "$tap_tmp/ran"
is "$rc" 3 'gate: exit status 3'
is "$err" "cocowatch: $missing" 'gate: one line'
not_ok 'gate: the command was not run' test -e "$tap_tmp/ran"

run "$CW" watch -o ndjson=/no/such/dir/file
is "$rc" 3 'output that cannot be opened: exit status 3'
is "$err" 'cocowatch: cannot write /no/such/dir/file: No such file or directory' \
	'output that cannot be opened: said'

run "$CW" watch --source module
is "$rc" 3 'watch --source module: exit status 3'
is "$err" 'cocowatch: cannot watch: the module cocovm is not loaded (insmod cocovm.ko)' \
	'watch --source module: what is missing'
run "$CW" watch --source both
is "$rc" 2 'watch --source both: exit status 2'
is "$err" "cocowatch: --source: 'both' is not auto, stock or module" 'watch --source both: one line'

run "$CW" selftest
is "$rc" 3 'selftest: exit status 3'
is "$err" 'cocowatch: the module cocovm is neither loaded nor installed (--module FILE inserts one)' 'selftest: one line'
run "$CW" selftest --module "$tap_tmp/none.ko"
is "$rc" 3 'selftest --module: exit status 3'
is "$err" "cocowatch: cannot insert $tap_tmp/none.ko: No such file or directory" 'selftest --module: what is missing'

run "$CW" doctor
is "$rc" 3 'doctor: exit status 3'
like "$out" "^kernel +Linux $(uname -r)\$" 'doctor: the kernel'
like "$out" '^module +cocovm is not loaded \(insmod cocovm.ko\)$' 'doctor: the module'
like "$out" '^T1 +not-present-window +no: ' 'doctor: why a rule cannot be armed'
like "$out" '^R3 +enabled-interrupts-only +no: the stock source has no probe for it$' 'doctor: a rule without a probe'
like "$out" '^no session can start: this is not a confidential VM' 'doctor: the last line'
is "$err" '' 'doctor: nothing on stderr'

run "$CW" doctor -o ndjson
is "$rc" 3 'doctor -o ndjson: exit status 3'
like "$out" '^\{"type":"doctor",.*"loaded":false.*"can_start":false' 'doctor -o ndjson: one object'

done_testing
