#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The part of cocosnoop.long.t in the machine: runs sessions of cocosnoop and leaves what each said
# in /out/NAME.out, NAME.err and NAME.rc.  The test judges it.
#
# Usage: cocosnoop_guest.sh    (with /modules/cocovm.ko and /modules/caller.ko)

TOP=/
. /tests/lib.sh

trace=/sys/kernel/tracing

# The heading comes once everything is attached; a session that cannot watch ends.
has_begun() {
	[ -s "/out/$name.out" ] || ! kill -0 "$pid" 2>/dev/null
}

# start NAME [OPTION]...
start() {
	name=$1
	shift
	cocosnoop "$@" >"/out/$name.out" 2>"/out/$name.err" &
	pid=$!
	wait_for 200 has_begun
}

# stop [SIGNAL]: or, without one, waits for its own end.
stop() {
	rc=0
	[ -z "${1:-}" ] || kill -"$1" "$pid"
	wait "$pid" || rc=$?
	echo $rc >"/out/$name.rc"
}

cocovm() {
	echo "$*" >/dev/cocovm
}

# kernels without BTF are what it is for
mount -t tmpfs none /sys/kernel/btf
ls /sys/kernel/btf >/out/btf

start absent --source module
stop

insmod /modules/cocovm.ko
start plain
echo 1 >$trace/events/cocovm/cocovm_transition_end/enable
cocovm honest plain loops=2
cocovm run wrong-bit
echo 0 >$trace/events/cocovm/cocovm_transition_end/enable
stop INT
grep -o 'gfn=.*' $trace/trace >/out/plain.trace

start failed -e -s -S
cocovm honest plain
cocovm honest hidden-failure
stop TERM

# More than its rings hold, while it sleeps.  Written by another process: the shell is interrupted
# by the stop of its child, and would do it twice.
start lost
cocovm run never-finished
kill -STOP "$pid"
sh -c 'echo honest plain pages=1 loops=1500 >/dev/cocovm'
kill -CONT "$pid"
stop INT

start none --source kprobe -d 3
cocovm honest plain
stop

rc=0
cocosnoop --source kprobe >/dev/full 2>/out/full.err || rc=$?
echo $rc >/out/full.rc

mkfifo /tmp/go
sh -c 'read -r _ </tmp/go; exec insmod /modules/caller.ko' &
caller=$!
echo $caller >/out/caller.pid
start caller --source kprobe -p $caller -c 2
echo >/tmp/go
wait $caller
stop
dmesg | sed -n 's/.*caller: frame //p' >/out/caller.frame

rmmod cocovm
echo $? >/out/rmmod.rc
