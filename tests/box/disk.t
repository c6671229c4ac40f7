#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Disks: what the guest writes is in the file, what is in the file is what it reads, over all channels.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/box.sh"

box_sh made 'dd if=/dev/urandom of=/tmp/a bs=1M count=8; dd if=/dev/urandom of=/tmp/b bs=1M count=4
	dd if=/dev/urandom of=/tmp/fixed bs=1M count=1; sha256sum </tmp/fixed
	mount --bind /tmp/fixed /tmp/fixed && mount -o remount,bind,ro /tmp/fixed'
# A guest numbers disks as their drivers get ready, so it knows them by their sizes.
box_run disks --cpus 2 --disk /tmp/a --disk /tmp/b --disk /tmp/fixed --subchannels 2 -- '
	sum() { echo "$1: $(sha256sum <$2)"; }
	told() { echo "$(cut -d" " -f1 /proc/uptime) s: $*"; }
	for d in /sys/block/sd*; do
		echo "disk: $(cat $d/size) sectors, read-only $(cat $d/ro)"
		case $(cat $d/size) in
		16384) a=/dev/${d##*/} ;;
		8192) b=/dev/${d##*/} ;;
		*) fixed=/dev/${d##*/} ;;
		esac
	done
	sum fixed $fixed
	dd if=/dev/zero of=$fixed bs=4k count=1 conv=notrunc,fsync 2>&1 && echo "fixed was written"
	told stamps
	stamps write $a 7 && taskset 1 stamps read $a 7 5 & taskset 2 stamps write $b 8; wait
	taskset 2 stamps read $a 7 2
	told writes
	dd if=/dev/urandom of=/tmp/some bs=64k count=16 2>/dev/null
	dd if=/tmp/some of=$a bs=64k seek=50 conv=notrunc,fsync 2>/dev/null
	dd if=/tmp/some of=$b bs=8k seek=39424 oflag=direct,seek_bytes conv=notrunc,fsync 2>/dev/null
	told compares
	echo 3 >/proc/sys/vm/drop_caches
	dd if=$a bs=64k skip=50 count=16 2>/dev/null | cmp - /tmp/some && echo "a holds it"
	dd if=$b bs=8k skip=39424 iflag=skip_bytes count=128 2>/dev/null | cmp - /tmp/some && echo "b holds it"
	sum a $a
	sum b $b
	# The channel is chosen by the CPU that asks: one read from each, past the page cache.
	for d in $a $b $fixed; do
		for cpu in 1 2; do taskset $cpu dd if=$d of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; done
	done
	for d in /sys/bus/vmbus/drivers/hv_storvsc/*-*; do
		echo "channels: $(for c in $d/channels/*; do [ $(cat $c/interrupts) -gt 0 ] && echo used; done | tr "\n" " ")"
	done
	told ends
	exit 3'
box_sh after 'for f in a b fixed; do echo "$f: $(sha256sum </tmp/$f)"; done'
box_go 900

is "$(box_rc disks)" 3 'the status comes back'
box_clean disks
like "$(box_out disks)" '^disk: 16384 sectors, read-only 0' 'the first disk is 8 MiB'
like "$(box_out disks)" '^disk: 8192 sectors, read-only 0' 'the second is 4 MiB'
like "$(box_out disks)" '^disk: 2048 sectors, read-only 1' 'a file that cannot be written is a disk that cannot'
unlike "$(box_out disks)" '^fixed was written' 'and is not written'
is "$(box_out disks | sed -n 's/^fixed: //p')" "$(box_out made)" 'its bytes are the file'\''s'
is "$(box_out disks | grep -c 'reads, ')" 2 'random reads find each block as it was written'
for disk in a b; do
	like "$(box_out disks)" "^$disk holds it" "disk $disk: what was written in the middle is read back"
	is "$(box_out disks | grep "^$disk: ")" "$(box_out after | grep "^$disk: ")" \
		"disk $disk: after writes through the page cache and past it, guest and file agree"
done
is "$(box_out after | sed -n 's/^fixed: //p')" "$(box_out made)" 'the third file is as it was'
is "$(box_out disks | grep -c '^channels: used used $')" 3 'each disk uses a sub-channel beside its channel'
diag "4 KiB random reads: $(box_out disks | grep 'reads, ' | tr '\n' ';')"
diag "$(box_out disks | grep ' s: ' | tr '\n' ',')"
done_testing
