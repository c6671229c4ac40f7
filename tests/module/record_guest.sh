#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine of record.t records: into /out, with the exit status of each session and what it
# said live beside it.
#
# Usage: record_guest.sh    (in the machine, with cocowatch and /modules/cocovm.ko)

slow=20s

# until_watching NAME: the session has begun
until_watching() {
	i=0
	until grep -q '"type":"session"' /out/"$1".ndjson 2>/dev/null || [ $i = 600 ]; do
		sleep 0.1
		i=$((i + 1))
	done
}

# session NAME OPTION... [-- COMMAND]: NAME.ccw, NAME.ndjson, NAME.txt, NAME.rc
session() {
	name=$1
	shift
	rc=0
	cocowatch record --slow-limit $slow -o /out/"$name".ccw -o ndjson=/out/"$name".ndjson \
		-o text=/out/"$name".txt "$@" 2>/out/"$name".err || rc=$?
	echo $rc >/out/"$name".rc
}

insmod /modules/cocovm.ko || exit 1
mkdir -p /out

# shellcheck disable=SC2016 # for that shell to expand
session honest -- sh -c 'for s in plain freed-shared window-present overlap; do
	echo honest $s loops=3 >/dev/cocovm; done'

# every scenario that misbehaves, one after the other
sed -n 's/^scenario \([a-z-]*\) rule=.* twin=1.*/\1/p' /dev/cocovm >/tmp/scenarios
# shellcheck disable=SC2016 # for that shell to expand
session misbehave -- sh -c 'while read -r s; do echo run $s >/dev/cocovm; done </tmp/scenarios'

session addresses --include-addresses -- sh -c 'echo run wrong-bit >/dev/cocovm'

# shellcheck disable=SC2016 # for that shell to expand
session load -- sh -c 'for s in plain freed-shared hidden-failure; do
	echo start honest $s loops=0 workers=2 >/dev/cocovm; done; sleep 10; echo stop >/dev/cocovm'

# killed in the middle
cocowatch record --slow-limit $slow -o /out/killed.ccw -o ndjson=/out/killed.ndjson 2>/out/killed.err &
pid=$!
until_watching killed
echo honest plain loops=200 >/dev/cocovm
sleep 3
kill -KILL $pid
wait $pid

# a disk that is full
mkdir /small
mount -t tmpfs -o size=400k tmpfs /small
rc=0
cocowatch record --slow-limit $slow -o /small/full.ccw -o text=/out/full.txt -- \
	sh -c 'echo honest freed-shared >/dev/cocovm; echo honest plain pages=1 loops=6000 >/dev/cocovm' 2>/out/full.err || rc=$?
echo $rc >/out/full.rc
rc=0
cocowatch replay -o text=/out/full.replayed /small/full.ccw 2>/out/full.replay_err || rc=$?
echo $rc >/out/full.replay_rc

# the same, with a violation in it: the command runs to its end
mount -t tmpfs -o size=400k tmpfs /small
rc=0
cocowatch record --slow-limit $slow -o /small/full.ccw -o text=/out/full_violated.txt -- \
	sh -c 'echo run wrong-bit >/dev/cocovm; echo honest plain pages=1 loops=6000 >/dev/cocovm; echo ended >/out/full_violated.command' \
	2>/out/full_violated.err || rc=$?
echo $rc >/out/full_violated.rc

# the flight recorder: a violation, a signal, and its memory under load
mkdir /out/flight
cocowatch record --slow-limit $slow --last 5s -o /out/flight -o ndjson=/out/flight.ndjson 2>/out/flight.err &
pid=$!
until_watching flight
echo start honest plain loops=0 workers=1 >/dev/cocovm
sleep 12
kill -USR1 $pid
sleep 2
echo run wrong-bit >/dev/cocovm
sleep 6
echo stop >/dev/cocovm
sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$pid/status >/out/flight.rss
kill -INT $pid
rc=0
wait $pid || rc=$?
echo $rc >/out/flight.rc

# the history as a reaction: at once, although it is a long one and was written just now
mkdir /out/react
cocowatch record --slow-limit $slow --last 60s --on T3=snapshot -o /out/react -o ndjson=/out/react.ndjson \
	-o text=/out/react.txt 2>/out/react.err &
pid=$!
until_watching react
# Machines are slow: each is given 20 seconds, of the 60 after which a history would be written anyway.
for nr in 1 2; do
	echo run wrong-bit >/dev/cocovm
	i=0
	while [ "$(find /out/react -name '*.ccw' | wc -l)" -lt $nr ] && [ $i -lt 20 ]; do
		sleep 1
		i=$((i + 1))
	done
done
find /out/react -name '*.ccw' | wc -l >/out/react.nr
kill -INT $pid
wait $pid
rmmod cocovm
