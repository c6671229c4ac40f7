#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine does whose boot tests/module/stress.long.t asks for: random orders for the
# module, from many workers on all CPUs, while it is taken out and put in again at any moment, memory
# is short, and allocations fail.  TAP on stdout.
#
# Usage: guest.sh SEED SECONDS    (in the machine, with /tests/lib.sh, cocowatch and /modules/cocovm.ko)
#
# Some functions are called by wait_for and ok:
# shellcheck disable=SC2317,SC2034

TOP=/
. /tests/lib.sh

ko=/modules/cocovm.ko
seed=$1
seconds=$2

cocovm() {
	echo "$*" >/dev/cocovm
}

counter() {
	sed -n "s/^$1=//p" /dev/cocovm
}

nothing_runs() {
	[ "$(counter running)" = 0 ]
}

dmesg_splats() {
	dmesg | sed -n '/stress-test: mark$/,$p' | grep -E 'WARNING:|BUG:|Oops|general protection|lockup|rcu.*stall|Bad page|blocked for more than' | head -n 5
}

# What of the module is in the kernel: threads, its slab cache, areas (after rmmod their caller has no name).
module_left() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep '^cocovm/'
	grep cocovm /proc/slabinfo
	awk '/\[cocovm\]/ || $3 ~ /^0x/' /proc/vmallocinfo
}

# Orders for the module, one a line, from the seed and the catalogue: the same for the same.
orders() {
	sed -n 's/^scenario \([a-z0-9-]*\) rule=[A-Z0-9-]* twin=\([01]\).*/\1 \2/p' /dev/cocovm |
		awk -v seed="$seed" '
		{ name[NR] = $1; twin[NR] = $2 }
		function some(n) { return int(rand() * n) }
		END {
			srand(seed)
			for (i = 0; i < 20000; i++) {
				what = some(100)
				k = 1 + some(NR)
				if (what < 78) {
					honest = !twin[k] || some(2) ? " honest" : ""
					keep = some(4) ? "" : " keep=1"
					print "start" honest " " name[k] " loops=" 1 + some(12) " workers=" 1 + some(6) keep
				} else if (what < 84) {
					print "restore"
				} else if (what < 88) {
					print "announce"
				} else if (what < 92) {
					print "stop"
				} else if (what < 95) {
					print "fail " 1 + some(60)
				} else if (what < 97) {
					print "memory"
				} else {
					print "reload"
				}
			}
		}'
}

# Memory is short while this file is there; the kernel may kill what holds it, and nothing else.
memory_toggle() {
	if [ -e /tmp/fill/zeroes ]; then
		rm -f /tmp/fill/zeroes
	else
		free_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
		dd if=/dev/zero of=/tmp/fill/zeroes bs=1M count=$((free_kib / 1024 - 40)) 2>/dev/null
	fi
}

# At any moment, whatever runs; not while a probe holds it.
reload() {
	wait_for 60 rmmod cocovm 2>/dev/null || echo "rmmod" >>/tmp/wrong
	left=$(module_left)
	[ -z "$left" ] || echo "left: $left" >>/tmp/wrong
	insmod $ko 2>/dev/null || {
		# half of what is free is more than there is
		rm -f /tmp/fill/zeroes
		insmod $ko || echo "insmod" >>/tmp/wrong
	}
}

# Refusals are no errors: what is short is refused.
order() {
	case $1 in
	memory) memory_toggle ;;
	reload) reload ;;
	*) cocovm "$@" 2>/dev/null ;;
	esac
}

uptime_s() {
	cut -d. -f1 /proc/uptime
}

# stress SECONDS [WITHOUT]: orders for so long, but for one kind.
stress() {
	nr=0
	until=$(($(uptime_s) + $1))
	while read -r line; do
		[ "$(uptime_s)" -lt $until ] || break
		[ "${line%% *}" != "${2:-}" ] || continue
		# shellcheck disable=SC2086 # words
		order $line
		nr=$((nr + 1))
	done </tmp/orders
	rm -f /tmp/fill/zeroes
	diag "$nr orders"
}

# "STATE FRAMES" of a session's state map, for each state but private: two bits a frame, so that a digit has two.
states_known() {
	bpftool map dump name cw_pages | sed -n 's/.*"value": \([1-9][0-9]*\).*/\1/p' |
		while read -r word; do printf '%x' "$word"; done | grep -o . |
		sed 's/0//; s/4/1/; s/8/2/; s/c/3/; s/5/1 1/; s/6/1 2/; s/7/1 3/; s/9/2 1/; s/a/2 2/; s/b/2 3/; s/d/3 1/; s/e/3 2/; s/f/3 3/' |
		tr ' ' '\n' | grep . | sort | uniq -c | awk '{ print $2, $1 }'
}

is_watching() {
	grep -q '"type":"session"' /tmp/w.ndjson 2>/dev/null
}

settle() {
	cocovm stop
	wait_for 60 nothing_runs
	cocovm fail 0 2>/dev/null
	cocovm restore
}

# Writes to nearly every free page; one that was left not present ends the machine.
memory_fill() {
	free_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	dd if=/dev/zero of=/tmp/fill/zeroes bs=1M count=$((free_kib / 1024 - 60)) 2>/dev/null
	fill_rc=$?
	rm -f /tmp/fill/zeroes
	return "$fill_rc"
}

#---------------------------------------------------------------------------------------------

echo 'stress-test: mark' >/dev/kmsg
mkdir -p /tmp/fill
mount -t tmpfs -o size=95% fill /tmp/fill
insmod $ko
orders >/tmp/orders
: >/tmp/wrong
is "$(wc -l </tmp/orders)" 20000 "orders from seed $seed"
stress $((seconds * 2 / 3))
is "$(cat /tmp/wrong)" '' 'unloaded at any moment: nothing of the module is left'
ok 'everything comes to its end' settle
is "$(counter withheld)" 0 'no page is withheld after restore'
# of those who misbehave it has seen some
bad=$(counter host_bad)
for name in plain freed-shared net disk pci; do
	ok "$name works afterwards" cocovm honest $name loops=2
done
is "$(counter host_bad)" "$bad" 'and the host sees no bad request any more'

# And watched: what is judged then is another matter, but the machine must stand it.
cocowatch watch --slow-limit 60s -o ndjson=/tmp/w.ndjson -o text=/dev/null 2>/tmp/w.err &
watch_pid=$!
ok 'a session begins' wait_for 120 is_watching
# state 2 is shared: the pages of hypercalls that go past the paravisor, one for each CPU
is "$(states_known)" "2 $(grep -c ^processor /proc/cpuinfo)" 'it finds every other page private, in both mappings'
stress $((seconds / 3)) reload
ok 'everything comes to its end, watched' settle
kill -INT $watch_pid
rc=0
wait $watch_pid || rc=$?
ok "the session ends with a verdict ($rc)" test "$rc" = 1 -o "$rc" = 3
is "$(counter withheld)" 0 'no page is withheld then either'
ok 'rmmod' wait_for 60 rmmod cocovm
is "$(module_left)" '' 'nothing of the module is left'
ok 'all memory can be written' memory_fill
is "$(dmesg_splats)" '' 'no splat in the kernel log'
done_testing
