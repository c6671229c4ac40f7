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
# browser FILE OPTION...
browser() {
	local page=$1
	shift
	timeout 120 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget="${budget:-5000}" "$@" \
		"file://$tap_tmp/$page" 2>browser.log
}

# clicked FILE: a copy whose first violation on the map is clicked, as the browser has it then
clicked() {
	cp "$1" click.html
	echo '<script>document.querySelector("#map button").click();</script>' >>click.html
	browser click.html --dump-dom
}

# contrast FILE SCHEME: each pair of colours with the ratio of WCAG 2.2 (1.4.3), "TEXT GROUND RATIO"
contrast() {
	sed -n '/^:root {/,/^}/p;/^@media (prefers-color-scheme: dark)/,/^}/p' "$1" | awk -v scheme="$2" '
		/@media/ { dark = 1 }
		dark == (scheme == "dark") {
			for (i = 1; i < NF; i++)
				if ($i ~ /^--[a-z0-9]+:$/) color[substr($i, 3, length($i) - 3)] = substr($(i + 1), 2, 6)
		}
		function part(hex,   v) {
			v = (16 * (index("0123456789abcdef", substr(hex, 1, 1)) - 1) + \
				index("0123456789abcdef", substr(hex, 2, 1)) - 1) / 255
			return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ^ 2.4
		}
		function light(c) {
			return 0.2126 * part(substr(c, 1, 2)) + 0.7152 * part(substr(c, 3, 2)) + 0.0722 * part(substr(c, 5, 2))
		}
		END {
			n = split("ink soft bad warn good", text); split("page panel", ground)
			for (i = 1; i <= n; i++) for (k = 1; k <= 2; k++) {
				a = light(color[text[i]]); b = light(color[ground[k]])
				ratio = (a + .05) / (b + .05)
				printf "%s %s %.2f\n", text[i], ground[k], (ratio < 1 ? 1 / ratio : ratio)
			}
		}'
}

browser page.html --dump-dom >dom
is "$(grep -o '<details' dom | wc -l)" "$findings" 'the browser lists the findings'
is "$(grep -o '<button' dom | wc -l)" "$findings" 'each has a mark on the map'
is "$(grep -o '<polygon' dom | wc -l)" 1 'the owner has an area'
like "$(cat dom)" '<h1 id="title">cocowatch: violated' 'the verdict is the title'
for scheme in 0 1; do
	browser page.html --hide-scrollbars --window-size=1200,1400 --blink-settings=preferredColorScheme=$scheme --screenshot=page$scheme.png
	ok "it draws it ($([ $scheme = 0 ] && echo dark || echo light))" test "$(stat -c %s page$scheme.png)" -gt 40000
done
not_ok 'dark is not light' cmp -s page0.png page1.png
for scheme in light dark; do
	contrast page.html $scheme >figures
	is "$(wc -l <figures)" 10 "$scheme: five colours of text on two grounds"
	is "$(awk '$3 < 4.5' figures)" '' "$scheme: each stands out, 4.5 to 1 or more"
	diag "$scheme: $(sort -n -k 3 figures | head -n 1) is the least"
done
unlike "$(cat dom)" '<details[^>]* open' 'no finding is open'
clicked page.html >dom
is "$(grep -o '<details[^>]* open' dom | wc -l)" 1 'a click on a violation of the map opens one'
like "$(cat dom)" '<details id="v[0-9]+" open="" class="hit"' 'and marks it'

#--- a million events ----------------------------------------------------------------------------

"$make" big.ccw 100000 || exit
is "$(sqlite3 big.ccw 'SELECT sum(nr) >= 1000000 FROM events')" 1 'a recording of a million records'
run "$CW" report --html big.html big.ccw
is "$rc" 0 'its report is made'
diag "a page of a million records: $(stat -c %s big.html) bytes"
ok 'its page is under 20 MB' test "$(stat -c %s big.html)" -lt 20000000
findings=$(sqlite3 big.ccw 'SELECT sum(violated) FROM rules')
shown=$("$CW" report big.ccw | grep -c '^VIOLATION ')
budget=30000
browser big.html --dump-dom >dom
like "$(cat dom)" '<h1 id="title">cocowatch: violated' 'the browser draws it: its title'
is "$(grep -o '<details' dom | wc -l)" "$shown" 'the findings that a report shows'
is "$(grep -o ': [0-9,]* more like those above' dom | tr -cd '0-9\n' | awk -v n="$shown" '{ n += $1 } END { print n }')" \
	"$findings" 'and with those that are only counted, all there are'
like "$(cat dom)" '<canvas width="240" height="[0-9]+"[^>]* aria-label="shared part of [0-9]+ pieces of memory' 'the map'
is "$(grep -o '<polygon' dom | wc -l)" 1 'and the area'
clicked big.html >dom
like "$(cat dom)" '<details id="v[0-9]+" open="" class="hit"' 'a click on a violation opens it'
done_testing
