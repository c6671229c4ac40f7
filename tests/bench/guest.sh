#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine does that scripts/bench boots: lines "KEY VALUE" on stdout, one for each round.
# The two sides of a ratio are measured one right after the other, in every round.
#
# Usage: guest.sh ROUNDS MS    (in the machine; MS: how long one timed loop lasts at least)

rounds=$1
ms=$2
nd=/tmp/w.ndjson
stats=/proc/sys/kernel/bpf_stats_enabled

die() {
	echo "bench: in the machine: $*" >&2
	exit 1
}

# value KEY COMMAND...
value() {
	key=$1
	shift
	got=$("$@") || die "$key could not be measured: $(cat /tmp/w.err)"
	echo "$key $got"
}

# Sizes: one page, few, and more than the 510 frames of one hypercall.
load() {
	value "trans_1_$1" gauge plain 1 "$ms"
	value "trans_16_$1" gauge plain 16 "$ms"
	value "trans_512_$1" gauge plain 512 "$ms"
	value "exit_$1" gauge spawn "$ms" /bin/true
}

# software emulation stretches time: a transition is slow after 20 s, not after one
watch_start() {
	rm -f $nd
	gauge stamp /tmp/stamp cocowatch watch --slow-limit 20s -o ndjson=$nd -o text=/dev/null \
		2>/tmp/w.err &
	watch_pid=$!
	value attach gauge since /tmp/stamp $nd '"type":"session"' $watch_pid
}

watch_stop() {
	kill -INT $watch_pid
	rc=0
	wait $watch_pid || rc=$?
	lost=$(sed -n 's/.*"losses":\[\([^]]*\)\].*/\1/p' $nd | grep -o '"count":[0-9]*' |
		awk -F: '{ n += $2 } END { print n + 0 }')
	echo "watch_lost $lost"
	# nothing was wrong, or the only trouble is what was counted as lost
	[ $rc -eq 0 ] || { [ $rc -eq 3 ] && [ "$lost" -gt 0 ]; } ||
		die "cocowatch watch ended with $rc: $(cat /tmp/w.err)"
}

# In KiB, from the kernel: after the load, so that what a session needs has been touched.
memory() {
	for field in VmRSS VmHWM; do
		echo "$field $(sed -n "s/^$field:[^0-9]*\([0-9]*\) kB/\1/p" /proc/$watch_pid/status)"
	done
	gauge maps | awk '{ if ($1 == "cw_pages") state += $2; else other += $2 }
		END { print "maps_state", state; print "maps_other", other }'
}

# CPU time in ms of a session to which nothing happens for a minute.
idle() {
	before=$(cut -d ' ' -f 1 /proc/$watch_pid/schedstat)
	sleep 60
	echo "idle_cpu $(($(cut -d ' ' -f 1 /proc/$watch_pid/schedstat) - before))" | awk '{ print $1, $2 / 1e6 }'
}

# Everything that runs a probe.  Counting run times costs time, so that nothing else is timed here.
# A run time has the interrupts in it that came meanwhile, the wake-up of the reader among them.
programs() {
	echo 1 >$stats
	for command in 'honest plain pages=16 loops=20' 'honest zeropad loops=20' \
		'honest failing-steps loops=4' announce; do
		echo "$command" >/dev/cocovm || die "cocovm refuses: $command"
	done
	gauge spawn 100 /bin/true >/dev/null
	gauge progs >/tmp/progs || die 'the programs have no figures'
	echo 0 >$stats
	awk '$2 { print "run." $1, $3 / $2 } { print "insns." $1, $4 }' /tmp/progs
}

# From a violation to its line, as whoever reads a pipe sees it: the longest of ten, at any time of the
# loop that reads the ring.
line_age() {
	rm -f $nd
	mkfifo /tmp/lines
	gauge age </tmp/lines >/tmp/age &
	age_pid=$!
	cocowatch watch --slow-limit 20s -o ndjson -o text=$nd >/tmp/lines 2>/tmp/w.err &
	watch_pid=$!
	tries=600
	until grep -q '^watching' $nd 2>/dev/null || [ $tries -eq 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	for pause in 0.11 0.23 0.17 0.31 0.13 0.29 0.19 0.37 0.21 0.27; do
		echo run wrong-bit >/dev/cocovm
		sleep $pause
	done
	kill -INT $watch_pid
	wait $watch_pid
	wait $age_pid || die "no violation was seen: $(cat /tmp/w.err)"
	rm /tmp/lines
	echo "line_age $(cat /tmp/age)"
}

# module_swap KO: another build of the module in place of what there is.
module_swap() {
	[ ! -e /dev/cocovm ] || rmmod cocovm || die 'cocovm.ko could not be removed'
	insmod "$1" || die "$1 could not be inserted"
}

module_swap /modules/cocovm.ko
echo "accel_$COCOVM_ACCEL 1"
: >/tmp/w.err
round=0
while [ $round -lt "$rounds" ]; do
	module_swap /bench/cocovm_notrace.ko
	value trans_1_bare gauge plain 1 "$ms"
	module_swap /modules/cocovm.ko
	load off
	watch_start
	[ $round -gt 0 ] || idle
	load on
	memory
	programs
	watch_stop
	line_age
	round=$((round + 1))
done
