#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/box: wrong usage ends with status 2 and one line, what cocobox says of its options and files comes through,
# and no machine is booted for either.

. "$(dirname "$0")/../lib.sh"
script=$TOP/scripts/box
COCOBOX=$(dirname "$CW")/cocobox
export COCOBOX
unset COCOVM_ACCEL COCOBOX_VM COCOBOX_OUTER

# said STATUS LINE ARGUMENT...
said() {
	local status=$1 line=$2

	shift 2
	run "$script" "$@"
	is "$rc" "$status" "$*: exit status $status"
	is "$err" "$line" "$*: says what is wrong"
	is "$out" '' "$*: nothing on stdout"
}

run "$script" --help
is "$rc" 0 '--help: exit status 0'
like "$out" '^Usage: scripts/box run' '--help: on stdout'
is "$err" '' '--help: nothing on stderr'
run "$script" run --help
is "$rc" 0 'run --help: exit status 0'
like "$out" '--stop-on-finding' "run --help: cocobox's options"

said 2 'box: no command (see scripts/box --help)'
said 2 'box: unknown command: rnu (see scripts/box --help)' rnu
said 2 'box: unknown command: --kernel (see scripts/box --help)' --kernel x
said 2 'box: --kernel needs a value (see scripts/box --help)' run --kernel
said 2 'box: --disk needs a value (see scripts/box --help)' run --net --disk
said 2 'box: --program needs a package as --kernel (see scripts/box --help)' run --program /bin/true
said 2 'box: --program needs a package as --kernel (see scripts/box --help)' run --kernel /dev/null --program=/bin/true

# what cocobox finds wrong
said 2 "cocobox: unknown option '--kernl' (did you mean '--kernel'?)" run --kernl x
said 2 'cocobox: --kernel is needed' run
said 2 "cocobox: run takes options only: 'x'" run x
said 2 "cocobox: --memory: '1T' is not an even size from 256M to 8G" run --memory 1T
said 125 'cocobox: cannot open /no/such/kernel: No such file or directory' run --kernel /no/such/kernel
said 125 'cocobox: /dev/null: not a regular file' run --kernel=/dev/null

COCOBOX=/no/such/cocobox said 125 'box: no /no/such/cocobox (run make)' run --kernel x

# A cocobox that shows what it gets, and can be told what to say.
cat >"$tap_tmp/cocobox" <<'END'
#!/bin/sh
printf '<%s>\n' "$@"
cat
[ -z "$SAYS" ] || echo "$SAYS" >&2
exit "${ENDS:-7}"
END
chmod +x "$tap_tmp/cocobox"
COCOBOX=$tap_tmp/cocobox
run sh -c 'echo from stdin | "$@"' sh "$script" run --kernel=/k --initrd '/an initrd' --disk /d0 --disk=/d1 --net \
	--append "it's two words" --exec 'exit 1' --referee /r --console=/c --memory 1G
is "$rc" 7 'the exit status comes back'
is "$(printf '%s\n' "$out" | sort)" "$(printf '%s\n' 'from stdin' '<run>' '<--kernel=/k>' '<--initrd=/an initrd>' \
	'<--disk=/d0>' '<--disk=/d1>' '<--net>' "<--append=it's two words>" '<--exec=exit 1>' '<--referee=/r>' \
	'<--console=/c>' '<--memory=1G>' | sort)" 'options arrive as they are, and stdin'
is "$err" '' 'and nothing is said'

# only a machine without KVM goes on, and 125 for another reason does not
run env SAYS='cocobox: out of luck' ENDS=125 "$script" run --kernel /k
is "$rc" 125 'cannot run, for another reason than KVM: exit status 125'
is "$err" 'cocobox: out of luck' 'cannot run, for another reason than KVM: no emulated machine'
run env SAYS='cocobox: no usable KVM here: ...' ENDS=125 "$script" run --kernel /k --net=tap7
is "$rc" 125 'no KVM and a TAP device: exit status 125'
like "$err" '^box: this machine.s KVM does not run it: going on in an emulated machine$' 'no KVM: said'
like "$err" '^box: --net=tap7: a TAP device of this machine is out of the emulated one.s reach$' \
	'no KVM and a TAP device: said'
run env COCOVM_ACCEL=tcg "$script" run --kernel /k --net=tap7
is "$rc" 125 'COCOVM_ACCEL=tcg: KVM is not tried'
is "$out" '' 'COCOVM_ACCEL=tcg: cocobox is not run here'

# ---- where the machine is emulated: scripts/vm is one here that shows what it gets and changes each disk ----

mkdir -p "$tap_tmp/tree/scripts" "$tap_tmp/disks" "$tap_tmp/scratch"
cp "$script" "$tap_tmp/tree/scripts/box"
cat >"$tap_tmp/tree/scripts/vm" <<'END'
#!/bin/sh
files=
while [ "$1" != -- ]; do
	case $1 in
	--file) files="$files $2" ;;
	--out) out=$2 ;;
	esac
	shift
done
mkdir -p "$out"
for file in $files; do
	case $file in
	*:/box/disk*) tr a b <"${file%%:*}" >"$out/${file##*/}" ;;
	esac
done
echo 9 >"$out/status"
shift 4
printf '<%s>\n' "$@"
[ -z "${WAITS:-}" ] || {
	trap 'echo "got TERM"; kill $!; exit 143' TERM
	echo waits
	sleep 100 &
	wait
}
END
chmod +x "$tap_tmp/tree/scripts/vm"
script=$tap_tmp/tree/scripts/box
export COCOVM_ACCEL=tcg TMPDIR=$tap_tmp/scratch
disks=$tap_tmp/disks
echo aaa >"$disks/plain"
echo aaa >"$disks/fixed"

if unshare -rm true 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded there
	run unshare -rm sh -c 'mount --bind "$1/fixed" "$1/fixed" && mount -o remount,bind,ro "$1/fixed" &&
		exec "$2" run --kernel /dev/null --disk "$1/plain" --disk "$1/fixed"' sh "$disks" "$script"
	is "$rc" 9 'a read-only disk: the exit status comes back'
	is "$(printf '%s\n' "$out" | sed -n '2,$p')" "$(printf '<%s>\n' ' disk1' cocobox run --kernel=/box/kernel \
		--disk=/out/disk0 --disk=/out/disk1)" 'a read-only disk is one there as well, the other is not'
	is "$err" '' 'a read-only disk: nothing is said'
	is "$(cat "$disks/plain")" bbb 'what was written to the other came back'
	is "$(cat "$disks/fixed")" aaa 'the read-only one is as it was'
else
	skip 'no mount namespaces here' 'a read-only disk'
fi

# ends_by_term NAME: a script that is sent SIGTERM once something runs under it
ends_by_term() {
	rm -f "$tap_tmp/term"
	"$script" run --kernel /dev/null --disk "$disks/plain" >"$tap_tmp/term" 2>&1 &
	pid=$!
	wait_for 10 grep -qs waits "$tap_tmp/term"
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	is "$rc" 143 "$1: SIGTERM: exit status 143"
	like "$(cat "$tap_tmp/term")" '^got TERM$' "$1: SIGTERM goes on to what runs"
	is "$(cat "$disks/plain")" aaa "$1: SIGTERM: the disk is as it was"
	is "$(ls "$TMPDIR")" '' "$1: SIGTERM: nothing is left behind"
}

echo aaa >"$disks/plain"
export WAITS=1
ends_by_term 'the emulated machine'
unset COCOVM_ACCEL
cat >"$tap_tmp/cocobox" <<'END'
#!/bin/sh
trap 'echo "got TERM"; kill $!; exit 143' TERM
echo waits
sleep 100 &
wait
END
ends_by_term 'cocobox itself'
done_testing
