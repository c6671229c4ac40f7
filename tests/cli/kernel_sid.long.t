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

	mounts=$(cat /proc/mounts)
	mkdir "$tap_tmp/module"
	echo 'obj-m += empty.o' >"$tap_tmp/module/Kbuild"
	printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("empty");\n' \
		>"$tap_tmp/module/empty.c"
	run env O="$O" "$TOP/scripts/kernel" $package/sid -- sh -c "ls '$tap_tmp'"
	unlike "$out" module 'its root directory has no more of this machine than this tree and the output'
	cp -r "$tap_tmp/module" "$O/sid-module"
	run "$TOP/scripts/kernel" $package/sid -- make -s -C "$dir/build" M="$O/sid-module" modules
	is "$rc" 0 'a module is built with the compiler of sid'
	[ "$rc" = 0 ] || diag "$err"
	ok 'the module is there' test -s "$O/sid-module/empty.ko"
	rm -r "$O/sid-module"
	is "$(cat /proc/mounts)" "$mounts" 'nothing is left mounted'

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
