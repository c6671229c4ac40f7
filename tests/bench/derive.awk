# SPDX-License-Identifier: GPL-2.0-only
#
# From what was measured to what is wanted, both as lines "KEY VALUE".  The two sides of a
# difference or a ratio are of one round.

function emit(key, value) { printf "%s %.6g\n", key, value }
{ n = ++nr[$1]; v[$1, n] = $2 }
$1 ~ /^trans_.*_(on|off)$/ { key = $1; sub("trans", "tps", key); emit(key, 1e9 / $2) }
$1 ~ /^trans_.*_on$/ {
	size = $1; gsub("trans_|_on", "", size)
	off = v["trans_" size "_off", n]
	added[size] = ($2 - off) / 1e3
	emit("added_" size, added[size])
	emit("ratio_" size, $2 / off)
	if (size == 512) emit("added_page", (added[512] - added[1]) / 511)
}
$1 == "exit_on" { emit("ratio_exit", $2 / v["exit_off", n]) }
$1 == "VmHWM" { emit("hwm", $2 / 1024) }
$1 == "VmRSS" { emit("rss", $2 / 1024) }
$1 == "maps_other" { emit("maps", $2 / 1048576) }
/^run\./ { emit($1, $2 / 1e3) }
$1 == "box_rss" { emit("box_rss", $2 / 1024) }
/^insns\.|^box_(boot|reads) |^attach |^watch_lost |^engine_|^ring_|^state_/ { emit($1, $2) }
