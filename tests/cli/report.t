#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocowatch report and export on recordings: what they print, bad input, and files that cannot be written.

. "$(dirname "$0")/../lib.sh"

make=$O/tests/data/make_recording
rec=$tap_tmp/a.ccw
"$make" "$rec" 2000 || {
	fail 'a recording is made'
	done_testing
}

run "$CW" report "$rec"
is "$rc" 0 'a report is made, whatever the verdict'
is "$err" '' 'and nothing is complained of'
is "$(grep -c '^VIOLATION  S3' <<<"$out")" 1 'the free is in it'
like "$(sed -n '/^VIOLATION  S3/,/^$/p' <<<"$out")" 'here cpu 0 +task 78 +page_free: 1 page, frame 0x13e80' 'with what was around it'
like "$(tail -n 1 <<<"$out")" '^violated: ' 'and the verdict at the end'

run "$CW" report --page 0x13e80 "$rec"
is "$rc" 0 'the life of a page'
like "$out" 'made shared by task 78 \(maker\) on cpu 0, 9 pages, in 5 us' 'has who shared it'
like "$out" '^ +share_it\+0x10/0x40 \[driver\]$' 'with the stack'
like "$out" 'page_free: 1 page, frame 0x13e80' 'and who freed it'
run "$CW" report --page 0x77777 "$rec"
is "$rc" 0 'a page that took no part'
like "$out" '^nothing: ' 'says so'

run "$CW" report --html "$tap_tmp/a.html" "$rec"
is "$rc $out$err" '0 ' 'a page for browsers, silently'
is "$(stat -c %a "$tap_tmp/a.html")" 600 'that only its owner reads'
ok 'it is small' test "$(stat -c %s "$tap_tmp/a.html")" -lt 1000000
not_ok 'it fetches nothing' grep -q -E 'src=|href=|url\(|@import|fetch\(' "$tap_tmp/a.html"

for format in perfetto ndjson ctf; do
	run "$CW" export -o "$format=$tap_tmp/out.$format" "$rec"
	is "$rc $out$err" '0 ' "export to $format, silently"
done
is "$(head -n 1 "$tap_tmp/out.ndjson" | grep -c '"type":"recording"')" 1 'NDJSON begins with the session'
is "$(grep -c '"type":"violation"' "$tap_tmp/out.ndjson")" 3 'and has the findings'
run "$CW" export -o "perfetto=$tap_tmp/b" -o "ndjson=$tap_tmp/c" "$rec"
ok 'several at once' cmp -s "$tap_tmp/b" "$tap_tmp/out.perfetto"
ok 'each whole' cmp -s "$tap_tmp/c" "$tap_tmp/out.ndjson"
run "$CW" export -o "ctf=$tap_tmp/out.ctf" "$rec"
is "$rc $err" "3 cocowatch: cannot write $tap_tmp/out.ctf: File exists" 'a directory that is there is not written over'

#--- bad input -----------------------------------------------------------------------------------

# bad STATUS LINE COMMAND...: one line on stderr that matches, and this status
bad() {
	local status=$1 line=$2
	shift 2
	run "$@"
	is "$rc" "$status" "${*:2}: status $status"
	like "$err" "$line" "${*:2}: one line says why"
	is "$(wc -l <<<"$err")" 1 "${*:2}: and no more"
}

cd "$tap_tmp" || exit
bad 2 'report: no recording given \(cocowatch report FILE.ccw\)' "$CW" report
bad 2 'takes one recording' "$CW" report a.ccw a.ccw
bad 2 "'zero'" "$CW" report --page zero a.ccw
bad 2 'needs an --output' "$CW" export a.ccw
bad 2 'export: no recording given' "$CW" export -o ctf=x
bad 2 "expected perfetto=FILE" "$CW" export -o svg=x a.ccw
bad 2 "expected perfetto=FILE" "$CW" export -o ctf a.ccw
bad 2 'two outputs go to x' "$CW" export -o ndjson=x -o perfetto=x a.ccw
bad 2 'two outputs go to ./x' "$CW" export -o ctf=x -o perfetto=./x a.ccw
not_ok 'two exports to one place: nothing is made' test -e x
bad 2 'html: given twice' "$CW" report --html x --html y a.ccw
bad 2 'page: given twice' "$CW" report --page 1 --page 0x2 a.ccw
echo hello >text.ccw
bad 2 'no recording' "$CW" report text.ccw
bad 2 'no recording' "$CW" export -o ndjson=x text.ccw
head -c 300000 a.ccw >short.ccw
bad 3 'damaged' "$CW" report short.ccw
bad 3 'No space left' "$CW" report --html /dev/full a.ccw
bad 3 'No space left' "$CW" export -o perfetto=/dev/full a.ccw
bad 3 'No such file' "$CW" export -o ndjson=none/x a.ccw

#--- a table that leads back into itself ---------------------------------------------------------

# at_once COMMAND...: what takes longer is ended, with another status.  Called by run:
# shellcheck disable=SC2317
at_once() {
	timeout 20 "$CW" "$@"
}

# endless TABLE: e.ccw
endless() {
	"$make" e.ccw 20 && sqlite3 e.ccw "INSERT INTO owners VALUES(1, 1000000000, 4096, 8, 1, 'x', 0, 0, 0, 0);
		INSERT INTO pages VALUES(4096, 8, 2)" && "$make" --endless e.ccw "$1"
}

endless events
bad 3 'it is damaged: events: its rows are not in order$' at_once replay e.ccw
bad 3 'it is damaged: events: its rows are not in order$' at_once report e.ccw
bad 3 'it is damaged: events: its rows are not in order$' at_once export -o ndjson=x e.ccw
rm e.ccw
endless transitions
bad 3 'e.ccw is damaged: transitions: its rows are not in order$' at_once report e.ccw
bad 3 'e.ccw is damaged: transitions: its rows are not in order$' at_once report --page 0x5 e.ccw
run at_once replay e.ccw
is "$rc $err" '1 ' 'replay reads the records only'
rm e.ccw
endless violations
bad 3 'violations: its rows are not in order$' at_once export -o ndjson=x e.ccw
rm e.ccw
endless owners
bad 3 'e.ccw is damaged: a table does not end$' at_once report e.ccw
rm e.ccw
endless pages
bad 3 'e.ccw is damaged: pages: its rows are not in order$' at_once report --page 0x5 e.ccw

#--- what is missing is said ---------------------------------------------------------------------

cp a.ccw cut.ccw
sqlite3 cut.ccw "UPDATE session SET value = 0 WHERE name IN ('complete', 'record_hot')"
run "$CW" report cut.ccw
like "$out" '^missing     incomplete: ' 'a session that died is called incomplete'
like "$out" '^missing     packets' 'and packets that were not recorded are said'
sqlite3 cut.ccw "UPDATE events SET records = zeroblob(length(records)) WHERE id = 2"
run "$CW" report cut.ccw
is "$rc" 3 'a block of records that is damaged: status 3'
like "$err" 'block 2 of its records' 'it is said which'
like "$out" '^VIOLATION  T3' 'and the rest is reported'
done_testing
