#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scripts/bench has measured of cocobox: lines "KEY VALUE" on stdout, one for each round.
#
# Usage: box_guest.sh ROUNDS SECONDS COCOBOX KERNEL INITRD    (where KVM is, a nested one mostly)
#
# SECONDS: how long random reads of the disk go on.

rounds=$1
seconds=$2
cocobox=$3
kernel=$4
initrd=$5
tmp=$(mktemp -d /tmp/boxbench.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 143' INT TERM

die() {
	echo "bench: cocobox: $*: $(cat "$tmp/err")" >&2
	exit 1
}

# seconds since boot, to a hundredth
now() {
	cut -d' ' -f1 /proc/uptime
}

# Instead of this shell, so that its process is known: in the background or at the head of a pipe.
box() {
	exec "$cocobox" run --kernel "$kernel" --initrd "$initrd" --append quiet --timeout 300s --console "$tmp/console" \
		--referee "$tmp/account" "$@"
}

# From exec to the first word of a program that init started.
boot() {
	began=$(now)
	box --exec 'echo up' </dev/null 2>"$tmp/err" | {
		read -r line
		echo "$line $began $(now)"
		cat >/dev/null
	} >"$tmp/up"
	awk '$1 == "up" { print "box_boot", $3 - $2; found = 1 } END { exit !found }' "$tmp/up" || die 'it did not boot'
}

# KiB of the process that are not the guest's, whose memory is a memfd.  (What proc/PID/status tells apart is no help
# where the program itself is in a memory file system.)
memory() {
	grep -q '^Name:.cocobox$' "/proc/$1/status" || return 0
	awk '/^[0-9a-f]+-[0-9a-f]+ / { is_guest = /\/memfd:/ } /^Rss:/ && !is_guest { n += $2 } END { print "box_rss", n }' \
		"/proc/$1/smaps"
}

# With all that a run can have: disk, network, the referee's account.
load() {
	dd if=/dev/zero of="$tmp/disk" bs=1M count=16 2>/dev/null
	mkfifo "$tmp/said"
	box --disk "$tmp/disk" --net --exec "ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
		stamps write /dev/sda 6 && stamps read /dev/sda 6 $seconds
		ping -c 3 10.0.5.1 >/dev/null && echo loaded; sleep 2" </dev/null >"$tmp/said" 2>"$tmp/err" &
	pid=$!
	while read -r first rest; do
		case $rest in
		'reads, '*)
			rest=${rest#reads, }
			echo "box_reads ${rest%% *}"
			;;
		esac
		[ "$first" != loaded ] || memory $pid
	done <"$tmp/said" >"$tmp/values"
	wait $pid
	rm "$tmp/said"
	[ "$(wc -l <"$tmp/values")" -eq 2 ] || die 'the load did not run to its end'
	cat "$tmp/values"
}

round=0
while [ "$round" -lt "$rounds" ]; do
	boot
	load
	round=$((round + 1))
done
