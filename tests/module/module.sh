# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots one machine for a list of sections of a guest script, and passes their TAP on.
#
# Usage: . module.sh; boot CPUS SECTION...
#
# module_guest: the script (default: guest.sh).  module_out: a directory for what it leaves in /out.
# module_args: more for scripts/vm.  module_limit: seconds, boot included (540).

TOP=$(cd "$(dirname "$0")/../.." && pwd)
: "${O:=$TOP/.build}" "${CW:=$O/cocowatch}" "${CW_KERNEL:=linux-image-6.12-cloud-amd64}"
export O
module_args=()
. "$TOP/scripts/emulated.sh"

module_run() {
	local cpus=$1 release
	shift
	release=$(cat "$O/kernels/$CW_KERNEL/release") || exit 1
	"$TOP/scripts/vm" --kernel "$CW_KERNEL" --cpus "$cpus" --timeout "${module_limit:-540}" --log "$module_tmp/log" \
		--program "$CW" --program "$(PATH=$PATH:/usr/sbin command -v bpftool)" --module "$O/kmod/$release/cocovm.ko" \
		--file "$TOP/tests/lib.sh:/tests/lib.sh" \
		--file "$TOP/tests/module/${module_guest:=guest.sh}:/tests/guest.sh" \
		--out "${module_out:=$module_tmp/files}" \
		"${module_args[@]}" -- sh /tests/guest.sh "$@" >"$module_tmp/out" 2>"$module_tmp/err" &
	module_vm=$!
	wait $module_vm
}

boot() {
	local rc=0 tries=3 fault
	module_tmp=$(mktemp -d "${TMPDIR:-/tmp}/module.XXXXXX")
	trap 'rm -rf "$module_tmp"' EXIT
	trap 'kill $module_vm; exit 143' TERM INT
	module_run "$@" || rc=$?
	while [ $rc = 122 ] && [ $((tries -= 1)) -gt 0 ] && fault=$(emulated_cpu_broke "$module_tmp/log"); do
		echo "# an emulated CPU went wrong ($fault): once more, its CPUs in turns"
		module_args+=(--in-turns)
		rc=0
		module_run "$@" || rc=$?
	done
	cat "$module_tmp/out"
	cat "$module_tmp/err" >&2
	[ $rc != 122 ] || tail -n 60 "$module_tmp/log" >&2
	exit $rc
}
