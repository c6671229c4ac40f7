# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs cocobox in one emulated machine with nested KVM, several times in one boot of it, and keeps what each
# run left, for checks on this side.
#
# Usage: . box.sh
#        box_run NAME [OPTION]... -- EXEC     queue a run of `cocobox run` on $CW_KERNEL
#        box_sh NAME COMMAND                  queue a shell command of the outer machine (cocobox is there)
#        box_go SECONDS                       boot once and run all that is queued
#        box_rc NAME; box_out NAME; box_err NAME; box_console NAME; box_referee NAME TYPE
#
# BOX_KEEP=DIR in the environment keeps what the runs left.
#
# In OPTIONs and commands /tmp is scratch and /box/NAME a file given with box_file.  The guest has busybox and the
# programs of tests/box.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

COCOBOX=$O/cocobox
# the emulated machine's own kernel, whichever is tested inside
box_outer_kernel=linux-image-6.12-cloud-amd64
box_dir=$tap_tmp/box
box_inputs=()
# more of scripts/initramfs's options for the guest
[ -n "${box_more+set}" ] || box_more=()
# the package that a run's kernel came from
declare -A box_package_of
mkdir -p "$box_dir"

# box_file PATH NAME: a file for the outer machine, as /box/NAME.
box_file() {
	box_inputs+=(--file "$1:/box/$2")
}

# box_kernel PACKAGE: another kernel for the runs that are queued from now on.
box_kernel() {
	local dir kmods=() programs=() driver source

	box_package=$1
	dir=$("$TOP/scripts/kernel" --print-dir "$1") || exit 1
	for driver in $("$COCOBOX" list --drivers); do
		! grep -q "/${driver//[-_]/[-_]}.ko" "$dir"/modules/lib/modules/*/modules.dep || kmods+=(--kmod "$driver")
	done
	box_name=$(basename "$dir")
	[ ! -e "$box_dir/$box_name" ] || return 0
	: >"$box_dir/$box_name"
	for source in "$TOP"/tests/box/*.c; do
		programs+=(--program "$O/tests/box/$(basename "$source" .c)")
	done
	# the same kernel without its own unpacking, which takes seconds under emulation
	box_file "$dir/vmlinux" "$box_name.kernel"
	box_file "$("$TOP/scripts/initramfs" --kernel "$box_name" "${kmods[@]}" "${programs[@]}" "${box_more[@]}")" \
		"$box_name.initrd"
}

box_quote() {
	local word

	for word in "$@"; do
		printf " '%s'" "${word//\'/\'\\\'\'}"
	done
}

# Warnings of the guest's kernel show on its console; what it only tells does not.
box_run() {
	local name=$1 words=() exec
	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	exec=$2
	box_package_of[$name]=$box_package
	box_sh "$name" "cocobox run --kernel /box/$box_name.kernel --initrd /box/$box_name.initrd \
		--append loglevel=5 --timeout 300s --console /out/$name.console --referee /out/$name.referee \
		$(box_quote "${words[@]}" --exec "$exec")"
}

box_sh() {
	cat >>"$box_dir/script" <<END
began=\$(date +%s)
rc=0
( $2 ) >/out/$1.out 2>/out/$1.err </dev/null || rc=\$?
echo \$rc >/out/$1.rc
echo \$((\$(date +%s) - began)) >/out/$1.seconds
echo "$1: status \$rc after \$(cat /out/$1.seconds) s"
END
}

# One CPU outside: QEMU's emulated CPUs lose breakpoints, now and then, when a kernel patches its own code while another
# of them runs it (Oops: int3), and KVM does that whenever it starts and stops.  What a guest has more of, they share.
box_go() {
	local rc=0

	"$TOP/scripts/vm" --nested --kernel "$box_outer_kernel" --cpus 1 --memory "${BOX_MEMORY:-3G}" \
		--timeout "$1" --program "$COCOBOX" "${box_inputs[@]}" --file "$box_dir/script:/box/script" \
		--out "$box_dir/out" -- sh /box/script >"$box_dir/vm" 2>&1 || rc=$?
	is "$rc" 0 'the emulated machine ran to its end, without a kernel warning'
	[ "$rc" = 0 ] || diag "$(grep -A 3 'the kernel log of' "$box_dir/vm"; tail -n 30 "$box_dir/vm")"
	: >"$box_dir/script"
	[ -z "${BOX_KEEP:-}" ] || cp -rT "$box_dir/out" "$BOX_KEEP"
}

box_rc() { cat "$box_dir/out/$1.rc" 2>/dev/null || echo 'did not run'; }
box_out() { cat "$box_dir/out/$1.out" 2>/dev/null || true; }
box_err() { cat "$box_dir/out/$1.err" 2>/dev/null || true; }
box_console() { tr -d '\r' 2>/dev/null <"$box_dir/out/$1.console" || true; }
box_seconds() { cat "$box_dir/out/$1.seconds" 2>/dev/null || echo 'did not run'; }

# box_referee NAME TYPE: the referee's lines of that type.
box_referee() {
	grep "^{\"type\":\"$2\"" "$box_dir/out/$1.referee" 2>/dev/null || true
}

# box_field NAME TYPE FIELD: a number of the one line of that type.
box_field() {
	box_referee "$1" "$2" | sed -n "s/.*\"$3\":\([0-9a-z]*\).*/\1/p" | head -n 1
}

# box_findings NAME: what the referee found, each with how often, without times, frames, vCPUs and instructions.  (KVM
# may have a worker take a page fault; on a busy host the referee then may not know whose it was.)
box_findings() {
	grep -E '^{"type":"(wrong_alias|handed_private|canary)"' "$box_dir/out/$1.referee" 2>/dev/null |
		sed -e 's/"ts_ns":[0-9]*,//' -e 's/"gfn":[0-9]*,//' -e 's/"gpa":"[^"]*",//' \
			-e 's/,"vp":.*,"rip":[^}]*//' |
		sort | uniq -c | sed 's/^ *//'
}

# box_accesses_by NAME FUNCTION: what was used through the wrong alias by the first 512 bytes of a function of the guest's
# kernel, whose line of /proc/kallsyms the guest has printed.
box_accesses_by() {
	local first rip line

	first=$(box_out "$1" | tr -d '\r' | sed -n "s/^\([0-9a-f]*\) [tT] $2\$/0x\1/p" | head -n 1)
	[ -n "$first" ] || return 0
	box_referee "$1" wrong_alias | while read -r line; do
		rip=$(sed -n 's/.*"rip":"\(0x[0-9a-f]*\)".*/\1/p' <<<"$line")
		((rip < first || rip >= first + 512)) || echo "$line"
	done
}

# box_splats NAME: what the guest's kernel warned of.
box_splats() {
	box_console "$1" | grep -a -E \
		'WARNING: .* at |BUG: |Oops: |general protection fault|Call Trace:|Kernel panic|stall|blocked for more' || true
}

# What a kernel does by its own fault.  vmbus_connect() of 6.1 asks at every boot for its two monitor pages to be made
# visible and then clears them through the address that they had before (tests/findings/monitor-pages-alias), and its
# checksums read beyond their pages now and then (zeropad-alias), which is told by where csum_partial() is.
box_known_findings() {
	case ${box_package_of[$1]} in
	linux-image-cloud-amd64 | linux-image-6.1-*)
		echo "$((2 + $(box_accesses_by "$1" csum_partial | wc -l))) {\"type\":\"wrong_alias\",\"alias\":\"private\"}"
		;;
	esac
}

# In a guest that uses its network: where that is, for box_known_findings.
box_checksums='grep -w csum_partial /proc/kallsyms'

# box_clean NAME [FINDINGS]: the guest's kernel warned of nothing, and the referee found nothing but what this kernel is
# known for and FINDINGS, as box_findings prints them.
box_clean() {
	is "$(box_splats "$1")" '' "$1: no warning on the guest's console"
	is "$(box_findings "$1")" "$({ box_known_findings "$1"; [ -z "${2:-}" ] || echo "$2"; } | sort -k2)" \
		"$1: the referee found what it should, and no more"
	is "$(box_field "$1" summary findings)" "$(box_findings "$1" | awk '{ n += $1 } END { print n + 0 }')" \
		"$1: its summary counts the same"
	is "$(box_field "$1" summary alias_watch)" true "$1: the referee watched the wrong alias"
}

box_kernel "$CW_KERNEL"
