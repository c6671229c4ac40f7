#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which ends of a machine are an emulated CPU's fault, and no result.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../scripts/emulated.sh"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fault EXPECTED NAME: of the log on stdin
fault() {
	cat >"$log"
	is "$(emulated_cpu_broke "$log" || echo none)" "$1" "$2"
}

fault 'Oops: int3' 'a lost breakpoint' <<'END'
[  123.848650] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
[  123.850163] RSP: 0018:ffffccbc8741ba18 EFLAGS: 00000202
END
fault 'EFLAGS: 80000202' 'flags that no CPU has' <<'END'
[  1.0] RSP: 0018:ffffccbc8741ba18 EFLAGS: 00000202
[  1.1] RSP: 0018:ffffccbc8741ba18 EFLAGS: 80000202
END
fault 'EFLAGS: 00000200' 'flags without the one that each CPU has' <<'END'
[  1.0] RSP: 0018:ffffccbc8741ba18 EFLAGS: 00000200
END
fault none 'flags as they are on any CPU: the oops is the guest'"'"'s' <<'END'
[  1.0] BUG: unable to handle page fault for address: ffff888000000000
[  1.1] RSP: 0018:ffffccbc8741ba18 EFLAGS: 00010246
END
fault none 'on KVM a CPU is no emulated one' <<'END'
[  0.0] Hypervisor detected: KVM
[  1.0] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
END

# A machine whose kernel says what $tap_tmp/said has, as often as $tap_tmp/falls has lines.
copy=$tap_tmp/copy
mkdir -p "$copy/scripts" "$copy/tests/module"
cp "$TOP/scripts/emulated.sh" "$copy/scripts/"
cp "$TOP/tests/module/module.sh" "$copy/tests/module/"
cat >"$copy/scripts/vm" <<END
#!/bin/bash
grep -o -e '--in-turns' <<<"\$*" >>"$tap_tmp/turns" || echo at-once >>"$tap_tmp/turns"
[[ \$* =~ --log\ ([^ ]*) ]]
[ -s "$tap_tmp/falls" ] || exit 42
sed -i 1d "$tap_tmp/falls"
cp "$tap_tmp/said" "\${BASH_REMATCH[1]}"
exit 122
END
cat >"$copy/tests/module/section.t" <<'END'
#!/bin/bash
. "$(dirname "$0")/module.sh"
boot 2 section
END
chmod +x "$copy/scripts/vm" "$copy/tests/module/section.t"
# machine_falls TIMES: sets rc, out, err, and turns
machine_falls() {
	: >"$tap_tmp/turns"
	printf '%.0sonce\n' $(seq "$1") >"$tap_tmp/falls"
	run "$copy/tests/module/section.t"
	turns=$(tr '\n' ' ' <"$tap_tmp/turns")
}
echo '[  1.0] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI' >"$tap_tmp/said"
machine_falls 1
is "$rc $turns" '42 at-once --in-turns ' 'an emulated CPU broke: once more, in turns'
like "$out" '^# an emulated CPU went wrong \(Oops: int3\): once more, its CPUs in turns$' 'an emulated CPU broke: said'
machine_falls 4
is "$rc $(wc -l <"$tap_tmp/falls")" '122 1' 'emulated CPUs always break: three runs'
echo '[  1.0] Kernel panic - not syncing: sysrq' >"$tap_tmp/said"
machine_falls 1
is "$rc $turns" '122 at-once ' 'a kernel falls by itself: that is the result'
done_testing
