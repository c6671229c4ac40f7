#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/box, as a user calls it: a disk that may not be written is write-protected in the guest, and SIGTERM ends all.
# shellcheck disable=SC2016 # expanded in the machines

. "$(dirname "$0")/../lib.sh"

export COCOBOX=$O/cocobox TMPDIR=$tap_tmp/scratch
mkdir -p "$TMPDIR"
unshare -rm true 2>/dev/null || skip_all 'no mount namespaces here'
head -c 1048576 /dev/urandom >"$tap_tmp/fixed"
cp "$tap_tmp/fixed" "$tap_tmp/before"

# protected COMMAND...: with the file read-only, for root too
# shellcheck disable=SC2317 # called by run
protected() {
	unshare -rm sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"' sh \
		"$tap_tmp/fixed" "$@"
}

run protected "$TOP/scripts/box" run --kernel "$CW_KERNEL" --append quiet --timeout 200s --disk "$tap_tmp/fixed" \
	--console "$tap_tmp/console" --referee "$tap_tmp/account" --exec '
	echo "read-only: $(cat /sys/block/sda/ro)"
	dd if=/dev/zero of=/dev/sda bs=4k count=1 conv=notrunc,fsync 2>/dev/null && echo written
	echo "sum: $(sha256sum </dev/sda)"
	exit 5'
is "$rc" 5 'the status comes back'
like "$out" '^read-only: 1$' 'the disk is write-protected'
unlike "$out" '^written$' 'and cannot be written'
like "$out" "^sum: $(sha256sum <"$tap_tmp/before")$" 'its bytes are the file'\''s'
ok 'the file is as it was' cmp "$tap_tmp/fixed" "$tap_tmp/before"
like "$(cat "$tap_tmp/account")" '"type":"summary"' 'the account comes back'
[ "$rc" = 5 ] || diag "$err"

"$TOP/scripts/box" run --kernel "$CW_KERNEL" --append quiet --timeout 200s --exec 'echo up; sleep 100' \
	>"$tap_tmp/out" 2>"$tap_tmp/err" &
pid=$!
ok 'a run is under way' wait_for 150 grep -qs '^up' "$tap_tmp/out"
kill -TERM $pid
rc=0
wait $pid || rc=$?
is "$rc" 143 'SIGTERM: status 143'
is "$(ls "$TMPDIR")" '' 'nothing is left behind'
not_ok 'and nothing goes on running' pgrep -f "$TMPDIR"
done_testing
