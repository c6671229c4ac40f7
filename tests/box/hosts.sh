# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a guest that uses disk and network under hosts that lie, and compares what came of it with what
# `cocobox list --plain` says.
#
# Usage: . hosts.sh
#        hosts_run NAME...     eight hosts to a machine
#        hosts_elsewhere       from now on the kernel is another than the table speaks of

. "$(dirname "${BASH_SOURCE[0]}")/box.sh"

hosts_table=$("$COCOBOX" list --plain)
hosts_kernel=told
[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || hosts_kernel=other

hosts_elsewhere() {
	hosts_kernel=other
}

# What the table says of a host decides how long a run may take: a busy machine must not make works into degraded, nor
# that into stops.
hosts_patience() {
	case $(hosts_column "$1" 3) in
	works) echo 1200 ;;
	*) echo 300 ;;
	esac
}

hosts_timeout() {
	case $(hosts_column "$1" 3) in
	stops) echo 120s ;;
	*) echo 300s ;;
	esac
}

# shellcheck disable=SC2016 # expanded in the guest
# Neither a disk nor a network that hangs keeps the guest from its end.
hosts_exec='( stamps write /dev/sda 6 && stamps read /dev/sda 6 1 && echo "disk works"; : >/tmp/disk.done ) &
	( ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
	ping -c 2 -W 5 10.0.5.1 && echoes tcp 10.0.5.1 1 && echo "net works"; : >/tmp/net.done ) &
	n=0
	while [ ! -e /tmp/disk.done -o ! -e /tmp/net.done ] && [ $n -lt $patience ]; do sleep 0.1; n=$((n + 1)); done
	exit 42'

# What the guest runs under that host.  Frames are taken back when a driver goes, which is what two of them wait for.
hosts_exec_under() {
	case $1 in
	refuse-to-private | again-torndown) echo 'rmmod hv_utils' ;;
	esac
	echo "$box_checksums"
	echo "patience=$(hosts_patience "$1")"
	echo "$hosts_exec"
}

# hosts_column NAME N
hosts_column() {
	awk -F '\t' -v name="$1" -v n="$2" '$1 == name { print $n }' <<<"$hosts_table"
}

# One word: what the guest made of it.
hosts_outcome() {
	case $(box_rc "$1") in
	42)
		if box_out "$1" | grep -q '^disk works' && box_out "$1" | grep -q '^net works'; then
			echo works
		else
			echo degraded
		fi
		;;
	121 | 122 | 124) echo stops ;;
	*) echo "ends with $(box_rc "$1")" ;;
	esac
}

# What its kernel warned of.  One that hangs until its time is over may or may not notice that it does.
hosts_splats() {
	if [ "$(box_rc "$1")" = 124 ]; then
		box_splats "$1" | grep -v -E 'stall|blocked for more|Call Trace:' || true
	else
		box_splats "$1"
	fi
}

# The words of the table's last column that hold for a run.
hosts_shows() {
	local shows=

	[ "$(box_findings "$1")" = "$(box_known_findings "$1")" ] || shows=finding
	[ -z "$(hosts_splats "$1")" ] || shows+=${shows:+,}warning
	echo "${shows:--}"
}

# Under some hosts more than one end is possible, whatever the table says.
hosts_is_race() {
	case $1:$(hosts_outcome "$2"),$(hosts_shows "$2") in
	# __vmbus_open() of 6.12 sets the callback of a channel before it has its ring: with an event flag in between,
	# hv_pkt_iter_first() takes a null pointer
	flags-all:works,-) ;;
	flags-all:stops,warning) box_console "$2" | grep -q 'RIP: .*hv_pkt_iter_first' ;;
	# what it reads of a disk through private buffers is not what the host wrote: how many disks it sees, and looks
	# at one after the other, is chance
	refuse-first:degraded,finding,warning | refuse-first:stops,finding,warning) ;;
	# the more it transfers, the further it comes in the bounce buffers, at last to those that stayed private
	refuse-tenth:works,warning | refuse-tenth:degraded,finding,warning) ;;
	# the next packet sets the index right: it may come before the guest looks
	index-write-net:works,- | index-write-net:degraded,- | index-write-net:stops,-) ;;
	*) return 1 ;;
	esac
}

hosts_judge() {
	local name=$1 run=$2 outcome

	outcome=$(hosts_outcome "$run")
	if hosts_is_race "$name" "$run"; then
		pass "$run: the guest wins a race, or loses it as it is known to"
	elif [ $hosts_kernel = told ]; then
		is "$outcome" "$(hosts_column "$name" 3)" "$run: the guest does what the table says"
		is "$(hosts_shows "$run")" "$(hosts_column "$name" 4)" "$run: warnings and findings are the table's"
	else
		like "$outcome" '^(works|degraded|stops)$' "$run: the guest stays up or stops in order"
	fi
	if [ "$name" = honest ]; then
		is "$(box_field "$run" summary hostile_deeds)" 0 "$run: the account has no deed"
	else
		like "$(box_field "$run" summary hostile_deeds)" '^[1-9]' "$run: the account counts the deeds"
		like "$(box_referee "$run" note)" "\"what\":\"hostile\",\"detail\":\"$name\"" "$run: and names them"
	fi
	diag "$run: $outcome, $(hosts_shows "$run"), $(box_seconds "$run") s"
}

hosts_batch() {
	local name

	for name in "$@"; do
		box_sh "$box_name.$name.disk" 'dd if=/dev/zero of=/tmp/disk bs=1M count=1'
		box_run "$box_name.$name" --host "$name" --disk /tmp/disk --net --timeout "$(hosts_timeout "$name")" -- \
			"$(hosts_exec_under "$name")"
	done
	box_go 2700
	for name in "$@"; do
		hosts_judge "$name" "$box_name.$name"
	done
}

hosts_run() {
	while [ $# -gt 8 ]; do
		hosts_batch "${@:1:8}"
		shift 8
	done
	hosts_batch "$@"
}
