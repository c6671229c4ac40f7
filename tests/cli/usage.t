#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What does not exist or makes no sense: exit status 2, one line on stderr with the nearest right
# name, nothing on stdout.

. "$(dirname "$0")/../lib.sh"

# refused MESSAGE ARGUMENT...
refused() {
	message=$1
	shift
	run "$CW" "$@"
	is "$rc" 2 "$*: exit status 2"
	is "$err" "cocowatch: $message" "$*: says what is wrong"
	is "$out" '' "$*: nothing on stdout"
}

refused 'no command given (cocowatch --help lists them)'
refused "unknown command 'wach' (did you mean 'watch'?)" wach
refused "unknown command 'no-such-command'" no-such-command
refused "unknown command ''" ''
refused "unknown option '--hepl' (did you mean '--help'?)" --hepl

refused "unknown option '--fro' (did you mean '--for'?)" watch --fro 3s
refused "unknown option '--zzzzz'" watch --zzzzz
refused "unknown option '--inc' (did you mean '--include-addresses'?)" watch --inc
refused "unknown option '-x' (see --help)" watch -x
refused "option '--for' needs a value, TIME" watch --for
refused "option '-o' needs a value, FORMAT[=FILE]" watch -o
refused "option '--debug' takes no value" watch --debug=yes
refused "watch takes no arguments: 'true' (a command is run by gate)" watch true
refused "doctor takes no arguments: 'me'" doctor me
refused "map takes no arguments: 'me'" map me
refused "top takes no arguments: 'me' (a command is run by gate)" top me
refused 'top has stdout for itself: give the output a file (-o ndjson=FILE)' top -o ndjson
refused "--interval: '1ms' is not a duration from 100ms" top --interval 1ms
refused "--batch: '0' is not a count from 1" top --batch 0
refused 'top needs a terminal (--once and --batch print for a pipe or a file)' top
refused 'metrics: give --listen ADDRESS or --textfile FILE' metrics
refused "--listen: 'localhost:9464' is not 127.0.0.1:PORT, [::1]:PORT or unix:PATH" metrics --listen localhost:9464
refused "--listen: other machines reach '0.0.0.0:9464' (--listen-anywhere allows that)" metrics --listen 0.0.0.0:9464
flight='metrics: a flight recorder has both --last TIME and -o FILE.ccw or -o DIRECTORY'
refused "$flight" metrics --textfile x --last 30s
refused "$flight" metrics --textfile x -o a.ccw
refused '--textfile names no file' metrics --textfile ''
refused '--textfile: given twice' metrics --textfile x --textfile y
refused '--listen: given twice' metrics --listen 127.0.0.1:1 --listen unix:x
refused '--html names no file' report --html '' a.ccw
refused "--last: 'long' is not a duration (such as 500ms, 30s or 5m)" metrics --textfile x --last long -o a.ccw
refused "metrics takes no arguments: 'me' (a command is run by gate)" metrics me
refused 'map writes text or ndjson, not journal' map -o journal
refused 'doctor writes text or ndjson, not journal' doctor -o journal
refused 'rules writes text or ndjson, not journal' rules -o journal
refused "--for: '30' is not a duration (such as 500ms, 30s or 5m)" watch --for 30
refused "--for: '-1s' is not a duration (such as 500ms, 30s or 5m)" watch --for=-1s
refused "--slow-limit: '0s' is not a duration (such as 500ms, 30s or 5m)" watch --slow-limit 0s
refused "--count: '0' is not a count from 1" watch --count 0
refused "--count: '12abc' is not a count from 1" watch --count 12abc
refused "--count: '0x0x10' is not a count from 1" watch --count 0x0x10
refused "--max-walk: '0' is not a count from 1 to 1073741824" watch --max-walk 0

refused "unknown output 'jsn' (did you mean 'ndjson'?)" watch -o jsn
refused "unknown output 'txt' (did you mean 'text'?)" rules -o txt=file
refused "output 'ndjson=' names no file" watch -o ndjson=
refused 'two outputs go to stdout' watch -o text -o ndjson
refused 'two outputs go to a' watch -o text=a -o ndjson=a
refused 'two outputs go to ./a' watch -o text=a -o ndjson=./a

refused 'rules writes text or ndjson, not junit' rules -o junit
refused 'map writes text or ndjson, not sarif' map -o text -o sarif=/nonexistent
refused 'doctor writes text or ndjson, not tap' doctor -o tap

refused "unknown rule 't3' (did you mean 'T3'?)" rules t3
refused "unknown rule 'state-agree' (did you mean 'state-agrees'?)" rules state-agree
refused "unknown rule 'nothing-like-it'" rules nothing-like-it

refused 'gate: no command given (cocowatch gate [OPTION...] -- COMMAND [ARG...])' gate
refused 'gate: no command given (cocowatch gate [OPTION...] -- COMMAND [ARG...])' gate --
refused "cannot run 'no-such-program': No such file or directory" gate -- no-such-program
refused "cannot run '/etc/passwd': Permission denied" gate -- /etc/passwd
refused "cannot run '/tmp': Is a directory" gate -- /tmp
refused "unknown option '--requires' (did you mean '--require'?)" gate --requires T1 -- true
refused "--require: unknown rule 'T99' (did you mean 'T9'?)" gate --require T99 -- true
refused "--require: 'x' is no count (RULE[:N], N from 1)" gate --require T1:x -- true
refused "--for: '30' is not a duration (such as 500ms, 30s or 5m)" gate --for 30 -- true
refused "--on: unknown rule 'T99' (did you mean 'T9'?)" gate --on T99=stop -- true
refused "--on: 'T1' names no action (RULE=ACTION)" gate --on T1 -- true
refused "--on: unknown action 'stpo' (did you mean 'stop'?)" gate --on T1=stpo -- true
refused '--on: T1: exec needs the full path of a program' gate --on T1=exec:page-me -- true
refused '--on: T1: signal needs the name of one, such as TERM' watch --on T1=signal:HULA
refused "cannot run '/nonexistent' for T1: No such file or directory" gate --on T1=exec:/nonexistent -- true
refused 'there is no flight recorder to write a snapshot for T1' watch --on T1=snapshot
refused 'there is no flight recorder to write a snapshot for T1' record -o "$tap_tmp/a.ccw" --on T1=snapshot
refused 'a reaction would crash this machine (add --allow-panic if it shall)' gate --on T1=panic -- true
refused '--policy: given twice' gate --policy a --policy b -- true
refused 'cannot read policy /nonexistent: No such file or directory' gate --policy /nonexistent -- true
refused 'cannot read policy /tmp: Is a directory' gate --policy /tmp -- true
mkfifo "$tap_tmp/fifo"
for path in "$tap_tmp/fifo" /dev/zero; do
	run timeout 5 "$CW" gate --policy "$path" -- true
	is "$rc" 2 "a policy that may never end, $path: exit status 2"
	is "$err" "cocowatch: cannot read policy $path: it is no regular file" "$path: said"
done

policy=$tap_tmp/policy.yaml
# bad_policy MESSAGE LINE...: after "version: 1"
bad_policy() {
	message=$1
	shift
	printf 'version: 1\n' >"$policy"
	printf '%s\n' "$@" >>"$policy"
	run "$CW" gate --policy "$policy" -- true
	is "$rc" 2 "$message: exit status 2"
	is "$err" "cocowatch: policy $policy: $message" "$message: said"
	is "$out" '' "$message: nothing on stdout"
}
bad_policy "line 3: unknown key 'T99'" rules: '  T99: off'
bad_policy "line 2: unknown key 'waiver'" 'waiver: []'
bad_policy 'waiver 1: rule S5 is required as well' 'require: {S5: 1}' 'waivers: [{rule: S5, reason: x}]'
bad_policy "waiver 1: 'soon' is no day (such as 2026-12-31)" 'waivers: [{rule: S5, reason: x, expires: soon}]'
bad_policy "reaction 1: stop takes nothing, not 'TERM'" 'reactions: [{rule: S5, action: stop, signal: TERM}]'
bad_policy 'line 3: aliases are not taken' 'require: &a {T1: 1}' 'rules: *a'
{
	echo 'version: 1'
	echo rules:
	"$CW" rules -o ndjson | sed 's/.*"rule":"\([A-Z0-9]*\)".*/  \1: off/'
} >"$policy"
refused "policy $policy: no rule of this profile is left" gate --policy "$policy" -- true

refused "--waive: unknown rule 'nothing?like?it'" gate --waive "$(printf 'nothing\tlike\033it')=x" -- true
refused "--waive: 'T1' gives no reason (RULE=REASON)" gate --waive T1 -- true
refused "--waive: unknown rule 'same-page' (did you mean 'same-pages'?)" gate --waive same-page=x -- true
long=$(printf '%255s' '' | tr ' ' x)
refused "--count: '0' is not a count from 1" watch --waive "T1=$long" --count 0
refused '--waive: the reason for T1 is longer than 255 bytes' watch --waive "T1=x$long" --count 0
refused '--waive: rule T1 is required as well' gate --require T1 --waive T1=x -- true
refused '--require: rule T1 is waived as well' gate --waive T1=x --require T1 -- true

refused 'record: no file to record to (cocowatch record -o FILE.ccw)' record
refused "two recordings: 'a.ccw' and 'b.ccw'" record -o a.ccw -o b.ccw
refused "unknown output 'a.cw'" record -o a.cw
refused "unknown output 'a.ccw'" watch -o a.ccw
refused "--last: '5' is not a duration (such as 500ms, 30s or 5m)" record --last 5 -o a.ccw
refused "--for: 'x' is not a duration (such as 500ms, 30s or 5m)" record --for x -o a.ccw
refused "cannot run 'no-such-program': No such file or directory" record -o a.ccw -- no-such-program
refused 'replay: no recording given (cocowatch replay FILE.ccw)' replay
refused "replay takes one recording: 'b.ccw'" replay a.ccw b.ccw
refused 'cannot replay no-such.ccw: No such file or directory' replay no-such.ccw
refused 'cannot replay /tmp: Is a directory' replay /tmp
refused 'cannot replay /etc/passwd: it is no recording of cocowatch' replay /etc/passwd
refused 'cannot replay /dev/zero: it is no regular file' replay /dev/zero
refused "selftest takes no arguments: 'T1'" selftest T1
refused "--rule: unknown rule 't3' (did you mean 'T3'?)" selftest --rule t3
refused "--seed: 'x' is not a number" selftest --seed x
refused "--repeat: '0' is not a count from 1 to 1000" selftest --repeat 0
refused "--repeat: '1001' is not a count from 1 to 1000" selftest --repeat 1001
refused "--slow-limit: '3' is not a duration (such as 500ms, 30s or 5m)" selftest --slow-limit 3
refused "--max-walk: '0' is not a count from 1 to 1073741824" selftest --max-walk 0
refused '--junit names no file' selftest --junit ''
refused 'two outputs go to a' selftest -o text=a --junit a
refused 'selftest --list writes text or ndjson, not junit' selftest --list --junit a
refused 'selftest writes text, ndjson or junit, not tap' selftest -o tap

done_testing
