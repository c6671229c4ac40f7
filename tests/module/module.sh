# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots one machine for a list of sections of guest.sh, and passes their TAP on.
#
# Usage: . module.sh; boot CPUS SECTION...

TOP=$(cd "$(dirname "$0")/../.." && pwd)
: "${O:=$TOP/.build}" "${CW:=$O/cocowatch}" "${CW_KERNEL:=linux-image-6.12-cloud-amd64}"
export O

boot() {
	local cpus=$1 release
	shift
	release=$(cat "$O/kernels/$CW_KERNEL/release") || exit 1
	exec "$TOP/scripts/vm" --kernel "$CW_KERNEL" --cpus "$cpus" --timeout 540 \
		--program "$CW" --program "$(PATH=$PATH:/usr/sbin command -v bpftool)" --module "$O/kmod/$release/cocovm.ko" \
		--file "$TOP/tests/lib.sh:/tests/lib.sh" \
		--file "$TOP/tests/module/guest.sh:/tests/guest.sh" \
		-- sh /tests/guest.sh "$@"
}
