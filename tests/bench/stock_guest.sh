#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scripts/bench measures in a stock kernel that cocobox boots as a confidential VM: lines "KEY
# VALUE" on stdout, one for each round.  In each round come cocowatch with all that its profiles check
# (all) and with what its peers check (cw), a bpftrace script (bt) and a bcc program (bcc), and right
# after each the same load without a watcher (off.all, off.cw, off.bt, off.bcc).
#
# Usage: stock_guest.sh ROUNDS MS NR    (in the guest, with --net; MS: how long one timed loop lasts
#                                        at least; NR: loops under the kernel's own statistics)

rounds=$1
ms=$2
nr=$3
here=/bench
echo_at=10.0.5.1
stats=/proc/sys/kernel/bpf_stats_enabled
nd=/tmp/w.ndjson

die() {
	echo "bench: in the guest: $*" >&2
	exit 1
}

# value KEY COMMAND...
value() {
	key=$1
	shift
	got=$("$@") || die "$key could not be measured"
	echo "$key $got"
}

#--- the watchers: WHO_start (of cocowatch with the profile), WHO_stop, WHO_has_found RULE

# policy FILE RULE...: all other rules are off.
policy() {
	file=$1
	shift
	{
		printf 'version: 1\nrules:\n'
		cocowatch rules -o ndjson |
			awk -F'"' -v kept=" $* " '!index(kept, " " $8 " ") { print "  " $8 ": off" }'
	} >"$file"
}

# cocowatch_start PROFILE POLICY.  Software emulation stretches time: a transition is slow after 100 s,
# not after one.
cocowatch_start() {
	rm -f $nd
	# bcc's are there all the time
	maps_before=$(gauge maps | awk '{ n += $2 } END { print n + 0 }')
	gauge stamp /tmp/stamp cocowatch watch --profile "$1" --policy "$2" --slow-limit 100s -o ndjson=$nd \
		-o text=/dev/null 2>/tmp/cw.err &
	cw_pid=$!
	gauge since /tmp/stamp $nd '"type":"session"' $cw_pid >/tmp/attached ||
		die "cocowatch did not attach: $(cat /tmp/cw.err)"
}

all_start() {
	cocowatch_start "$1" /tmp/all.yaml
	echo "s_attach_$1 $(cat /tmp/attached)"
}

cw_start() {
	cocowatch_start "$1" "/tmp/same_$1.yaml"
}

# cocowatch_stop WHO.  What an unmodified 6.12 does wrong (Z3) it may report.
cocowatch_stop() {
	kill -INT "$cw_pid"
	rc=0
	wait "$cw_pid" || rc=$?
	[ $rc -le 1 ] || [ $rc -eq 3 ] || die "cocowatch ended with $rc: $(cat /tmp/cw.err)"
	echo "s_lost_$1 $(sed -n 's/.*"losses":\[\([^]]*\)\].*/\1/p' $nd | grep -o '"count":[0-9]*' |
		awk -F: '{ n += $2 } END { print n + 0 }')"
}

all_stop() {
	cocowatch_stop all
}

cw_stop() {
	cocowatch_stop cw
}

cw_has_found() {
	grep -q "^{\"type\":\"violation\".*\"rule\":\"$1\"" $nd
}

bt_start() {
	BPFTRACE_MAP_KEYS_MAX=65536 bpftrace $here/peer.bt >/tmp/bt.out 2>/tmp/bt.err &
	bt_pid=$!
	while ! grep -q '^ready' /tmp/bt.out; do
		kill -0 "$bt_pid" 2>/dev/null || die "bpftrace ended: $(cat /tmp/bt.err)"
		sleep 0.2
	done
}

bt_stop() {
	kill -INT "$bt_pid"
	wait "$bt_pid" || die "bpftrace ended with $?: $(cat /tmp/bt.err)"
	awk '/^Lost [0-9]+ events/ { n += $2 } END { print "s_lost_bt", n + 0 }' /tmp/bt.out /tmp/bt.err
}

bt_has_found() {
	grep -q "^violation $1" /tmp/bt.out
}

# Compiled once, since its author need not wait for it in every round; bpftrace offers no such way.
bcc_prepare() {
	mkfifo /tmp/bcc.in /tmp/bcc.out
	python3 $here/peer_bcc.py $here/cocosnoop </tmp/bcc.in >/tmp/bcc.out 2>/tmp/bcc.err &
	# shellcheck disable=SC2034 # for memory
	bcc_pid=$!
	exec 3>/tmp/bcc.in 4</tmp/bcc.out
	bcc_answer >/tmp/bcc.count || die "bcc: $(cat /tmp/bcc.err)"
}

# Its lines up to "ok".
bcc_answer() {
	while read -r line <&4; do
		[ "$line" != ok ] || return 0
		echo "$line"
	done
	return 1
}

bcc_say() {
	echo "$1" >&3
	bcc_answer >/tmp/bcc.count || die "bcc: $(cat /tmp/bcc.err)"
}

bcc_start() {
	bcc_say on
}

bcc_stop() {
	bcc_say off
	bcc_say count
	echo "s_lost_bcc $(grep -c '^Possibly lost' /tmp/bcc.err)"
}

bcc_has_found() {
	bcc_say count
	grep -q "^violation $1" /tmp/bcc.err
}

#--- what is measured of each ---------------------------------------------------------------------

# load_pages WHO, load_io WHO
load_pages() {
	value "s_conv_1_$1" gauge convert 1 "$ms"
	value "s_conv_16_$1" gauge convert 16 "$ms"
	value "s_exit_$1" gauge spawn "$ms" /bin/true
}

load_io() {
	value "s_packet_$1" gauge packets $echo_at "$ms"
}

# stats_of WHAT COMMAND...: RUNS and NANOSECONDS of each program during the command.  Counting costs
# time itself, so that nothing is timed meanwhile.
stats_of() {
	what=$1
	shift
	gauge progs >/tmp/progs.before || die 'the programs have no figures'
	echo 1 >$stats
	"$@" >/dev/null || die "$* failed"
	echo 0 >$stats
	gauge progs >/tmp/progs.after || die 'the programs have no figures'
	awk '{ id = $1 }
		FNR == NR { runs[FNR] = $2; ns[FNR] = $3; next }
		{ print id, $2 - runs[FNR], $3 - ns[FNR], $5 }' /tmp/progs.before /tmp/progs.after >"/tmp/stats.$what"
}

# All of it that is spent for one of NR: also what the load does beside it.
stats_each() {
	awk -v key="$1" -v nr="$2" '{ ns += $3 } END { printf "%s %.1f\n", key, ns / nr }' "/tmp/stats.$3"
}

# Of the program, or the two of them, that look at page frees.
stats_free() {
	awk -v key="$1" '/page_free|mm_page/ && $2 { ns += $3; if ($2 > runs) runs = $2 }
		END { if (runs) printf "%s %.1f\n", key, ns / runs }' "/tmp/stats.$2"
}

convert() {
	echo "$1 $nr" >/sys/module/cw_convert/parameters/run
}

stats_pages() {
	stats_of conv1 convert 1
	stats_each "s_bpf_conv_1_$1" $((2 * nr)) conv1
	[ "$1" != all ] || awk '$2 { printf "s_run.%s %.1f\n", $1, $3 / $2 }' /tmp/stats.conv1
	stats_of conv16 convert 16
	stats_each "s_bpf_conv_16_$1" $((2 * nr)) conv16
	stats_of exits gauge freed $((nr / 5)) /bin/true
	stats_free "s_bpf_free_$1" exits
	awk -v key="s_missed_$1" '{ n += $4 } END { print key, n + 0 }' /tmp/stats.exits
}

stats_io() {
	stats_of packets gauge packets $echo_at "$ms"
	# per packet sent: what looks at it, by the program that sees each
	awk -v key="s_bpf_packet_$1" '/ring_write|hv_ringbuffer_w/ { ns += $3; if ($2 > runs) runs = $2 }
		END { if (runs) printf "%s %.1f\n", key, ns / runs }' /tmp/stats.packets
	awk -v key="s_bpf_io_$1" '{ ns += $3 } /ring_write|hv_ringbuffer_w/ { if ($2 > runs) runs = $2 }
		END { if (runs) printf "%s %.1f\n", key, ns / runs }' /tmp/stats.packets
}

# In KiB, after the load; of maps bytes.
memory() {
	for field in VmRSS VmHWM; do
		echo "s_${field}_$1 $(sed -n "s/^$field:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$2/status")"
	done
	[ "$1" != all ] || gauge maps | awk -v before="$maps_before" '
		{ if ($1 == "cw_pages") state += $2; else other += $2 }
		END { print "s_maps_state", state; print "s_maps_other", other - before }'
}

# Each must report what is wrong: a page freed while it is shared, and a page table that is shared.
violations() {
	missed=0
	for scenario in shared-freed:S3 page-table:S5; do
		insmod $here/cw_misuse.ko what=${scenario%:*} || die "${scenario%:*} could not be run"
		rmmod cw_misuse
		tries=0
		until "${1}_has_found" "${scenario#*:}"; do
			sleep 0.2
			tries=$((tries + 1))
			[ $tries -lt 50 ] || {
				echo "bench: $1 did not report ${scenario%:*}" >&2
				missed=$((missed + 1))
				break
			}
		done
	done
	echo "s_unseen_$1 $missed"
}

# cocowatch_round WHO: each profile in a session of its own.  The other side of each comparison comes
# last, since stopping takes a moment and starting minutes.
cocowatch_round() {
	"${1}_start" pages
	stats_pages "$1"
	memory "$1" "$cw_pid"
	[ "$1" != cw ] || [ "$round" -gt 0 ] || violations cw
	load_pages "$1"
	"${1}_stop"
	load_pages "off.$1"
	"${1}_start" io
	stats_io "$1"
	load_io "$1"
	"${1}_stop"
	load_io "off.$1"
}

# The probe of a peer on packets is nowhere near transitions and frees, so that it needs no second
# start; cocowatch's default profile has none on packets.
peer_round() {
	"${1}_start"
	stats_io "$1"
	stats_pages "$1"
	eval "memory $1 \$${1}_pid"
	[ "$round" -gt 0 ] || violations "$1"
	load_pages "$1"
	load_io "$1"
	"${1}_stop"
	load_io "off.$1"
	load_pages "off.$1"
}

mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
# shellcheck disable=SC3045 # busybox has it
ulimit -l unlimited
ip addr add 10.0.5.2/24 dev eth0
ip link set eth0 up || die 'no network'
insmod $here/cw_convert.ko || die 'cw_convert.ko could not be inserted'
bcc_prepare
echo 'version: 1' >/tmp/all.yaml
policy /tmp/same_pages.yaml T1 T2 T3 T4 T5 T6 S3 S5
policy /tmp/same_io.yaml Z1
# the first conversions split large pages of the direct map
value s_first gauge convert 16 "$ms" >/dev/null
echo "s_freed_each $(gauge freed 20 /bin/true)"
round=0
while [ $round -lt "$rounds" ]; do
	cocowatch_round all
	cocowatch_round cw
	peer_round bt
	peer_round bcc
	round=$((round + 1))
done
