# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the scenarios of cw_misuse.ko in guests, brings together what was done and what was found, and knows what must
# be.
#
# Usage: . misuse.sh KERNEL...      the packages that guests may have
#        misuse_has KERNEL          whether the module was made for it
#        misuse_queue KERNEL KIND CPUS    queue a run of that kind: misuse, or honest (the twins)
#        misuse_check KERNEL KIND CPUS    of what came of it; a run is called KERNEL.KIND.CPUS

misuse_dir=$(dirname "${BASH_SOURCE[0]}")
. "$misuse_dir/../lib.sh"

misuse_module() {
	local release

	release=$(cat "$("$TOP/scripts/kernel" --print-dir "$1")/release")
	echo "$O/misuse/$release/cw_misuse.ko"
}

misuse_has() {
	[ -e "$(misuse_module "$1")" ]
}

for kernel in "$@"; do
	module=$(misuse_module "$kernel")
	! misuse_has "$kernel" || box_more+=(--file "$module:/misuse/$(basename "$(dirname "$module")").ko")
done
box_more+=(--file "$misuse_dir/misuse.guest:/misuse.guest")
. "$misuse_dir/stock.sh"

# What becomes of each scenario in a guest of two CPUs, and for those that a kernel rightly refuses what the module
# says.  What a session makes of the last two when it begins in the middle of them: late.t.
misuse_table='
scenario                rule  6.1      6.12     7.2     refused, because
shared-freed            S3    fired    fired    fired
shared-freed-order      S3    fired    fired    fired
slab-part               S5    fired    fired    fired
slab-whole              S5    fired    fired    fired
page-table              S5    fired    fired    fired
overlap                 T5    fired    fired    fired
overlap-window          T5    refused  fired    fired   no window before 6.8
share-twice             -     silent   silent   silent
private-twice           -     silent   silent   silent
vmalloc                 -     silent   silent   silent
many                    -     silent   silent   silent
huge                    -     silent   silent   silent
zeropad-window          -     refused  silent   silent   no window
ring-padding            Z1    fired    fired    fired
second-mapping-private  S2    refused  refused  fired   shared by its frame numbers|confidential rings are 7.x
dma-private             S6    fired    fired    fired
bounce-size             S7    fired    fired    fired
bounce-foreign          S7    fired    fired    fired
message-tail            Z3    fired    fired    fired
reserved-field          Z2    fired    fired    fired
private-gpadl           S1    fired    fired    fired
wrong-flag              S8    refused  fired    fired   PTEs do not tell
mapping-late            -     silent   refused  refused a page is shared by its PTE
mapping-kept            -     silent   refused  refused a page is shared by its PTE
'

misuse_column() {
	case $1 in
	*sid) echo 5 ;;
	linux-image-6.12-*) echo 4 ;;
	*) echo 3 ;;
	esac
}

# misuse_expected KERNEL KIND CPUS: "NAME RULE fired|silent|refused"
misuse_expected() {
	awk -v column="$(misuse_column "$1")" -v kind="$2" -v cpus="$3" '
		NF < 5 || $1 == "scenario" { next }
		{ told = $column }
		kind == "honest" && told == "fired" { told = "silent" }
		# the ring of the twin is mapped shared everywhere; a window, or the lack of one, does not matter to it
		kind == "honest" && $1 !~ /^(wrong-flag|zeropad-window|mapping-late|mapping-kept)$/ { told = "silent" }
		$1 ~ /^overlap/ && cpus == 1 { told = "refused" }
		{ print $1, $2, told }' <<<"$misuse_table" | sort
}

misuse_reason() {
	awk -v name="$1" '$1 == name { sub(/.*(fired|silent|refused) */, ""); print }' <<<"$misuse_table"
}

misuse_queue() {
	box_kernel "$1"
	box_run "$1.$2.$3" --net --cpus "$3" --timeout 900s -- "sh /misuse.guest $2"
}

# misuse_judge NAME: "SCENARIO RULE done|refused|stays FOUND...", each FOUND a rule that was broken meanwhile.  The
# times of scenarios are in steps of 10 ms, rounded down: of two that touch, what is found belongs to the later one.
misuse_judge() {
	box_out "$1" | awk '
		$1 == "ran" { name[++n] = $2; rule[n] = $3; began[n] = $4; ended[n] = $5 + 10000000; state[n] = $6 }
		/^{"type":"(violation|warning)"/ {
			match($0, /"rule":"[A-Z0-9]*/)
			r = substr($0, RSTART + 8, RLENGTH - 8)
			match($0, /"ts_ns":[0-9]*/)
			ts = substr($0, RSTART + 8, RLENGTH - 8)
			for (i = n; i > 0; i--)
				if (began[i] + 0 <= ts + 0 && ts + 0 <= ended[i])
					break
			if (index(found[i] " ", " " r " ") == 0)
				found[i] = found[i] " " r
		}
		END {
			for (i = 1; i <= n; i++)
				print name[i], rule[i], state[i] found[i]
			if (found[0])
				print "between - done" found[0]
		}'
}

# What each came to: "NAME RULE fired|silent|refused".
misuse_told() {
	misuse_judge "$1" | awk '
		$1 == "between" { next }
		{ told = $3 == "refused" ? "refused" : "silent" }
		{ for (i = 4; i <= NF; i++) if ($i == $2) told = "fired" }
		{ print $1, $2, told }' | sort
}

# misuse_others NAME KIND: what was found beside a scenario's own rule, but for what is known: messages of the kernel
# itself have a tail, and two conversions of one page spoil each other's steps.
misuse_others() {
	misuse_judge "$1" | awk -v kind="$2" '
		function known(rule) {
			return rule == "Z3" || kind == "misuse" && $1 ~ /^overlap/ && rule ~ /^T[1237]$/
		}
		{ for (i = 4; i <= NF; i++) if ($i != $2 && !known($i)) print $1, $i }'
}

misuse_check() {
	local run=$1.$2.$3 name reason

	is "$(box_rc "$run")" 0 "$run: the scenarios came to their end"
	is "$(misuse_told "$run")" "$(misuse_expected "$1" "$2" "$3")" \
		"$run: each is caught, silent or refused as it must be"
	is "$(misuse_others "$run" "$2")" '' "$run: nothing else is accused"
	is "$(misuse_judge "$run" | grep ' stays')" '' "$run: the module can be unloaded after each"
	is "$(stock_losses "$run")" '"losses":[]' "$run: nothing was lost"
	for name in $(misuse_told "$run" | awk '$3 == "refused" { print $1 }'); do
		reason=$(misuse_reason "$name")
		case $name:$3 in
		overlap*:1) reason='one CPU cannot convert a page twice' ;;
		esac
		like "$(box_out "$run" | grep "^said $name ")" "${reason:-no reason is known}" "$run: why $name is refused"
	done
	# a stray read into a window must come back with zeros
	[ "$(misuse_told "$run" | grep '^zeropad-window ')" != 'zeropad-window - silent' ] ||
		is "$(stock_outcome "$run" T8)" held "$run: the stray read was seen, and is no violation"
	stock_keep_held misuse "$1" "$run"
	diag "$run: $(misuse_told "$run" | grep -c ' fired$') fired, $(box_seconds "$run") s"
}
