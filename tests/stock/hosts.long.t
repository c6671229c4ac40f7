#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Under each host that lies: what it does is observed, what the guest must answer for is judged, an honest kernel's
# part is not taken for a violation, and what cocowatch says is shared is what the host was told.
#
# Usage: hosts.long.t [--kernel PACKAGE] [NAME]...    only these, on that kernel (default: all of them on 6.12, and one
#        of each kind on the oldest kernel and the newest)

# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$(dirname "$0")/hosts.guest:/hosts.guest" --file "$(dirname "$0")/turns.guest:/turns.guest")
. "$(dirname "$0")/stock.sh"

# What may be found of a guest, on which kernel and under which host, and the page of tests/findings that tells why.
# Leaked pages, which the host refused to share, are shared by the page tables and nobody's: a warning.
hosts_known='
kernel  host              finding            because
*       *                 Z3:tail_set        message-tail
*       index-write-disk  H3:index_used      ring-index-read
*       index-write-net   H3:index_used      ring-index-read
6.1     index-read        H3:index_used      ring-index-write
7.2     index-read        H3:index_used      ring-index-write
*       refuse-first      S6:dma_private     bounce-pool-private
*       refuse-tenth      S6:dma_private     bounce-pool-private
*       refuse-all        S4:owner_unknown   leaked
*       refuse-to-shared  S4:owner_unknown   leaked
*       refuse-monitor    S4:owner_unknown   leaked
'

# What of a host's deeds must be told, or which rule must have been exercised by them and held.  Completions of the disk
# are no rule's: storvsc looks them up by their SCSI tags, past __vmbus_request_addr_match().
hosts_wanted='
kernel  host                  what
*       refuse-ring           T4:held
*       refuse-third-ring     T4:held
*       refuse-large          T4:held
*       refuse-to-shared      T4:held
*       refuse-to-private     T4:held
*       part-failed           T4:held
*       status-garbage        T4:held
*       index-write-net       H3:index_used
*       index-write-disk      H3:index_used
*       index-own-write       H3:index_refused
6.1     index-read            H3:index_used
6.12    index-read            H3:index_refused
7.2     index-read            H3:index_used
*       length-long           H1:held
*       length-long-disk      H1:held
*       length-zero           H1:held
*       length-short          H1:held
*       length-flips          H1:held
*       complete-unknown-net  H6:completion_unknown
*       offer-unknown         H5:device_refused
*       offer-refused         H5:device_refused
'

hosts_table=$("$COCOBOX" list --plain)

hosts_column() {
	awk -F '\t' -v name="$1" -v n="$2" '$1 == name { print $n }' <<<"$hosts_table"
}

hosts_queue() {
	local name=$1 tenths=300 limit=300s module=

	case $(hosts_column "$name" 3) in
	works) tenths=1200 ;;
	stops) limit=180s ;;
	esac
	# frames are taken back when a driver goes
	case $name in
	refuse-to-private | again-torndown) module=hv_utils ;;
	# and the disk's when its first command has timed out, after three minutes
	rescind-opened) tenths=2400 limit=500s ;;
	esac
	box_sh "$box_name.$name.disk" 'dd if=/dev/zero of=/tmp/disk bs=1M count=1'
	box_run "$box_name.$name" --no-drivers --host "$name" --disk /tmp/disk --net --timeout "$limit" -- \
		"sh /hosts.guest $tenths $module"
}

hosts_kernel() {
	case $box_name in
	*_sid) echo 7.2 ;;
	linux-image-6.12-*) echo 6.12 ;;
	*) echo 6.1 ;;
	esac
}

# hosts_strangers NAME RUN: findings that are not known, each with how often.  Observations are no accusation.
hosts_strangers() {
	box_out "$2" | grep -E '^\{"type":"(violation|warning)"' |
		sed 's/.*"rule":"\([^"]*\)".*"finding":"\([^"]*\)".*/\1:\2/' | sort | uniq -c |
		awk -v kernel="$(hosts_kernel)" -v host="$1" -v table="$hosts_known" '
			BEGIN {
				n = split(table, line, "\n")
				for (i = 1; i <= n; i++) {
					split(line[i], f, " +")
					if ((f[1] == "*" || f[1] == kernel) && (f[2] == "*" || f[2] == host))
						known[f[3]] = 1
				}
			}
			!known[$2] { print $2, $1 }'
}

# hosts_differences RUN: "map OWNER FRAMES" for those that cocowatch map has and the referee has not, by owner, and
# "referee - FRAMES" for the others.
hosts_differences() {
	{
		box_referee "$1" left_visible | stock_frames | sed 's/$/ referee/'
		box_out "$1" | grep '^{"type":"owner".*"supplied":false' |
			sed 's/.*"owner":"\([^"]*\)".*"gfn":\([0-9]*\),"nr_pages":\([0-9]*\).*/\2 \3 \1/'
	} | awk '
		$2 == "referee" { told[$1] = 1; next }
		{
			first = $1; nr = $2; sub(/^[0-9]+ [0-9]+ /, "")
			for (i = 0; i < nr; i++) {
				if (!((first + i) in told))
					n["map " $0]++
				seen[first + i] = 1
			}
		}
		END {
			for (gfn in told)
				if (!(gfn in seen))
					n["referee -"]++
			for (key in n)
				print key, n[key]
		}' | sort
}

# hosts_refused RUN true|false undone|told: frames of that way of visibility calls that failed, which were left undone,
# or done (told) all the same.
hosts_refused() {
	box_referee "$1" visibility | grep "\"visible\":$2" | grep -v '"status":0}' |
		sed 's/.*"asked":\([0-9]*\),"done":\([0-9]*\).*/\1 \2/' |
		awk -v field="$3" '
			# batches of this size are of the bounce buffer, which is another matter
			$1 != 510 { undone += $1 - $2; told += $2 }
			END { print field == "told" ? told + 0 : undone + 0 }'
}

# Where page tables tell, what the host refused to share is leaked: shared by the page tables, in no structure, and
# private to the host; a page of the bounce buffer stays in use.  Before 6.4 what was leaked has no mapping that could
# be found.  What the host did not take back is found by the mapping that is left, or not at all.
hosts_agree() {
	local run=$1 undone kept differences leaked

	undone=$(hosts_refused "$run" true undone)
	kept=$(hosts_refused "$run" false undone)
	differences=$(hosts_differences "$run")
	leaked=$(awk '$1 == "map" && $2 == "unknown" { print $3 }' <<<"$differences")
	if [ "$box_package" = linux-image-cloud-amd64 ]; then
		undone=0
		kept=$((kept + $(hosts_refused "$run" true told)))
	fi
	is "${leaked:-0}" "$undone" "$run: the map has $undone frames more, which the host refused: nobody's"
	if box_referee "$run" visibility | grep '"visible":true,"asked":510' | grep -q -v '"status":0}'; then
		differences=$(grep -v '^map bounce buffer ' <<<"$differences")
	fi
	is "$(grep '^map' <<<"$differences" | grep -v '^map unknown')" '' "$run: and no frame that has an owner"
	ok "$run: the referee has no frames more but $kept at most, which the host kept" \
		test "$(awk '$1 == "referee" { n = $3 } END { print n + 0 }' <<<"$differences")" -le "$kept"
	like "$(box_referee "$run" left_visible | stock_frames | wc -l)" \
		"$(case $2 in refuse-all | refuse-to-shared) echo '^0' ;; *) echo '^[0-9]{2}' ;; esac)" "$run: frames are shared"
}

hosts_exercised() {
	local name=$1 run=$2 wanted rule what

	# shellcheck disable=SC2013 # words
	for wanted in $(awk -v kernel="$(hosts_kernel)" -v name="$name" \
		'($1 == "*" || $1 == kernel) && $2 == name { print $3 }' <<<"$hosts_wanted"); do
		rule=${wanted%:*}
		what=${wanted#*:}
		# three frames come with that index, and the next one sets it right: whether the guest looked in between
		# is seen by its network, which then has no more frames
		if [ "$name" = index-write-net ] && box_out "$run" | grep -q '^net works$' &&
			! stock_found "$run" | grep -q 'H3 index_used'; then
			like "$(stock_number "$run" H3 checked)" '^[1-9]' "$run: the guest never looked at the index, and H3 was exercised"
		elif [ "$what" != held ]; then
			like "$(stock_found "$run" | sed 's/^[0-9]* //')" "^$rule $what$" "$run: $rule $what is told"
		# where VMBus is built in it has met the host before the session begins, and where it gave up then nothing is
		# converted any more
		elif [ "$name" = refuse-to-shared ] && [ "$(hosts_kernel)" = 7.2 ]; then
			is "$(stock_summary "$run" | sed 's/.*"why":"\([^"]*\)".*/\1/')" \
				'no rule on transitions (T) was exercised' "$run: a session without transitions has no verdict"
		# 6.1 has no step between the hypercall and the end whose failure could be hidden
		elif [ "$(hosts_kernel):$rule" = 6.1:T4 ]; then
			is "$(stock_outcome "$run" T4)" 'not armed' "$run: T4 has nothing to look at"
		# no summary of a session whose guest stopped
		elif [ -n "$(stock_summary "$run")" ]; then
			is "$(stock_outcome "$run" "$rule")" held "$run: $rule was exercised, and held"
		fi
	done
}

# What was written before the guest stopped: whole lines, from the first on, but for the one that it was at.  A kernel that
# never leaves a loop lets nobody write on the only CPU.
hosts_intact() {
	local lines

	lines=$(box_out "$1" | sed '$d')
	[ "$2 $lines" = 'reps-none ' ] ||
		like "$lines" '^\{"type":"session"' "$1: what was written before has its beginning"
	is "$(grep -v -E '^\{"type":"[a-z_]+".*\}$' <<<"$lines")" '' "$1: and is intact"
}

# A kernel that takes old bytes for packets without end makes more of them than anybody can follow: it stands accused,
# what was lost is told, and whether it ever ends, or has come to its map, is not asked.
hosts_flooded() {
	[ "$1" = index-write-disk ] && stock_losses "$2" | grep -q '"loss"'
}

hosts_judge() {
	local name=$1 run=$2 works

	works=$(box_out "$run" | grep ' works$' | sort | tr '\n' ' ')
	like "$(box_field "$run" summary hostile_deeds)" "$([ "$name" = honest ] && echo '^0$' || echo '^[1-9]')" \
		"$run: the host did what it is there for"
	is "$(hosts_strangers "$name" "$run")" '' "$run: nothing of the guest's is accused but what is known"
	hosts_exercised "$name" "$run"
	if [ -n "$(stock_summary "$run")" ]; then
		if hosts_flooded "$name" "$run"; then
			is "$(stock_outcome "$run" H3)" violated "$run: a flood of packets that are none is a violation"
		else
			stock_lost_little "$run"
			hosts_agree "$run" "$name"
		fi
		stock_keep_held hosts "$box_name" "$run"
		# what it was used for may keep the guest from powering off
		like "$(box_rc "$run")" "^([013]|$([ "$(hosts_column "$name" 3)" != stops ] || echo 124))\$" \
			"$run: the guest ends in order"
	else
		like "$(box_rc "$run")" '^(122|124)$' "$run: the guest panics, or hangs"
		hosts_intact "$run" "$name"
	fi
	if [ "$(hosts_column "$name" 3)" = works ] && [ "$box_package" = linux-image-6.12-cloud-amd64 ]; then
		is "$works" 'disk works net works ' "$run: the guest works under cocowatch as without"
	fi
	diag "$run: status $(box_rc "$run"), $works$(stock_found "$run" | tr '\n' ';') $(box_seconds "$run") s"
}

hosts_batch() {
	local name

	for name in "$@"; do
		hosts_queue "$name"
	done
	box_go 3600
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

few=
if [ "${1:-}" = --kernel ]; then
	box_kernel "$2"
	shift 2
elif [ $# = 0 ]; then
	[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'
	few='refuse-ring part-failed reps-none-once refuse-to-private length-flips index-read complete-unknown-net offer-refused flags-unknown'
fi
# shellcheck disable=SC2046 # words
[ $# -gt 0 ] || set -- $(awk -F '\t' '{ print $1 }' <<<"$hosts_table")
hosts_run "$@"
[ -z "$few" ] || for kernel in linux-image-cloud-amd64 linux-image-cloud-amd64_sid; do
	box_kernel $kernel
	# shellcheck disable=SC2086 # words
	hosts_run $few
done
done_testing
