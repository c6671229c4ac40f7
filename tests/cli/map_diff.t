#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `cocowatch map --diff` on two files: needs no confidential VM and no privilege; what is no snapshot is refused.

. "$(dirname "$0")/../lib.sh"

wall=1790000000
# snapshot FILE MODE ROW...: OWNER:GFN:PAGES[:ALLOWED], taken $wall seconds after 1970
snapshot() {
	file=$1 mode=$2
	shift 2
	echo "{\"type\":\"map\",\"version\":1,\"wall_ns\":${wall}000000000,\"kernel\":\"6.12\",\"mode\":\"$mode\",\"nr_ranges\":$#}" >"$file"
	for row; do
		echo "$row" | awk -F: '{ printf "{\"type\":\"owner\",\"owner\":\"%s\",\"gfn\":%d,\"nr_pages\":%d,\"allowed\":%s}\n", $1, $2, $3, $4 == "" ? "true" : $4 }'
	done >>"$file"
}

old=$tap_tmp/old new=$tap_tmp/new
snapshot "$old" snp-vtom 'bounce buffer:256:16' 'VMBus rings:512:8' 'unknown:1024:2'
wall=1790003600
snapshot "$new" snp-vtom 'bounce buffer:256:32' 'netvsc buffers:1024:2'

run "$CW" map --diff "$old" "$new"
is "$rc" 0 'two snapshots: exit status 0'
is "$err" '' 'nothing on stderr'
like "$out" '^before      2026-09-21 [0-9:]+ UTC, snp-vtom, Linux 6.12$' 'when and where'
like "$out" '^added     bounce buffer +16  0x110 to 0x11f$' 'what was added'
like "$out" '^gone      VMBus rings +8  0x200 to 0x207$' 'what is gone'
like "$out" '^changed   netvsc buffers +2  0x400 to 0x401, was unknown$' 'whose owner changed'
like "$out" '^bounce buffer +16 +32 +\+16$' 'the sums of each owner'
like "$out" '^16 pages added, 8 gone, 2 of another owner$' 'the sums of all'
like "$out" '^shared      18 pages since before 2026-09-21 14:13:20 UTC \(kept, changed\)$' 'how many are how old'
like "$out" '^            16 pages since between 2026-09-21 14:13:20 UTC and 2026-09-21 15:13:20 UTC \(added\)$' \
	'and how many younger'
unlike "$out" '^kept' 'what did not change is not listed'
run "$CW" map --diff "$old" "$new" --ranges
is "$rc" 0 '--ranges: exit status 0'
like "$out" '^kept      bounce buffer +16  0x100 to 0x10f$' '--ranges: it is'
like "$out" '^added     bounce buffer +16  0x110 to 0x11f$' '--ranges: and so is what did'

run "$CW" map --diff "$old" "$old"
is "$rc" 0 'the same twice: exit status 0'
like "$out" '^0 pages added, 0 gone, 0 of another owner$' 'no difference'
unlike "$out" '^(added|gone|changed)' 'and none is listed'
like "$out" '^shared      26 pages since before ' 'all of them are old'
like "$out" '^            0 pages since between ' 'and none is young'

run "$CW" map --diff "$old" "$new" -o ndjson
is "$rc" 0 'ndjson: exit status 0'
like "$out" '^\{"type":"diff","before":\{"wall_ns":1790000000000000000,.*"nr_added":16,"nr_gone":8,"nr_changed":2,"nr_kept":16\}$' 'ndjson: the sums'
like "$out" '^\{"type":"changed","owner":"netvsc buffers","gfn":1024,"nr_pages":2,"owner_before":"unknown","allowed":true,"shared_before_ns":1790000000000000000\}$' 'ndjson: a change'
like "$out" '^\{"type":"added",.*"gfn":272,.*"shared_after_ns":1790000000000000000,"shared_before_ns":1790003600000000000\}$' \
	'ndjson: between which times it was shared'
like "$out" '^\{"type":"kept",.*"gfn":256,"nr_pages":16,"allowed":true,"shared_before_ns":1790000000000000000\}$' \
	'ndjson: before which time'
unlike "$out" '^\{"type":"(gone|kept|changed)".*shared_after_ns' 'ndjson: and no time after which, where none is known'
unlike "$out" '^\{"type":"gone".*shared_before_ns' 'ndjson: nor any where nothing is shared'

snapshot "$new" snp-vtom 'VMBus interrupt page:77:1:false'
run "$CW" map --diff "$old" "$new"
is "$rc" 1 'what may not be shared: exit status 1'
like "$out" '^added     VMBus interrupt page +1  0x4d, must be private$' 'and it is named'

head -n 2 "$old" >"$new"
run "$CW" map --diff "$old" "$new"
is "$rc" 2 'a file cut short: exit status 2'
is "$err" "cocowatch: $new: cut short: 1 of 3 ranges" 'in one line'
is "$out" '' 'nothing on stdout'
run "$CW" map --diff /etc/passwd "$old"
is "$rc" 2 'a foreign file: exit status 2'
is "$err" 'cocowatch: /etc/passwd: line 1: no JSON' 'in one line'
run "$CW" map --diff /no/such "$old"
is "$rc" 2 'no file: exit status 2'
is "$err" 'cocowatch: cannot read /no/such: No such file or directory' 'in one line'
mkfifo "$tap_tmp/fifo"
run timeout 5 "$CW" map --diff "$old" "$tap_tmp/fifo"
is "$rc" 2 'a pipe, which may never end: exit status 2'
is "$err" "cocowatch: cannot read $tap_tmp/fifo: it is no regular file" 'in one line'
run "$CW" map --diff "$tap_tmp" "$old"
is "$rc" 2 'a directory: exit status 2'
is "$err" "cocowatch: cannot read $tap_tmp: Is a directory" 'in one line'
# shellcheck disable=SC2094 # it only reads
run "$CW" map --diff /dev/stdin "$old" <"$old"
is "$rc" 0 'a file is one by any name: exit status 0'
run "$CW" map --diff "$old" "$old" "$old"
is "$rc" 2 'three files: exit status 2'
run "$CW" map --kexec --diff "$old" "$old"
is "$rc" 2 'with --kexec: exit status 2'
is "$err" 'cocowatch: --diff compares two snapshots, and takes no other option but --ranges and -o' 'in one line'

done_testing
