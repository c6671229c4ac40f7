#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions under gate with every output at once: a violation, its honest twin, waivers, severities
# and reactions; each file is read by what reads it in a CI service, and all of them agree.

. "$(dirname "$0")/../lib.sh"

release=$(cat "$O/kernels/$CW_KERNEL/release") || exit 1
to=$tap_tmp/made
mkdir "$to"

# machine SESSIONS-OR-PANIC [OPTION]...
machine() {
	local what=$1
	shift
	run "$TOP/scripts/vm" --kernel "$CW_KERNEL" --cpus 2 --timeout 540 --log "$tap_tmp/log" --out "$to" "$@" \
		--program "$CW" --module "$O/kmod/$release/cocovm.ko" --file "$TOP/tests/module/gate_guest.sh:/guest.sh" \
		-- sh /guest.sh "$what"
}

machine sessions
is "$rc" 0 'the machine ends well'
[ "$rc" = 0 ] || diag "$err$(tail -n 30 "$tap_tmp/log")"
statuses=$out

# status NAME: how that session ended
status() {
	printf '%s\n' "$statuses" | sed -n "s/^$1 //p"
}

# xpath NAME EXPRESSION
xpath() {
	xmllint --xpath "$2" "$to/$1.xml" 2>&1
}

# sarif NAME PATH: what is there, by sqlite's JSON functions
sarif() {
	sqlite3 :memory: "select json_extract(readfile('$to/$1.sarif'), '\$.runs[0].$2')"
}

# prove_status NAME: 0 or 1
prove_status() {
	prove -e cat "$to/$1.tap" >"$tap_tmp/prove" 2>&1 && echo 0 || echo 1
}

# agree NAME STATUS: the exit status is this, and every output says so
agree() {
	local want=$2 stream
	is "$(status "$1")" "$want" "$1: exit status $want"
	is "$(xpath "$1" 'string(//property[@name="exit"]/@value)')" "$want" "$1: JUnit says so"
	is "$(sarif "$1" 'invocations[0].exitCode')" "$want" "$1: SARIF says so"
	like "$(tail -n 1 "$to/$1.ndjson")" "\"exit\":$want," "$1: NDJSON says so"
	is "$(prove_status "$1")" "$((want != 0))" "$1: prove comes to the same"
	stream=$(CW_STREAM=$to/$1.ndjson CMOCKA_MESSAGE_OUTPUT=TAP "$O/tests/unit/schema" 2>&1) ||
		diag "$stream"
	like "$stream" '^ok [0-9]+ - test_real_stream$' "$1: the stream is as the schema says"
}

agree bad 1
is "$(xpath bad 'string(//testsuite/@failures)')" 2 'bad: T3 and the verdict fail in JUnit'
like "$(xpath bad 'string(//testcase[starts-with(@name,"T3")]/failure)')" '^ +(page [0-9]+ of the range, )?frame 0x[0-9a-f]+: ' \
	'bad: with the decoded entry'
like "$(cat "$to/bad.tap")" '^not ok [0-9]+ - T3 state-agrees: [0-9]+ violation' 'bad: T3 fails in TAP'
is "$(sarif bad 'results[0].ruleId')" T3 'bad: T3 is a result in SARIF'
like "$(sarif bad 'results[0].locations[0].logicalLocations')" '"fullyQualifiedName":"kthread"' 'bad: at kernel functions'
agree good 0
is "$(sarif good 'results')" '[]' 'good: no result in SARIF'
is "$(xpath good 'string(//testsuite/@failures)')$(xpath good 'string(//testsuite/@errors)')" 00 'good: nothing fails in JUnit'

agree waived 0
is "$(sarif waived 'results[0].suppressions[0].justification')" 'ticket <1>' 'waived: SARIF says why'
like "$(xpath waived 'string(//testcase[starts-with(@name,"T3")]/skipped/@message)')" 'ticket <1>' 'waived: JUnit does'
like "$(cat "$to/waived.tap")" '^not ok .* T3 .* # TODO .*ticket <1>' 'waived: TAP does'
like "$(cat "$to/waived.txt")" '^waived +T3 end_own_bit: ticket <1> \(until 2999-12-31\)$' 'waived: the text does'
like "$(grep '"type":"violation"' "$to/waived.ndjson")" '"waived":"ticket <1>"' 'waived: NDJSON does'
agree elsewhere 1
agree function 0
agree expired 1
like "$(cat "$to/expired.txt")" '^violated: waivers have expired: T3 ' 'expired: said at the end'
like "$(cat "$to/expired.txt")" '^expired +T3: old \(counted until 2020-02-29\)$' 'expired: with its day'
agree warning 0
like "$(cat "$to/warning.txt")" '^WARNING  T3' 'warning: shown as one'
is "$(sarif warning 'results[0].level')" warning 'warning: in SARIF too'
agree off 0
unlike "$(cat "$to/off.txt")" '^VIOLATION' 'off: nothing is shown'
like "$(cat "$to/off.txt")" '^not armed .* T3.*: off, by the policy' 'off: said'
agree required 3

agree stopped 1
like "$(cat "$to/stopped.txt")" '^reaction +T3 stop: 1 done' 'stopped: counted'
like "$(cat "$to/stopped.txt")" '^the command ended with status 143$' 'stopped: by SIGTERM'
agree limited 4
like "$(cat "$to/limited.txt")" '^command failed: the rules held, the command was ended' 'limited: said'
agree timed 3
like "$(cat "$to/timed.txt")" '^no verdict: nothing was exercised' 'timed: no command, no transition'
agree told 1
is "$(sqlite3 :memory: "select json_extract(readfile('$to/told.json'), '\$.rule')")" T3 'told: the program got the violation'
like "$(cat "$to/told.txt")" '^reaction +T3 exec /tmp/tell: [1-9][0-9]* done' 'told: counted'
agree untold 0
like "$(cat "$to/untold.txt")" '^reaction +T3 exec /tmp/tell: 0 done$' 'untold: the honest twin runs nothing'

machine panic
is "$rc" 122 'panic: the machine goes down'
like "$(cat "$tap_tmp/log")" 'sysrq: Trigger a crash' 'panic: by our hand'
like "$out" '^VIOLATION  T3' 'panic: after the violation was said'
unlike "$out" '^alive' 'panic: at once'
done_testing
