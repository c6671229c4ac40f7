#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is exported is read by those that it is for: babeltrace2 and protoc; and the page for browsers is drawn by one.

. "$(dirname "$0")/../lib.sh"

make=$O/tests/data/make_recording
cd "$tap_tmp" || exit
"$make" a.ccw 2000 || exit
"$CW" export -o ctf=ctf -o perfetto=trace -o ndjson=lines a.ccw || exit
events=$(grep -c '"type":"event"' lines)
findings=$(grep -c '"type":"violation"' lines)

#--- CTF -----------------------------------------------------------------------------------------

run babeltrace2 ctf
is "$rc $err" '0 ' 'babeltrace2 reads the trace and has nothing to say of it'
is "$(wc -l <<<"$out")" $((events + findings)) 'all events and findings are in it'
is "$(grep -c ' finding: ' <<<"$out")" "$findings" 'findings among them'
is "$(grep -c ' end: .*ret = 0' <<<"$out")" "$(grep -c '"type":"event".*"event":"end"' lines)" 'and each end, with its result'
# field by field, of the first free
want=$(grep -m 1 '"event":"page_free"' lines | sed 's/.*"gfn":\([0-9]*\).*/\1/')
like "$(grep -m 1 ' page_free: ' <<<"$out")" "\\{ gfn = 0x$(printf %X "$want")," 'numbers are the same'

#--- Perfetto ------------------------------------------------------------------------------------

run protoc --decode_raw <trace
is "$rc" 0 'protoc decodes the trace'
is "$(grep -c '^1 {' <<<"$out")" $((events + findings + 2)) 'a packet each, and two tracks'
is "$(grep -c '^    9: 1$' <<<"$out")" "$(grep -c '"type":"event".*"event":"begin"' lines)" 'each transition begins a slice'
is "$(grep -c '^    9: 2$' <<<"$out")" "$(grep -c '"type":"event".*"event":"end"' lines)" 'and ends it'
is "$(grep -c '    23: "S3 private-before-free"' <<<"$out")" 1 'the violation is there'

#--- the page ------------------------------------------------------------------------------------

"$CW" report --html page.html a.ccw
browser() {
	timeout 120 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=5000 "$@" "file://$tap_tmp/page.html" 2>browser.log
}

browser --dump-dom >dom
is "$(grep -o '<details' dom | wc -l)" "$findings" 'the browser lists the findings'
is "$(grep -o '<button' dom | wc -l)" "$findings" 'each has a mark on the map'
is "$(grep -o '<polygon' dom | wc -l)" 1 'the owner has an area'
like "$(cat dom)" '<h1 id="title">cocowatch: violated' 'the verdict is the title'
for scheme in 0 1; do
	browser --hide-scrollbars --window-size=1200,1400 --blink-settings=preferredColorScheme=$scheme --screenshot=page$scheme.png
	ok "it draws it ($([ $scheme = 0 ] && echo dark || echo light))" test "$(stat -c %s page$scheme.png)" -gt 40000
done
not_ok 'dark is not light' cmp -s page0.png page1.png

#--- a million events ----------------------------------------------------------------------------

"$make" big.ccw 100000 || exit
is "$(sqlite3 big.ccw 'SELECT sum(nr) >= 1000000 FROM events')" 1 'a recording of a million records'
run "$CW" report --html big.html big.ccw
is "$rc" 0 'its report is made'
diag "a page of a million records: $(stat -c %s big.html) bytes"
ok 'its page is under 20 MB' test "$(stat -c %s big.html)" -lt 20000000
done_testing
