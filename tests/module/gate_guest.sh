#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine of gate_outputs.t does: sessions under gate, with every output in /out.
# "NAME STATUS" of each on stdout; the files are looked at outside.
#
# Usage: gate_guest.sh sessions|panic    (in the machine, with cocowatch and /modules/cocovm.ko)

bad='echo run wrong-bit >/dev/cocovm; echo honest freed-shared >/dev/cocovm; echo honest plain >/dev/cocovm'
good='echo honest freed-shared >/dev/cocovm; echo honest plain >/dev/cocovm'
# software emulation stretches time: a transition is slow after 20 s, not after one
slow=20s

# policy NAME: from stdin
policy() {
	{
		echo 'version: 1'
		cat
	} >"/out/$1.yaml"
}

# session NAME OPTION... -- COMMAND
session() {
	name=$1
	shift
	cocowatch gate --slow-limit $slow -o "text=/out/$name.txt" -o "ndjson=/out/$name.ndjson" -o "junit=/out/$name.xml" \
		-o "tap=/out/$name.tap" -o "sarif=/out/$name.sarif" "$@" 2>"/out/$name.err"
	echo "$name $?"
}

sessions() {
	session bad -- sh -c "$bad"
	session good -- sh -c "$good"

	printf 'waivers:\n  - {rule: T3, finding: end_own_bit, reason: "ticket <1>", expires: 2999-12-31}\n  - %s\n' \
		'{rule: T3, finding: end_alias_bit, reason: "ticket <1>"}' | policy waived
	session waived --policy /out/waived.yaml -- sh -c "$bad"
	printf 'waivers: [{rule: T3, function: no_such_function, reason: elsewhere}]\n' | policy elsewhere
	session elsewhere --policy /out/elsewhere.yaml -- sh -c "$bad"
	printf 'waivers: [{rule: T3, function: kthread, reason: from a thread}]\n' | policy function
	session function --policy /out/function.yaml -- sh -c "$bad"
	printf 'waivers: [{rule: T3, reason: old, expires: 2020-02-29}]\n' | policy expired
	session expired --policy /out/expired.yaml -- sh -c "$good"
	printf 'rules: {T3: warning}\n' | policy warning
	session warning --policy /out/warning.yaml -- sh -c "$bad"
	printf 'rules: {T3: off}\n' | policy off
	session off --policy /out/off.yaml -- sh -c "$bad"
	printf 'require: {T1: 1000000}\n' | policy required
	session required --policy /out/required.yaml -- sh -c "$good"

	session stopped --on T3=stop -- sh -c "$bad; sleep 300"
	session limited --for 3s -- sh -c "$good; sleep 300"
	session timed --for 1s
	printf '#!/bin/sh\ncat >/out/told.new\nmv /out/told.new /out/told.json\n' >/tmp/tell
	chmod 755 /tmp/tell
	printf 'reactions:\n  - {rule: T3, action: exec, program: /tmp/tell}\n' | policy told
	session told --policy /out/told.yaml -- sh -c "$bad; sleep 2"
	session untold --policy /out/told.yaml -- sh -c "$good"
}

insmod /modules/cocovm.ko
case $1 in
sessions) sessions ;;
panic)
	# said on the console before the machine goes
	cocowatch gate --slow-limit $slow --on T3=panic --allow-panic -o text -- sh -c "$good; $bad; sleep 60"
	echo "alive"
	;;
esac
