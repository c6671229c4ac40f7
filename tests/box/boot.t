#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A stock kernel boots in vTOM mode, and each way that a run can end has its own status.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

box_run vtom --cpus 2 -- 'dmesg | grep -o "SEV: Status: vTom"; dmesg | grep -o "Isolation Config: Group A 0x1.*"; nproc
	cat /proc/uptime >&2; exit 7'
box_file "$("$TOP/scripts/kernel" --print-dir "$CW_KERNEL")/vmlinuz" vmlinuz
box_sh input 'printf "some words\n" | cocobox run --kernel /box/vmlinuz --initrd /box/*.initrd --append quiet --timeout 60s \
	--console /out/input.console --exec "read -r a b; echo \"got \$b \$a\""'
box_run big -- 'i=0; while [ $i -lt 2000 ]; do echo "line $i of many, so that the console has work to do"; i=$((i + 1)); done'
box_run reboot -- 'reboot -f; sleep 60'
# what the kernel says of memory then comes after it has told its hypervisor
box_run panic --append panic_print=2 -- 'echo c >/proc/sysrq-trigger; sleep 60'
box_run panic-stays --append panic=0 -- 'echo c >/proc/sysrq-trigger; sleep 60'
box_run hang --timeout 45s -- 'echo "hangs now" >/dev/ttyS0; while :; do :; done'
box_sh term 'cocobox run --kernel /box/*.kernel --initrd /box/*.initrd --exec "echo up; sleep 60" >/tmp/o & pid=$!
	i=0; while [ $i -lt 300 ] && ! grep -q up /tmp/o; do sleep 0.2; i=$((i + 1)); done
	kill -TERM $pid; wait $pid'
# A program that is as good as a kernel without Hyper-V: an ELF header, one segment (the file, at 16 MiB), and code that
# says a word on COM1 and then halts, or powers off by ACPI.
bare() {
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0>\0\1\0\0\0\x78\0\0\1\0\0\0\0\x40\0\0\0\0\0\0\0'
	printf '\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x38\0\1\0\0\0\0\0\0\0'
	printf '\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x81\xff\xff\xff\xff\0\0\0\1\0\0\0\0'
	printf '\xb0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0\0\0\0'
	printf '\x66\xba\xf8\3\xb0h\xee\xb0i\xee\xb0\n\xee'        # out "hi\n", 0x3f8
	printf '%b' "$1"
	head -c 64 /dev/zero
}
bare '\0372\0364\0353\0375' >"$tap_tmp/halts"                    # cli; hlt; jmp to hlt
bare '\0146\0272\04\06\0146\0270\0\0064\0146\0357\0353\0376' >"$tap_tmp/powers-off" # out 0x3400, 0x604; jmp here
for name in halts powers-off; do
	box_file "$tap_tmp/$name" "$name"
	box_sh "$name" "cocobox run --kernel /box/$name --timeout 3s"
done
box_go 900

is "$(box_rc vtom)" 7 'the status of --exec comes back'
[ "$CW_KERNEL" = linux-image-cloud-amd64 ] || # which does not say it
	like "$(box_out vtom)" 'SEV: Status: vTom' 'the kernel says that it runs with vTOM'
like "$(box_out vtom)" 'Group A 0x1, Group B 0x9e2' 'the isolation leaf names SNP, a paravisor and bit 39'
like "$(box_out vtom)" '^2$' 'two CPUs'
box_clean vtom
diag "inner kernel at --exec after $(box_out vtom | sed -n 's/^\([0-9.]*\) .*/\1/p') s of its own time, $(box_seconds vtom) s in all"

is "$(box_out input)" 'got words some' 'stdin reaches the command, its answer comes out, and nothing else does'
is "$(box_out big | wc -l)" 2000 'two thousand lines come out, all of them'
is "$(box_out big | tail -n 1)" 'line 1999 of many, so that the console has work to do' 'and in order'
is "$(box_rc reboot)" 121 'a reboot: status 121'
like "$(box_err reboot)" 'the guest rebooted' 'a reboot is said'
is "$(box_rc panic)" 122 'a panic: status 122'
like "$(box_err panic)" 'Kernel panic - not syncing' 'the console from the panic on comes with it'
like "$(box_err panic)" 'Mem-Info:' 'to its end'
is "$(box_rc panic-stays)" 122 'a panic after which the guest stays where it is: status 122'
like "$(box_err panic-stays)" 'end Kernel panic' 'and it had the time to say so'
is "$(box_rc hang)" 124 'a hang: status 124'
like "$(box_err hang)" 'hangs now' 'the last lines of the console come with it'
is "$(box_rc term)" 143 'SIGTERM: status 143'

is "$(box_rc halts)" 124 'a kernel without Hyper-V that hangs: status 124'
is "$(box_rc powers-off)" 0 'a kernel without Hyper-V that powers off: status 0'
for name in halts powers-off; do
	is "$(box_out "$name")" hi "$name: it ran"
	like "$(box_err "$name")" \
		"^cocobox: the guest never looked for Hyper-V: /box/$name has no support for it, or stopped before that$" \
		"$name: that it never looked for Hyper-V is said"
done
unlike "$(box_err vtom)" 'never looked' 'and not said of one that did'
done_testing
