# SPDX-License-Identifier: GPL-2.0-only
#
# From what was measured to what is wanted, both as lines "KEY VALUE".  The two sides of a
# difference or a ratio are of one round; where a difference is compared with another, which noise
# may turn around, their medians are.

function emit(key, value) { printf "%s %.6g\n", key, value }

# keep(KEY, VALUE): a value of this round, of which END will want the median as well.
function keep(key, value) {
	kept[key, ++nr_kept[key]] = value
	emit(key, value)
}

function median(key,    a, i, j, n, t) {
	n = nr_kept[key]
	for (i = 1; i <= n; i++) {
		t = kept[key, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# Of cocowatch to the better peer.  What costs a peer nothing that could be measured has no ratio.
function ratio(key, of,    bt, bcc, best) {
	bt = median(of "_bt")
	bcc = median(of "_bcc")
	best = bt < bcc ? bt : bcc
	if (nr_kept[of "_cw"] && best > 0)
		emit(key, median(of "_cw") / best)
}

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
$1 == "trans_1_off" { emit("ratio_points", $2 / v["trans_1_bare", n]) }
$1 == "exit_on" { emit("ratio_exit", $2 / v["exit_off", n]) }
$1 == "VmHWM" { emit("hwm", $2 / 1024) }
$1 == "VmRSS" { emit("rss", $2 / 1024) }
$1 == "maps_other" { emit("maps", $2 / 1048576) }
/^run\./ { emit($1, $2 / 1e3) }
$1 == "box_rss" { emit("box_rss", $2 / 1024) }
/^insns\.|^box_(boot|reads) |^attach |^watch_lost |^engine_|^ring_|^record_|^replay_|^state_/ { emit($1, $2) }
/^flight_rss |^html |^line_age |^idle_cpu / { emit($1, $2) }

# ---- beside the peers, in a stock kernel ----

# of off.all, off.cw, off.bt and off.bcc, which follow the watcher that they are compared with, "off"
function rate(name,    key) {
	key = $1
	sub(/\..*/, "", key)
	sub(/^s_[a-z]*/, "s_" name, key)
	emit(key, 1e9 / $2)
}
/^s_conv_/ { rate("tps") }
/^s_packet_/ { rate("pps") }
/^s_exit_/ { rate("eps") }
/^s_(conv_1|conv_16|packet|exit)_off\./ {
	who = key = $1
	sub(/.*\./, "", who)
	sub(/_off.*/, "", key)
	added_ns = v[key "_" who, n] - $2
	sub(/^s_/, "s_added_", key)
	# a process frees many pages
	if (key == "s_added_exit") keep("s_added_free_" who, added_ns / v["s_freed_each", 1])
	else keep(key "_" who, added_ns / 1e3)
}
/^s_bpf_(conv|packet|io)_/ { keep($1, $2 / 1e3) }
/^s_bpf_free_/ { keep($1, $2) }
/^s_run\./ { emit($1, $2 / 1e3) }
/^s_(VmRSS|VmHWM)_/ { emit($1, $2 / 1024) }
$1 == "s_maps_other" { emit("s_maps", $2 / 1048576) }
/^s_(attach|lost|missed|unseen|freed)_/ { emit($1, $2) }
END {
	ratio("s_ratio_conv_1", "s_added_conv_1")
	ratio("s_ratio_conv_16", "s_added_conv_16")
	ratio("s_ratio_free", "s_added_free")
	ratio("s_ratio_packet", "s_added_packet")
	ratio("s_bpf_ratio_conv_1", "s_bpf_conv_1")
	ratio("s_bpf_ratio_conv_16", "s_bpf_conv_16")
	ratio("s_bpf_ratio_free", "s_bpf_free")
	ratio("s_bpf_ratio_packet", "s_bpf_packet")
}
