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

# shellcheck disable=SC2016 # expanded in the guest
# Neither a disk nor a network that hangs keeps the guest from its end.
hosts_exec='( stamps write /dev/sda 6 && stamps read /dev/sda 6 1 && echo "disk works"; : >/tmp/disk.done ) &
	( ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
	ping -c 2 -W 5 10.0.5.1 && echoes tcp 10.0.5.1 1 && echo "net works"; : >/tmp/net.done ) &
	n=0
	while [ ! -e /tmp/disk.done -o ! -e /tmp/net.done ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done
	exit 42'

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

# The words of the table's last column that hold for a run.
hosts_shows() {
	local shows=

	[ "$(box_findings "$1")" = "$(box_known_findings "$1")" ] || shows=finding
	[ -z "$(box_splats "$1")" ] || shows+=${shows:+,}warning
	echo "${shows:--}"
}

# Under one host two ends are possible, whatever the table says.  __vmbus_open() of 6.12 sets the callback of a channel
# before it has its ring: with an event flag in between, hv_pkt_iter_first() takes a null pointer.
hosts_is_race() {
	[ "$1" = flags-all ] || return 1
	case $(hosts_outcome "$2"),$(hosts_shows "$2") in
	works,-) ;;
	stops,warning) box_console "$2" | grep -q 'RIP: .*hv_pkt_iter_first' ;;
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
		box_run "$box_name.$name" --host "$name" --disk /tmp/disk --net --timeout 120s -- "$hosts_exec"
	done
	box_go 1200
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
