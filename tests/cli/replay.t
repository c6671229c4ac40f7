#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Recordings replayed: one from another machine and kernel is judged as it was then, by anybody; what
# is damaged or foreign is said in one line.

. "$(dirname "$0")/../lib.sh"

file=$tap_tmp/a.ccw
sqlite3 "$file" <"$TOP/tests/data/recording-1.sql" >/dev/null

run "$CW" replay -o ndjson="$tap_tmp/nd" "$file"
is "$rc" 1 'violations: exit status 1'
is "$out$err" '' 'and nothing else is said'
is "$(grep -o '"rule":"[A-Z0-9]*","name":"[a-z-]*","outcome":"violated"' "$tap_tmp/nd" | cut -d'"' -f4 | sort | tr '\n' ' ')" \
	"$(sqlite3 "$file" "SELECT rule FROM rules WHERE outcome = 'violated' ORDER BY rule" | tr '\n' ' ')" \
	'the rules that were violated then'
is "$(grep -c '"type":"violation"' "$tap_tmp/nd")" \
	"$(sqlite3 "$file" 'SELECT count(*) FROM violations WHERE severity = 1')" 'as many violations as then'
is "$(grep -c '"stack":\["' "$tap_tmp/nd")" "$(sqlite3 "$file" 'SELECT count(*) FROM violations WHERE stack > 0')" \
	'with their stacks'
run "$CW" replay "$file"
is "$rc" 1 'as text'
like "$out" '^ +stack +cw_transition\+0x[0-9a-f]+/0x[0-9a-f]+ \[cocovm\]$' 'with the names of that kernel'

# terminal [NAME=VALUE...]: sets $out to what a terminal gets
terminal() {
	run script -qec "env -u NO_COLOR TERM=xterm $* '$CW' replay '$file'" /dev/null </dev/null
	is "$rc" 1 "to a terminal, $*: exit status 1"
}
escape=$(printf '\033')
terminal
like "$out" "$escape\\[[0-9;]*mVIOLATION" 'a terminal gets colours'
terminal NO_COLOR=
like "$out" "$escape" 'with an empty NO_COLOR too'
for none in NO_COLOR=1 NO_COLOR=0 TERM=dumb; do
	terminal "$none"
	like "$out" '^VIOLATION' "with $none it gets the same"
	unlike "$out" "$escape" 'and no escape sequence'
done
run "$CW" replay "$file"
unlike "$out" "$escape" 'a pipe gets none either'

pointers=$O/tests/data/kernel_pointers
run "$pointers" "$file"
is "$rc" 0 'it has no address of the kernel'
is "$out" '' 'none at all'
cp "$file" "$tap_tmp/b.ccw"
sqlite3 "$tap_tmp/b.ccw" "UPDATE stats SET count = -131391635898368 WHERE stat = 0;
	UPDATE symbols SET text = 'at ffff888001234560' WHERE id = 1"
run "$pointers" "$tap_tmp/b.ccw"
is "$rc" 1 'where there are some they are found'
is "$(printf '%s\n' "$out" | cut -d: -f1 | sort | tr '\n' ' ')" 'stats symbols ' 'each of them'

# changed SQL WORDS STATUS NAME
changed() {
	cp "$file" "$tap_tmp/b.ccw"
	sqlite3 "$tap_tmp/b.ccw" "$1"
	run "$CW" replay "$tap_tmp/b.ccw"
	is "$rc" "$3" "$4: exit status $3"
	is "$(printf '%s\n' "$err" | grep -c .)" 1 "$4: one line"
	like "$err" "$2" "$4: says what"
}
changed 'PRAGMA user_version = 9' 'it is a recording of version 9, and this program reads version 1$' 2 'a later version'
changed "UPDATE session SET value = 3 WHERE name = 'abi_major'" 'its records are of ABI 3' 2 'records of another ABI'
changed 'CREATE TABLE more(x)' 'it is damaged: its tables are not those of a recording$' 3 'a table too many'
changed "DELETE FROM session WHERE name = 'ts_ns'" "it is damaged: session: 'ts_ns' is missing\$" 3 'a name that is missing'

# what was violated then stays so, whatever the records say now; and it is said
changed "UPDATE events SET records = zeroblob(99)" 'is damaged: block 1 of its records is damaged$' 1 'records that are none'
changed "UPDATE rules SET checked = checked + 1 WHERE rule = 'S5'" \
	'the replay differs from the recording in 1 places: S5 was judged 15 times with 1 violations, and is now 14 times with 1$' \
	1 'counts that were changed'

head -c 20000 "$file" >"$tap_tmp/b.ccw"
run "$CW" replay "$tap_tmp/b.ccw"
is "$rc" 3 'cut off: exit status 3'
like "$err" 'cannot replay .*: it is damaged: ' 'cut off: said'
: >"$tap_tmp/b.ccw"
run "$CW" replay "$tap_tmp/b.ccw"
is "$rc" 2 'an empty file: exit status 2'
run "$CW" replay "$TOP/tests/data/recording-1.sql"
is "$rc" 2 'a text: exit status 2'
run sh -c "\"$CW\" replay \"$file\" >/dev/full"
is "$rc" 1 'a report that cannot be written does not hide a violation'
like "$err" 'cannot write text output to stdout: No space left on device' 'and is said'

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$tap_tmp"
	cp "$CW" "$tap_tmp/cocowatch"
	chmod 644 "$file"
	chmod 755 "$tap_tmp/cocowatch"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$tap_tmp/cocowatch" replay "$file"
	is "$rc" 1 'without any privilege'
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$tap_tmp/cocowatch" record -o "$tap_tmp/c.ccw"
	is "$rc" 3 'record in a directory of others: exit status 3'
	is "$err" "cocowatch: cannot record to $tap_tmp/c.ccw: Permission denied" 'record in a directory of others: said'
	run "$CW" record -o "$file"
	is "$rc" 3 'record over a recording: exit status 3'
	is "$err" "cocowatch: cannot record to $file: File exists" 'record over a recording: said'
else
	skip 'needs root and setpriv' 'without any privilege'
fi

done_testing
