#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/kernel: what is cached needs no network, and a fetch that fails or is stopped leaves nothing.

. "$(dirname "$0")/../lib.sh"
kernel=$TOP/scripts/kernel
empty=$tap_tmp/output
package=linux-image-6.12-cloud-amd64

# nothing but the lock that two fetches share
left() {
	find "$empty/kernels" -mindepth 1 ! -name .lock 2>/dev/null
}

run "$kernel" --help
is "$rc" 0 'help: status'
like "$out" '^Usage: scripts/kernel' 'help: shows the usage'

run "$kernel" --no-such-option
is "$rc" 2 'unknown option: status'
is "$out" '' 'unknown option: nothing on stdout'
is "$(printf '%s\n' "$err" | wc -l)" 1 'unknown option: one line on stderr'

run "$kernel" $package --
is "$rc" 2 'no command after --: status'

run "$kernel" bash
is "$rc" 2 'not a kernel package: status'

for name in linux-image-cloud-amd64/ linux-image-cloud-amd64/trixie linux-image-cloud-amd64_sid/sid; do
	run "$kernel" $name
	is "$rc" 2 "not a suite, $name: status"
	like "$err" 'only sid is: ' "not a suite, $name: says which there is"
done

# The proxy is one that nobody listens at: any use of the network fails.  What the machine's own
# configuration of apt says of proxies comes before the environment, so it is not read.
cat >"$tap_tmp/apt.conf" <<END
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Acquire::http::Proxy "http://127.0.0.1:1";
Acquire::https::Proxy "http://127.0.0.1:1";
END
export APT_CONFIG="$tap_tmp/apt.conf" http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1

run env O="$empty" "$kernel" linux-image-0.0-none
is "$rc" 1 'unknown package: status'
like "$err" 'apt knows no linux-image-0.0-none .*apt-cache search' 'unknown package: says where to look'
is "$(left)" '' 'unknown package: no half-made cache'

run env O="$empty" "$kernel" $package
is "$rc" 1 'no network: status'
like "$err" "cannot (download|find) $package: .*run it again|apt knows no $package" 'no network: says what to do'
is "$(left)" '' 'no network: no half-made cache'

run env O="$empty" "$kernel" $package/sid
is "$rc" 1 'sid, no network: status'
like "$err" "cannot find $package/sid: .*run it again|apt has no package lists" 'sid, no network: says what to do'
is "$(left)" '' 'sid, no network: no half-made cache'

# whoever has a directory of it can also name it by that
mkdir -p "$empty/kernels/linux-image-x_sid"
sed -n 's/^layout=//p' "$kernel" >"$empty/kernels/linux-image-x_sid/.layout"
for name in linux-image-x/sid linux-image-x_sid; do
	run env O="$empty" "$kernel" --print-dir $name
	is "$out" "$empty/kernels/linux-image-x_sid" "$name: its directory"
done
run env O="$empty" "$kernel" linux-image-x/sid -- true
is "$rc" 1 'the compiler of sid, no network: status'
like "$err" 'compiler of sid: .*run it again|apt has no package lists' 'the compiler of sid, no network: says what to do'
rm -r "$empty/kernels/linux-image-x_sid"

CW_KERNEL=$(echo "$CW_KERNEL" | tr / _)
dir=$O/kernels/$CW_KERNEL
if [ -e "$dir/.layout" ]; then
	run "$kernel" --print-dir "$CW_KERNEL"
	is "$rc" 0 'cached, no network: status'
	is "$out" "$dir" 'cached: prints the directory'
	is "$err" '' 'cached: says nothing'
	release=$(cat "$dir/release")
	ok 'cached: modules of the release' test -e "$dir/modules/lib/modules/$release/modules.dep"
	ok 'cached: the headers are of the same release' \
		grep -qF "\"$release\"" "$dir/build/include/generated/utsrelease.h"
	ok 'cached: vmlinux is ELF with BTF' sh -c "readelf -SW '$dir/vmlinux' | grep -q ' \.BTF '"
	run "$kernel" "$CW_KERNEL" -- sh -c 'exit 7'
	is "$rc" 7 'cached: status of a command'
else
	skip "$CW_KERNEL is not in $O" 'cached'
fi
unset APT_CONFIG http_proxy https_proxy

# Stopped while it downloads or unpacks; the temporary directory must have been there before.
env O="$empty" "$kernel" $package 2>"$tap_tmp/err" &
pid=$!
# shellcheck disable=SC2317 # called by wait_for
half_made() { [ -n "$(left)" ]; }
if wait_for 20 half_made && kill -TERM $pid; then
	rc=0
	wait $pid || rc=$?
	is "$rc" 143 'SIGTERM: status'
	like "$(cat "$tap_tmp/err")" 'interrupted, nothing was kept' 'SIGTERM: says so'
	is "$(left)" '' 'SIGTERM: no half-made cache'
else
	skip 'it ended before it could be stopped' 'SIGTERM'
fi

done_testing
