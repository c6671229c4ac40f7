#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/vm: status, streams, files and faults of the guest arrive; nothing outlives the script.

. "$(dirname "$0")/../lib.sh"
vm=$TOP/scripts/vm

command -v qemu-system-x86_64 >/dev/null || missing_all 'no QEMU (scripts/setup vm)'

run "$vm" --help
is "$rc" 0 'help: status'
like "$out" '^Usage: scripts/vm' 'help: shows the usage'
run "$vm" --no-such-option -- true
is "$rc" 2 'unknown option: status'
like "$err" '^vm: unknown option: --no-such-option' 'unknown option: says which'
run "$vm" --cpus two -- true
is "$rc" 2 '--cpus two: status'
run "$vm"
is "$rc" 2 'no command: status'
run "$vm" --program /no/such/program -- true
is "$rc" 125 'a program that is not there: status'
like "$err" 'no program /no/such/program' 'a program that is not there: says which'

# One boot for all that can be seen of a run which ends well.
echo 'from the host' >"$tap_tmp/note"
# shellcheck disable=SC2016 # expanded in the guest
run "$vm" --kernel "$CW_KERNEL" --program /usr/bin/find --file "$tap_tmp/note:/note" --kmod dummy \
	--out "$tap_tmp/back" --log "$tap_tmp/log" --expect-splat 'WARNING: expected' -- sh -c '
	echo "args: $0 $1"; echo to-stderr >&2
	printf "a\r\nb\001\377" >/out/bytes; cat /out/bytes; echo; cat /note
	/usr/bin/find --version | head -n 1
	modprobe dummy && grep -c "^dummy " /proc/modules
	for d in /sys/fs/bpf /sys/kernel/tracing /sys/kernel/debug /sys/kernel/security /tmp /dev/pts; do
		grep -q " $d " /proc/mounts || echo "not mounted: $d"
	done
	echo "WARNING: expected by the test" >/dev/kmsg
	exit 42' "it's" 'two words'
is "$rc" 42 'status of the command'
like "$out" "^args: it's two words\$" 'arguments arrive as they are'
unlike "$out" 'to-stderr' 'stderr is not on stdout'
is "$err" 'to-stderr' 'stderr holds only what the command wrote'
like "$out" '^from the host$' '--file'
like "$out" 'GNU findutils' '--program, with its libraries'
like "$out" '^1$' '--kmod'
unlike "$out" 'not mounted' 'file systems are there'
ok '--log has the kernel log' grep -qF "Linux version $(cat "$O/kernels/$CW_KERNEL/release")" "$tap_tmp/log"
is "$(od -An -c "$tap_tmp/back/bytes" | tr -s ' ')" ' a \r \n b 001 377' '--out brings files back'
ok 'stdout passes bytes unchanged' env LC_ALL=C grep -qaP 'b\x01\xff$' "$tap_tmp/out"

run "$vm" --kernel "$CW_KERNEL" --expect-splat 'BUG: another' -- \
	sh -c 'cat; echo "WARNING: by the test" >/dev/kmsg; echo "fs: WARNING: see https://x.invalid" >/dev/kmsg'
is "$rc" 122 'a WARNING in the kernel log: status'
like "$err" 'WARNING: by the test' 'a WARNING in the kernel log: shown'
is "$out" '' 'without --stdin the command has none'

printf 'first\nsecond\n' >"$tap_tmp/input"
# shellcheck disable=SC2016 # expanded in the guest
run "$vm" --kernel "$CW_KERNEL" --stdin -- sh -c 'read -r a; read -r b; echo "$b $a"' <"$tap_tmp/input"
is "$rc" 0 '--stdin: status'
is "$out" 'second first' '--stdin: lines arrive in the guest'

run "$vm" --kernel "$CW_KERNEL" -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
is "$rc" 122 'a panic: status'
like "$err" 'Kernel panic - not syncing: sysrq' 'a panic: shown'
unlike "$err" 'once more' 'a panic: what has run is not run again'

# A QEMU whose kernel falls before its first process, as often as $tap_tmp/falls has lines.
cat >"$tap_tmp/falling" <<END
#!/bin/bash
grep -o 'thread=[a-z]*' <<<"\$*" >>"$tap_tmp/threads"
if [ -s "$tap_tmp/falls" ]; then
	sed -i 1d "$tap_tmp/falls"
	[[ \$* =~ id=log,path=([^ ]*) ]]
	{
		[ "\$QUIET" ] || echo '[    0.0] Command line: console=ttyS0'
		echo '[    2.0] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI'
		echo '[    2.1] Kernel panic - not syncing: Fatal exception'
	} >"\${BASH_REMATCH[1]}"
	exit 0
fi
exec qemu-system-x86_64 "\$@"
END
chmod +x "$tap_tmp/falling"
falling() {
	run env QEMU="$tap_tmp/falling" COCOVM_ACCEL="$accel" "$vm" --kernel "$CW_KERNEL" "$@"
}
accel=tcg
echo once >"$tap_tmp/falls"
# shellcheck disable=SC2016 # expanded in the guest
falling --stdin -- sh -c 'read -r a; echo "$a"; exit 42' <"$tap_tmp/input"
is "$rc" 42 'an emulated kernel falls in its boot: booted once more'
is "$out" first 'an emulated kernel falls in its boot: the input is not lost'
like "$err" 'fell in its own boot.*once more' 'an emulated kernel falls in its boot: said'
like "$err" 'Oops: int3' 'an emulated kernel falls in its boot: what it said'
printf '1\n2\n3\n4\n' >"$tap_tmp/falls"
: >"$tap_tmp/threads"
falling -- true
is "$rc" 122 'an emulated kernel always falls: status'
is "$(cat "$tap_tmp/falls")" 4 'an emulated kernel always falls: three boots'
is "$(tr '\n' ' ' <"$tap_tmp/threads")" 'thread=multi thread=multi thread=single ' \
	'an emulated kernel always falls: the last boot is in turns'
like "$err" 'once more, its CPUs in turns' 'an emulated kernel always falls: and that is said'
echo once >"$tap_tmp/falls"
QUIET=1 falling -- true
is "$rc" 122 'nobody knows how far a quiet kernel came: it is not booted again'
echo once >"$tap_tmp/falls"
: >"$tap_tmp/threads"
falling --in-turns -- sh -c 'exit 42'
is "$rc" 42 '--in-turns: status, after one that fell'
is "$(tr '\n' ' ' <"$tap_tmp/threads")" 'thread=single thread=single ' '--in-turns: from the first boot on'
echo once >"$tap_tmp/falls"
accel=kvm
falling -- true
is "$rc" 122 'a kernel falls on real CPUs: that is the result'
: >"$tap_tmp/falls"

run "$vm" --kernel "$CW_KERNEL" --timeout 2 -- sleep 100
is "$rc" 124 'time limit: status'
like "$err" 'time limit of 2 s passed' 'time limit: said'

# qemu_of PID: whether a QEMU works for that instance of the script
# shellcheck disable=SC2317 # called by wait_for
qemu_of() {
	pgrep -f "qemu-system.*$1" >/dev/null
}

for signal in TERM KILL; do
	mkdir "$tap_tmp/$signal"
	TMPDIR=$tap_tmp/$signal "$vm" --kernel "$CW_KERNEL" -- sleep 100 >/dev/null 2>&1 &
	pid=$!
	ok "SIG$signal: QEMU was running" wait_for 20 qemu_of "$tap_tmp/$signal/"
	kill -$signal $pid
	rc=0
	wait $pid 2>/dev/null || rc=$?
	# shellcheck disable=SC2317
	gone() { ! qemu_of "$tap_tmp/$signal/"; }
	ok "SIG$signal: QEMU ends with the script" wait_for 5 gone
	if [ $signal = TERM ]; then
		is "$rc" 143 'SIGTERM: status'
		is "$(ls "$tap_tmp/$signal")" '' 'SIGTERM: no temporary files'
	fi
done

# what the kernel does to it when memory runs out
# shellcheck disable=SC2317
killed_qemu() {
	# shellcheck disable=SC2046 # one word for each
	kill -KILL $(pgrep -f "qemu-system.*$tap_tmp/killed/")
}
mkdir "$tap_tmp/killed"
TMPDIR=$tap_tmp/killed "$vm" --kernel "$CW_KERNEL" -- sleep 100 >/dev/null 2>"$tap_tmp/err" &
pid=$!
ok 'QEMU killed: it was running' wait_for 20 qemu_of "$tap_tmp/killed/"
killed_qemu
rc=0
wait $pid || rc=$?
is "$rc" 125 'QEMU killed: not the time limit'
like "$(cat "$tap_tmp/err")" 'QEMU was killed' 'QEMU killed: said'

done_testing
