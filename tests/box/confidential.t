#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel that knows confidential VMBus uses it, with rings that the host never sees; one that does not goes on as ever.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

exec='dmesg | grep -o -e "Vmbus version:.*" -e "Establishing connection to the confidential VMBus"
	stamps write /dev/sda 5 && stamps read /dev/sda 5 1
	echo "disk: $(sha256sum </dev/sda)"
	exit 9'

box_sh made 'for d in plain private older; do dd if=/dev/zero of=/tmp/$d bs=1M count=4; done'
box_run older --confidential --disk /tmp/older -- "$exec"
box_kernel linux-image-cloud-amd64_sid
box_run plain --disk /tmp/plain -- "$exec"
box_run private --confidential --disk /tmp/private -- "$exec"
box_sh after 'for d in plain private older; do echo "$d disk: $(sha256sum </tmp/$d)"; done'
box_go 900

for name in plain private older; do
	is "$(box_rc "$name")" 9 "$name: the status comes back"
	like "$(box_out "$name")" 'reads, ' "$name: the disk gives back what it was given"
	like "$(box_out after)" "^$name $(box_out "$name" | grep '^disk: ')" "$name: guest and file agree"
	box_clean "$name"
done

like "$(box_out plain)" '^Vmbus version:5.3' 'without the option it is version 5.3'
like "$(box_out private)" '^Establishing connection to the confidential VMBus' 'the newer kernel sees that it can be had'
like "$(box_out private)" '^Vmbus version:6.0' 'and agrees on version 6.0'
like "$(box_referee private note)" '"what":"contact","detail":"version 6.0 vp 0 confidential"' 'with confidential channels'
like "$(box_out older)" '^Vmbus version:5.3' 'the older kernel does without'

# handed NAME: frames of GPADLs that the host was given
handed() { box_referee "$1" summary | sed -n 's/.*"handed":{"gpadl":\([0-9]*\).*/\1/p'; }
is $(($(handed plain) - $(handed private))) 64 'the 64 frames of the disk'\''s rings are handed over without it, and not with it'
is $(($(box_field plain summary visible_max) - $(box_field private summary visible_max))) 64 'and stay private'
diag "GPADL frames: $(handed plain), confidential $(handed private); visible at most: $(box_field plain summary visible_max), $(box_field private summary visible_max)"
done_testing
