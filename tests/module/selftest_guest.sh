#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine does whose boot tests/module/selftest*.t ask for: cocowatch selftest, what it
# must find wrong, and what it cannot know.  TAP on stdout, files for the host in /out.
#
# Usage: guest.sh SECTION...    (in the machine, with /tests/lib.sh, cocowatch, and in /modules cocovm.ko
#        and wrong.ko, whose catalogue expects another finding of hidden-partial)
#
# Sections are called by name, and some of what they call by wait_for and ok:
# shellcheck disable=SC2317,SC2086

TOP=/
. /tests/lib.sh

ko=/modules/cocovm.ko
nd=/tmp/n.ndjson

dmesg_splats() {
	dmesg | sed -n '/selftest-test: mark$/,$p' | grep -E 'WARNING:|BUG:|Oops|general protection|lockup|rcu.*stall|Bad page' | head -n 5
}

# selftest [OPTION]...: sets $rc, $out and $err; text on stdout, NDJSON in $nd.
selftest() {
	run cocowatch selftest -o text -o ndjson=$nd "$@"
}

cocovm() {
	echo "$*" >/dev/cocovm
}

# Scenario and kind of each trial, in their order.
order() {
	sed -n 's/.*"type":"trial","scenario":"\([a-z0-9-]*\)".*"misbehave":\([a-z]*\),.*/\1 \2/p' $nd
}

# Rows of the text's table of rules, without the time to report: "T1 held 1 of 1 fired 1 of 1"
rules_table() {
	printf '%s\n' "$out" | sed -nE 's/^([A-Z][0-9]) +[a-z0-9-]+ +((held [0-9]+ of [0-9]+|-)) +((fired [0-9]+ of [0-9]+|-)) .*/\1 \2 \4/p'
}

#---------------------------------------------------------------------------------------------

# All of it: every rule that the module names fires on each misbehaviour, and holds with each twin.
section_all() {
	selftest --module $ko --junit /out/junit.xml
	is "$rc" 0 'all: exit status 0'
	is "$err" '' 'all: nothing on stderr'
	not_ok 'all: the module that was inserted is taken out' test -d /sys/module/cocovm
	[ "$rc" = 0 ] || diag "$out"
	like "$out" '^passed    each rule fired' 'all: says so'
	insmod $ko
	sed -n 's/^scenario .* rule=\([A-Z][0-9]\) .*/\1/p' /dev/cocovm | sort -u >/tmp/named
	is "$(rules_table | cut -d' ' -f1 | sort)" "$(cat /tmp/named)" 'all: a row for each rule that the module names'
	is "$(rules_table | awk '$3 != $5 || ($6 == "fired" && $7 != $9) { print }')" '' \
		'all: in each, as many held and fired as there are'
	sed -n 's/^scenario \([a-z0-9-]*\) .* twin=1 .*/\1/p' /dev/cocovm | sort >/tmp/twins
	order | awk '$2 == "true" { print $1 }' | sort -u >/tmp/fired
	is "$(cat /tmp/fired)" "$(cat /tmp/twins)" 'all: every scenario that can misbehave did'
	is "$(grep -c '"misbehave":true,"result":"fired".*"report_ns":[1-9]' $nd)" \
		"$(grep -c '"misbehave":true' $nd)" 'all: and each was reported, at a known time'
	is "$(sed -n 's/^scenario .* bug=\([^ -][^ ]*\).*/\1/p' /dev/cocovm | sort -u | grep -c .)" 28 \
		'all: so many known bugs are in the catalogue'
	diag "$(printf '%s\n' "$out" | sed -n '/^rule/,/^$/p')"
	rmmod cocovm
}

section_modes() {
	for mode in vbs tdx-vtom snp tdx; do
		selftest --module $ko --emulate $mode --repeat 1
		is "$rc" 0 "modes: $mode: exit status 0"
		like "$out" "cocovm emulates $mode," "modes: $mode: is what was emulated"
		[ "$rc" = 0 ] || diag "$out"
	done
}

section_order() {
	insmod $ko
	selftest --rule T2 --rule T4 --seed 7
	is "$rc" 0 'order: exit status 0 in another order'
	like "$out" ', seed 7$' 'order: the seed is said'
	order >/tmp/first
	selftest --rule T2 --rule T4 --seed 7
	is "$(order)" "$(cat /tmp/first)" 'order: the same order with the same seed'
	selftest --rule T2 --rule T4 --seed 8
	ok 'order: another with another seed' test "$(order)" != "$(cat /tmp/first)"
	run cocowatch selftest --list
	is "$rc" 0 'list: exit status 0'
	is "$(printf '%s\n' "$out" | tail -n +2 | wc -l)" "$(grep -c '^scenario' /dev/cocovm)" \
		'list: a line for each scenario'
	run cocowatch selftest --list --rule T3 -o ndjson
	is "$(printf '%s\n' "$out" | grep -c '"rule":"T3"')" "$(grep -c ' rule=T3 ' /dev/cocovm)" 'list: of one rule'
	unlike "$out" '"rule":"T1"' 'list: and of no other'
	rmmod cocovm
}

# The alien: it has nothing to do with what is tried, and is seen all the same.
alien() {
	while [ -e /tmp/alien ]; do
		cocovm run window-present pages=3
		sleep 0.1
	done
}

# A rule that fires otherwise than the catalogue says; another one that fires, on honest twins too.
section_failures() {
	insmod /modules/wrong.ko
	selftest --rule T4
	is "$rc" 1 'failures: exit status 1 when a finding does not come'
	like "$out" '^failed    T4 hidden-partial: did not fire: T4 \(partial_hidden\)$' 'failures: which scenario, and what came'
	unlike "$out" '^failed    T4 [^h]|^failed    T4 hidden-failure' 'failures: and no other'
	like "$out" '^T4 .* held ([0-9]+) of \1 +fired [1-9][0-9]* of [1-9]' 'failures: how many did'
	like "$out" '^failed    not every rule' 'failures: the verdict'
	like "$(cat $nd)" '"scenario":"hidden-partial",.*"result":"did not fire","exit":1' 'failures: in NDJSON'
	rmmod cocovm
	insmod $ko
	touch /tmp/alien
	alien &
	selftest --rule T6 --repeat 10
	rm /tmp/alien
	wait
	is "$rc" 1 'failures: exit status 1 when another rule fires'
	like "$out" '^failed    T6 [a-z-]+: something else fired: T1 \(window_own_present\)' 'failures: which'
	selftest --rule T6
	is "$rc" 0 'failures: exit status 0 once that is over'
	cocovm start window-present loops=0
	selftest --rule T5 --repeat 1
	cocovm stop
	ok "failures: more than can be read is no pass ($rc)" test "$rc" = 1 -o "$rc" = 3
	like "$out" '^failed    T5 overlap, honest: honest, and accused: T1 ' 'failures: of an honest twin'
	rmmod cocovm
}

# selftest_begin OPTION...: returns once the first trials have been made.
selftest_begin() {
	tries=$(sed -n 's/^transitions=//p' /dev/cocovm)
	cocowatch selftest -o text=/tmp/t "$@" 2>/tmp/e &
	pid=$!
	wait_for 60 tried
}

tried() {
	[ "$(sed -n 's/^transitions=//p' /dev/cocovm)" -gt "$((tries + 10))" ]
}

selftest_end() {
	rc=0
	wait $pid || rc=$?
	out=$(cat /tmp/t)
}

# What was lost hides nothing, and proves nothing.
section_unknown() {
	insmod $ko
	selftest --rule T3 --repeat 1 --max-walk 1
	is "$rc" 3 'unknown: exit status 3 when not all was looked at'
	like "$out" '^unknown   T3 page-skipped: events were lost' 'unknown: says so'
	selftest_begin --repeat 200
	kill -INT $pid
	selftest_end
	is "$rc" 3 'unknown: exit status 3 after SIGINT'
	like "$out" '^unknown   ended by a signal' 'unknown: says why'

	selftest --rule S4
	is "$rc" 3 'unknown: a rule without a scenario: exit status 3'
	is "$err" 'cocowatch: --rule: the module has no scenario for S4' 'unknown: in one line'
	selftest --module $ko
	is "$rc" 3 'unknown: --module with a module that is there: exit status 3'
	like "$err" 'is loaded already' 'unknown: says so'
	selftest --emulate vbs
	is "$rc" 3 'unknown: --emulate with a module in another mode: exit status 3'
	selftest --emulate snp-vtom --rule P1
	is "$rc" 0 'unknown: and in the same: exit status 0'
	printf 'mode=x\nscenario ; rule=T1\n' >/tmp/fake
	mount --bind /tmp/fake /dev/cocovm
	selftest
	umount /dev/cocovm
	is "$rc" 3 'unknown: a catalogue that is none: exit status 3'
	is "$err" "cocowatch: cannot use the catalogue in /dev/cocovm: a scenario has the name ';'" 'unknown: which says what'
	rmmod cocovm

	selftest --module /tests/lib.sh
	is "$rc" 3 'unknown: no module: exit status 3'
	is "$err" 'cocowatch: cannot insert /tests/lib.sh: Exec format error (built for another kernel, or no module)' \
		'unknown: no module: one line'
	selftest --module $ko --emulate nonsense
	is "$rc" 3 'unknown: a mode that there is not: exit status 3'
	like "$err" 'cannot insert .*the kernel log says why' 'unknown: and where to look'
	selftest
	is "$rc" 3 'unknown: no module anywhere: exit status 3'
	like "$err" 'neither loaded nor installed' 'unknown: says so'
}

echo 'selftest-test: mark' >/dev/kmsg
for section; do
	"section_$section"
done
is "$(dmesg_splats)" '' 'no splat in the kernel log'
done_testing
