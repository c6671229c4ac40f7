#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/kernel PACKAGE/sid: the newest kernel has the shape of the others and boots, and this
# machine's package lists stay as they are.

. "$(dirname "$0")/../lib.sh"
package=linux-image-cloud-amd64
dir=$O/kernels/${package}_sid

# names, sizes and times of this machine's lists
lists() {
	find /var/lib/apt/lists -type f -printf '%p %s %T@\n' 2>/dev/null | sort
}

before=$(lists)
run env O="$tap_tmp/output" "$TOP/scripts/kernel" linux-image-0.0-none/sid
is "$rc" 1 'unknown package: status'
case $err in
*'cannot find'*) skip "$err" 'unknown package: says so' ;;
*) like "$err" 'sid has no linux-image-0.0-none' 'unknown package: says so' ;;
esac
[ -z "$before" ] || is "$(lists)" "$before" 'the lists of this machine are as they were'
is "$(find "$tap_tmp/output" -type f ! -name .lock)" '' 'nothing is left of the copy'

run "$TOP/scripts/kernel" --print-dir $package/sid
if [ "$rc" = 0 ]; then
	is "$out" "$dir" 'prints the directory'
	release=$(cat "$dir/release")
	modules=modules/lib/modules/$release
	for file in config vmlinuz "$modules/modules.dep" "$modules/modules.builtin" \
		build/Makefile build/Module.symvers; do
		ok "there is ${file##*/}" test -s "$dir/$file"
	done
	ok 'vmlinux is ELF with BTF' sh -c "readelf -SW '$dir/vmlinux' | grep -q ' \.BTF '"
	ok 'the headers are of the same release' \
		grep -qF "\"$release\"" "$dir/build/include/generated/utsrelease.h"

	run "$TOP/scripts/vm" --kernel $package/sid --kmod sd_mod --kmod virtio_net -- \
		sh -c 'uname -r; modprobe -a sd_mod virtio_net && ls -d /sys/module/sd_mod /sys/module/virtio_net'
	is "$rc" 0 'it boots: status'
	is "$out" "$release
/sys/module/sd_mod
/sys/module/virtio_net" 'it boots, and its modules load'
else
	like "$err" 'cannot (find|download) .*run it again' 'no network: says what to do'
	skip "$err" 'the kernel'
fi

done_testing
