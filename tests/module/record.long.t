#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sessions recorded in a machine, on one kernel, and replayed here, on another: the same exit status,
# and the same reports, byte for byte.

. "$(dirname "$0")/../lib.sh"

release=$(cat "$O/kernels/$CW_KERNEL/release") || exit 1
got=$tap_tmp/got
mkdir -p "$got"
export O

# shellcheck disable=SC2317 # called by run
machine() {
	"$TOP/scripts/vm" --kernel "$CW_KERNEL" --cpus 2 --timeout 500 --log "$tap_tmp/log" --out "$got" \
		--program "$CW" --module "$O/kmod/$release/cocovm.ko" \
		--file "$TOP/tests/module/record_guest.sh:/tests/record_guest.sh" -- sh /tests/record_guest.sh
}

run machine
is "$rc" 0 'the machine records'
[ "$rc" = 0 ] || diag "$err"

# replayed NAME: again, with the outputs that the session had
replayed() {
	run "$CW" replay -o ndjson="$tap_tmp/$1.ndjson" -o text="$tap_tmp/$1.txt" "$got/$1.ccw"
}

# Z4 is judged by bytes, which no recording has: its counts are those of the session, and marked so.
z4_marked() {
	sed -i -e '/^Z4 /s/  counted when it was recorded$//' -e '/^Z4 /s/counted when it was recorded; //' "$tap_tmp/$1.txt"
	sed -i -e 's/\({"rule":"Z4"[^}]*\),"note":"counted when it was recorded"/\1/' \
		-e 's/\({"rule":"Z4"[^}]*"note":"\)counted when it was recorded; /\1/' "$tap_tmp/$1.ndjson"
}

same() {
	replayed "$1"
	like "$(cat "$tap_tmp/$1.txt")" '^Z4 .*counted when it was recorded' "$1: what cannot be judged again is marked"
	z4_marked "$1"
	is "$rc" "$(cat "$got/$1.rc")" "$1: replay ends as the session did"
	is "$err" '' "$1: and says nothing"
	ok "$1: the same NDJSON" cmp "$got/$1.ndjson" "$tap_tmp/$1.ndjson"
	ok "$1: the same text" cmp "$got/$1.txt" "$tap_tmp/$1.txt"
}

is "$(cat "$got/honest.rc")" 0 'honest: held'
same honest
is "$(cat "$got/misbehave.rc")" 1 'misbehave: violated'
same misbehave
same addresses

# everything is in it, or it is said what is not
lost=$(sqlite3 -readonly "$got/load.ccw" 'SELECT coalesce(sum(count), 0) FROM losses')
if [ "$lost" = 0 ]; then
	is "$(cat "$got/load.rc")" 0 'load: nothing is lost, and the rules held'
	same load
else
	is "$(cat "$got/load.rc")" 3 "load: $lost records are lost, and that is no verdict"
	replayed load
	is "$rc" 3 'load: nor is it when replayed'
fi
bytes=$(stat -c %s "$got/load.ccw")
events=$(sqlite3 -readonly "$got/load.ccw" 'SELECT sum(nr) FROM events')
ok 'load: under 200 bytes an event' test "$bytes" -lt $((200 * events))
diag "load: $events records in $bytes bytes, $((bytes / events)) each, $lost lost"

pointers=$O/tests/data/kernel_pointers
for name in misbehave load; do
	run "$pointers" "$got/$name.ccw"
	is "$rc" 0 "$name: no address of the kernel is in it"
	[ "$rc" = 0 ] || diag "$(printf '%s\n' "$out" | head -n 20)"
done
run "$pointers" "$got/addresses.ccw"
is "$rc" 1 'addresses: they are, when asked for'

run "$CW" replay "$got/killed.ccw"
is "$rc" 3 'killed: no verdict'
like "$out" 'the recording ends in the middle of its session' 'killed: and why'
like "$out" '^T3 .*held' 'killed: what was recorded is judged'

is "$(cat "$got/full.rc")" 3 'disk full: no verdict'
like "$(cat "$got/full.err")" 'cannot record to /small/full.ccw: .*full' 'disk full: said'
like "$(cat "$got/full.txt")" '^lost: [1-9][0-9]* records that user space could not take' 'disk full: counted'
is "$(cat "$got/full.replay_rc")" 3 'disk full: what is there can be replayed'
ok 'disk full: with one line on stderr at most' test "$(grep -c . "$got/full.replay_err")" -le 1
like "$(cat "$got/full.replay_err" "$got/full.replayed")" '^(cocowatch: cannot replay|no verdict: )' 'disk full: and why not more'

is "$(cat "$got/full_violated.rc")" 1 'disk full, and a violation: violated'
like "$(cat "$got/full_violated.err")" 'cannot record to /small/full.ccw: .*full' 'disk full, and a violation: both are said'
like "$(cat "$got/full_violated.txt")" '^VIOLATION +T3 ' 'disk full, and a violation: this one too'
is "$(cat "$got/full_violated.command")" ended 'disk full, and a violation: the command ran to its end'

is "$(cat "$got/flight.rc")" 1 'flight: violated'
is "$(grep -c 'history written to /out/flight/' "$got/flight.err")" 2 'flight: written for the signal, and for the violation'
last=$(find "$got/flight" -name '*.ccw' | sort -V | tail -n 1)
run "$CW" replay "$last"
is "$rc" 1 'flight: the violation is in it'
like "$out" '^VIOLATION.* T3 |^T3 .*violated' 'flight: and is reported'
# history SELECT FILE: of the blocks behind the baseline, in ms
history() {
	sqlite3 -readonly "$2" "WITH all_of AS (SELECT *, sum(nr) OVER (ORDER BY id) AS total FROM events),
		own AS (SELECT * FROM all_of WHERE total > (SELECT value FROM session WHERE name = 'nr_baseline')),
		h AS (SELECT min(first_ns) AS first_ns, max(last_ns) AS last_ns,
			(SELECT last_ns FROM own ORDER BY id LIMIT 1) AS begun_ns FROM own)
		SELECT ($1) / 1000000 FROM h"
}
span=$(history 'last_ns - first_ns' "$(find "$got/flight" -name '*.ccw' | sort -V | head -n 1)")
ok "flight: for the signal 5 s ($span ms)" test "$span" -ge 5000
behind=$(history 'last_ns - begun_ns' "$(find "$got/flight" -name '*.ccw' | sort -V | head -n 1)")
ok "flight: and but for the block that they begin in no more ($behind ms)" test "$behind" -le 5000
before=$(history '(SELECT max(ts_ns) FROM violations WHERE severity = 1) - first_ns' "$last")
ok "flight: 5 s before the violation are in it ($before ms)" test "$before" -ge 5000
after=$(history 'last_ns - (SELECT max(ts_ns) FROM violations WHERE severity = 1)' "$last")
ok "flight: and what came until it was written ($after ms)" test "$after" -ge 0 -a "$after" -lt 8000
dropped=$(sqlite3 -readonly "$last" "SELECT value FROM session WHERE name = 'nr_dropped'")
ok "flight: what is older is not ($dropped records)" test "$dropped" -gt 0
ok "flight: under 64 MiB ($(cat "$got/flight.rss") KiB)" test "$(cat "$got/flight.rss")" -lt 65536

ok "snapshot as a reaction: at once, each time ($(cat "$got/react.nr"))" test "$(cat "$got/react.nr")" -ge 2
like "$(cat "$got/react.txt")" '^reaction    T3 snapshot: [2-9][0-9]* done' 'snapshot as a reaction: counted'

done_testing
