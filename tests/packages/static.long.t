#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The file that `make static` makes runs where there is nothing else, and watches.

. "$(dirname "$0")/../lib.sh"

static=$O/static/cocowatch
[ "$(id -u)" = 0 ] || skip_all 'needs root for chroot'
[ -x "$static" ] || run make -C "$TOP" --no-print-directory O="$O" static
ok 'it is made' test -x "$static"
unlike "$(readelf -l "$static")" INTERP 'it asks for no loader'
unlike "$(readelf -d "$static")" NEEDED 'and for no library'

mkdir "$tap_tmp/empty"
cp "$static" "$tap_tmp/empty/"
alone() {
	run chroot "$tap_tmp/empty" /cocowatch "$@"
}
alone --version
is "$rc$err" 0 '--version in an empty chroot'
is "$out" "$("$CW" --version)" '--version: as the other one'
alone rules
is "$rc$err" 0 'rules in an empty chroot'
is "$out" "$("$CW" rules)" 'rules: as the other one'
alone doctor
is "$rc$err" 3 'doctor in an empty chroot: no session can start'
like "$out" '^BTF +missing' 'doctor: and why'
alone watch
is "$rc" 3 'watch in an empty chroot: exit status 3'
is "$(printf '%s\n' "$err" | wc -l)" 1 'watch: one line'

alone metrics --listen 127.0.0.1:9464
is "$rc" 2 'metrics --listen: exit status 2'
is "$err" 'cocowatch: --listen: this cocowatch was built without HTTP (make static); --textfile works' 'metrics --listen: says why'

release=$(cat "$O/kernels/$CW_KERNEL/release")
# shellcheck disable=SC2016 # expanded in the guest
run "$TOP/scripts/vm" --kernel "$CW_KERNEL" --program "$static" --insmod "$O/kmod/$release/cocovm.ko" -- \
	/usr/local/bin/cocowatch gate --slow-limit 20s -- sh -c 'echo honest plain >/dev/cocovm; echo run wrong-bit >/dev/cocovm'
is "$rc" 1 'in a machine: it finds what is wrong'
like "$out" '^VIOLATION  T3 ' 'in a machine: and says what'
like "$out" '^ +cw_[a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[cocovm\]$|^  stack +cw_' 'in a machine: with names in the stack'
done_testing
