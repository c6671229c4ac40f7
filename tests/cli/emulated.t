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
done_testing
