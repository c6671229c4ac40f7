#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The map of a stock kernel in a confidential VM, what `map --diff` says when a device has gone, and what top shows of one that
# comes back: whose its pages are is known from the next look on, when privileges are long gone.

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
# shellcheck disable=SC2016 # expanded in the guest
box_run top --timeout 600s --disk /tmp/disk --net -- '
	(until grep -q "\"type\":\"session\"" /tmp/top.ndjson 2>/dev/null; do sleep 0.2; done
	for device in /sys/bus/vmbus/drivers/hv_netvsc/*-*-*; do
		device=${device##*/}
		echo "$device" >/sys/bus/vmbus/drivers/hv_netvsc/unbind
		echo "$device" >/sys/bus/vmbus/drivers/hv_netvsc/bind
	done) &
	cocowatch top --slow-limit 100s --interval 40s --batch 2 -o ndjson=/tmp/top.ndjson; echo "top=$?"'
box_go 900

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
like "$out" '^{"type":"diff".*"nr_added":0,"nr_gone":[1-9][0-9]*,"nr_changed":0,"nr_kept":[1-9][0-9]*}$' 'map: two files say the same'
like "$out" '^files=0$' 'map: and of them too all may be shared'

out=$(box_out top | sed '1,/^$/d' | sed -n '/^cocowatch top/,$p')
like "$out" '^bounce buffer +[1-9][0-9]* +[0-9]+ before' 'top: what was shared before'
like "$out" '^netvsc buffers +[1-9][0-9]* +[0-9]+ +[0-9]+s' 'top: what came since, with its owner and its age'
like "$out" '^packets +[0-9.]+/s out, [0-9.]+/s in' 'top: packets are watched'
like "$out" '50% <[0-9.]+[num]?s, 99% <' 'top: and how long transitions took'
like "$out" 'S4  held' 'top: S4 is held'
box_clean map
box_clean top
done_testing
