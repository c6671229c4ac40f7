#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The referee finds what a guest gives away, once and with its place, and nothing where there is nothing.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

# The paravisor's pages are the last 64 KiB of memory, visible and not RAM for the guest: a program may map those that
# the kernel does not use, and always by their private address.  The ACPI tables may be mapped so, and rightly.
plant='plant() {
	canary plant "$@" >/tmp/planted &
	n=0; while ! grep -q planted /tmp/planted && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
	cat /tmp/planted
}'

box_sh made 'dd if=/dev/zero of=/tmp/disk bs=1M count=4'
# for each look at a run: whether it has --cpus, and what of its memory is mapped by huge pages
box_sh sampler '(while sleep 1; do
	for pid in $(pidof cocobox); do
		awk -v cpus="$(tr "\0" " " </proc/$pid/cmdline | grep -c -e --cpus)" \
			"/^ShmemPmdMapped/ { kib += \$2 } END { print cpus, kib + 0 }" /proc/$pid/smaps
	done
done >/out/huge 2>/dev/null &)'
box_run honest --disk /tmp/disk -- "$plant
	"'plant 0x11
	stamps write /dev/sda 1
	echo "tables: $(devmem 0xe0000)"
	sleep 3
	exit 7'
box_run guilty --cpus 2 --disk /tmp/disk -- "$plant
	"'plant 0x22 leak /dev/sda
	for page in c d e; do
		taskset 2 devmem 0x2fff${page}010 >/dev/null
		taskset 1 devmem 0x2fff${page}020 >/dev/null
	done
	exit 8'
# 6.1 would be stopped while it boots
box_kernel linux-image-6.12-cloud-amd64
box_run stopped --stop-on-finding -- 'echo before; devmem 0x2fffd008; sleep 20; echo after'
box_go 900

is "$(box_rc honest)" 7 'honest: the status comes back'
like "$(box_out honest)" '^planted' 'honest: the canary is in place'
like "$(box_out honest)" '^tables: 0x' 'honest: a private page was read by its address'
box_clean honest

is "$(box_rc guilty)" 8 'guilty: the run goes on after a finding'
like "$(box_out guilty)" '^planted' 'guilty: the canary is in place, and on the disk'
box_clean guilty '1 {"type":"canary","offset":0,"id":"0x22"}
3 {"type":"wrong_alias","alias":"private"}'
# One of three is enough: see box_findings.
like "$(box_referee guilty wrong_alias)" '"gfn":19660[456],"gpa":"0x2fff[cde]000","vp":1,"rip":"0x[0-9a-f]+"' \
	'guilty: an access has its address, its vCPU and its instruction'
unlike "$(box_referee guilty wrong_alias | grep '"gpa":"0x2fff[cde]000"')" '"vp":0' 'guilty: and none has another'

# Of two CPUs one could map a frame with its neighbours while the other shares it: see cw_mem_use_huge().
most() { awk -v cpus="$1" '$1 == cpus && $2 >= most { most = $2; n++ } END { print n ? most : "never seen" }' "$box_dir/out/huge"; }
like "$(most 0)" '^[1-9]' 'memory: the host may give huge pages to a run with one CPU'
is "$(most 1)" 0 'memory: and to none with two'

is "$(box_rc stopped)" 125 'stopped: the first finding ends the run'
like "$(box_out stopped)" '^before' 'stopped: not before it'
unlike "$(box_out stopped)" '^after' 'stopped: and not after it'
like "$(box_err stopped)" 'referee: 1 finding' 'stopped: the summary says how many'
like "$(box_referee stopped wrong_alias)" '"gpa":"0x2fffd000"' 'stopped: the account has it'
done_testing
