#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The map of a stock kernel, and what `map --diff` says when a device has gone: in a confidential VM.

. "$(dirname "$0")/stock.sh"

box_sh disk 'dd if=/dev/zero of=/tmp/disk bs=1M count=2'
# shellcheck disable=SC2016 # expanded in the guest
box_run map --timeout 600s --disk /tmp/disk --net -- '
	cocowatch map -o ndjson=/tmp/before -o text=/tmp/text --ranges; echo "map=$?"
	cocowatch map --diff /tmp/before; echo "same=$?"
	for device in /sys/bus/vmbus/drivers/hv_netvsc/*-*-*; do
		echo "${device##*/}" >/sys/bus/vmbus/drivers/hv_netvsc/unbind
	done
	cocowatch map -o ndjson=/tmp/after
	cocowatch map --diff /tmp/before; echo "now=$?"
	cocowatch map --diff /tmp/before /tmp/after -o ndjson; echo "files=$?"
	sed "s/^/text: /" /tmp/text'
box_go 600

out=$(box_out map)
like "$out" '^map=0$' 'map: all of it may be shared'
like "$out" '^text: VMBus rings +[0-9]+  0x[0-9a-f]+ to 0x[0-9a-f]+, channel [0-9]+ \(hv_netvsc [0-9a-f-]+\)' \
	'map: --ranges names the device of a ring'
like "$out" '^same=0$' 'map: compared with itself'
like "$(sed '/^same=/q' <<<"$out")" '^0 pages added, 0 gone, 0 of another owner$' 'map: nothing has changed'
like "$out" '^gone +netvsc buffers +[0-9]+  0x' 'map: a device that has gone leaves its buffers'
like "$out" '^netvsc buffers +[0-9]+ +0 +-[0-9]+$' 'map: all of them'
unlike "$(sed '1,/^same=/d' <<<"$out")" '^(added|changed)' 'map: nothing came'
like "$out" '^now=0$' 'map: what is left may be shared'
like "$out" '^{"type":"diff".*"nr_added":0,"nr_gone":[1-9][0-9]*,"nr_changed":0}$' 'map: two files say the same'
like "$out" '^files=0$' 'map: and of them too all may be shared'
box_clean map
done_testing
