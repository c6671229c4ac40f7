#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the machine does whose boot tests/module/*.t ask for: TAP on stdout.
#
# Usage: guest.sh SECTION...    (in the machine, with /tests/lib.sh, cocowatch and /modules/cocovm.ko)
#
# Sections are called by name, and some of what they call by wait_for and ok:
# shellcheck disable=SC2317,SC2086,SC2120,SC2119,SC2016

TOP=/
. /tests/lib.sh

ko=/modules/cocovm.ko
nd=/tmp/w.ndjson
# software emulation stretches time: a transition is slow after 20 s, not after one
slow=20s

dmesg_mark() {
	echo "cocowatch-test: mark $1" >/dev/kmsg
}

# Splats since the mark of that name, if any.
dmesg_splats() {
	dmesg | sed -n "/cocowatch-test: mark $1\$/,\$p" |
		grep -E 'WARNING:|BUG:|Oops|general protection|lockup|rcu.*stall|Bad page' | head -n 5
}

# What was logged since the mark of that name, in one line: a long list goes over several.
dmesg_since() {
	dmesg | sed -n "/cocowatch-test: mark $1\$/,\$p" | sed '1d; s/^\[[ 0-9.]*\] //' | tr -d '\n'
}

module_in() {
	insmod $ko "$@" 2>/tmp/insmod.err
}

# Waits for the reference that a raw tracepoint holds to be dropped.
module_out() {
	wait_for 20 rmmod cocovm 2>/dev/null
}

cocovm() {
	echo "$*" >/dev/cocovm
}

counter() {
	sed -n "s/^$1=//p" /dev/cocovm
}

is_watching() {
	grep -q '"type":"session"' $nd 2>/dev/null
}

# watch_start [OPTION]...: returns once everything is attached.
watch_start() {
	rm -f $nd
	cocowatch watch --slow-limit $slow -o ndjson=$nd -o text=/tmp/w.txt "$@" 2>/tmp/w.err &
	watch_pid=$!
	wait_for 120 is_watching || diag "$(cat /tmp/w.err)"
}

# watch_stop [SIGNAL]: sets $rc.
watch_stop() {
	kill -"${1:-INT}" $watch_pid
	rc=0
	wait $watch_pid || rc=$?
}

# A child that ended is a zombie until it is waited for.
watch_ended() {
	! grep -q '^State:[[:space:]]*[^Z[:space:]]' /proc/$watch_pid/status 2>/dev/null
}

nothing_runs() {
	[ "$(counter running)" = 0 ]
}

# Scenarios in which the host alone does wrong, which is an observation and accuses nobody.
is_observed() {
	grep -qE "^scenario $1 .* finding=(index_refused|device_refused|completion_unknown) " /dev/cocovm
}

# reported_for TASK [TYPES]: rules that were reported (violations, warnings) for a task of that name, sorted, once each.
reported_for() {
	grep -E "\"type\":\"(${2:-violation|warning})\"" $nd | sed 's/"previous":{[^}]*}//' |
		grep -F "\"comm\":\"$1\"" |
		sed 's/.*"rule":"\([A-Z0-9]*\)".*/\1/' | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# What was reported for any task: "COMM RULE", sorted, once each.
reported() {
	grep -E '"type":"(violation|warning)"' $nd | sed 's/"previous":{[^}]*}//' |
		sed 's/.*"rule":"\([A-Z0-9]*\)".*"comm":"\([^"]*\)".*/\2 \1/' | sort -u
}

# Names of tasks are cut at 15 characters.
task_name() {
	printf 'cocovm/%s' "$1" | cut -c1-15
}

outcome() {
	grep '"type":"summary"' $nd | sed "s/.*{\"rule\":\"$1\",\"name\":\"[a-z-]*\",\"outcome\":\"\([a-z ]*\)\".*/\1/"
}

scenarios() {
	sed -n 's/^scenario \([a-z-]*\) rule=\([A-Z0-9]*\) twin=\([01]\).*/\1 \2 \3/p' /dev/cocovm
}

# kernel pointers, as hexadecimal or decimal numbers
pointer='ffff[89a-f][0-9a-f]{11}|1844[0-9]{16}|-[0-9]{12,}'

cpus=$(grep -c ^processor /proc/cpuinfo)

#---------------------------------------------------------------------------------------------

# Every honest twin, alone and from several workers at once: nothing is reported, every rule is held.
section_honest() {
	scenarios >/tmp/scenarios
	is "$(grep -c . /tmp/scenarios)" 91 'honest: so many scenarios have a rule'
	is "$(grep -c ' 1$' /tmp/scenarios)" 89 'honest: and so many of them a twin that misbehaves'
	is "$(while read -r name rule _; do echo "$(task_name "$name") $rule"; done </tmp/scenarios |
		sort -u | cut -d' ' -f1 | uniq -d)" '' 'honest: no two of different rules have tasks of one name'
	watch_start
	scenarios | while read -r name rule twin; do
		[ "$cpus" -gt 1 ] || [ "$name" != flush-one-cpu ] || continue
		cocovm honest "$name" loops=2 || echo "$name"
	done >/tmp/refused
	is "$(cat /tmp/refused)" '' "honest: every twin runs on $cpus CPUs"
	for name in window-present hidden-failure freed-shared overlap plain net disk hosts; do
		cocovm start honest $name loops=0 workers=2
	done
	sleep 3
	cocovm stop
	watch_stop
	is "$rc" 0 "honest: cocowatch ends with 0 on $cpus CPUs"
	[ "$rc" = 0 ] || diag "$(grep -E '^lost|^no verdict' /tmp/w.txt)"
	is "$(grep -E '"type":"(violation|warning)"' $nd)" '' 'honest: nothing is reported'
	for rule in T1 T2 T3 T4 T5 T6 T7 T8 T9 S1 S2 S3 S5 S6 S7 S8 Z1 Z2 Z3 Z4 H1 H2 H3 H4 H5 H6 R1 R2 R3 P1 P2; do
		is "$(outcome $rule)" held "honest: $rule is held"
	done
	is "$(counter host_bad)" 0 'honest: the host saw no bad request'
	is "$(counter errors)" 0 'honest: no loop went wrong'
}

# Each scenario fires its rule and no other; alone first, then all of them at once.
section_misbehave() {
	watch_start
	scenarios | while read -r name rule twin; do
		[ "$twin" = 1 ] || continue
		[ "$cpus" -gt 1 ] || [ "$name" != flush-one-cpu ] || continue
		cocovm run "$name" || echo "$name"
	done >/tmp/refused
	ok 'misbehave: the text is written live' wait_for 30 grep -q '^VIOLATION  T1' /tmp/w.txt
	watch_stop
	is "$(cat /tmp/refused)" '' "misbehave: every scenario runs on $cpus CPUs"
	is "$rc" 1 'misbehave: cocowatch ends with 1'
	misbehave_check alone
	unlike "$(cat /tmp/w.txt $nd)" "$pointer" 'misbehave: no kernel pointer in text and ndjson'
	block=$(sed -n '/^VIOLATION  T1/,/^$/p' /tmp/w.txt)
	like "$block" '^  (stack    )? +cw_[a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[cocovm\]$' 'misbehave: the stack has names'
	like "$block" '^ +page [0-9]+ of the range, frame 0x[0-9a-f]+: present, ' 'misbehave: the PTE is decoded'
	[ "$cpus" -gt 1 ] || return 0

	watch_start
	scenarios | while read -r name rule twin; do
		[ "$twin" = 0 ] || cocovm start "$name" loops=2 workers=2 || echo "$name"
	done >/tmp/refused
	ok 'misbehave: all of them end' wait_for 120 nothing_runs
	cocovm stop
	watch_stop
	is "$(cat /tmp/refused)" '' 'misbehave: all of them at once'
	is "$rc" 1 'misbehave: cocowatch ends with 1 then too'
	misbehave_check 'at once'
}

misbehave_check() {
	scenarios >/tmp/scenarios
	: >/tmp/expected
	while read -r name rule twin; do
		[ "$twin" = 1 ] || continue
		if [ "$cpus" -eq 1 ] && [ "$name" = flush-one-cpu ]; then
			skip 'one CPU is all CPUs' "misbehave, $1: $name fires $rule"
			continue
		fi
		if is_observed "$name"; then
			# all at once, one that misbehaves sees so much of the same that it is only counted
			[ "$1" != alone ] || is "$(reported_for "$(task_name "$name")" observation)" "$rule" \
				"misbehave, $1: $name is an observation of $rule"
			continue
		fi
		is "$(reported_for "$(task_name "$name")")" "$rule" "misbehave, $1: $name fires $rule alone"
		echo "$(task_name "$name") $rule" >>/tmp/expected
	done </tmp/scenarios
	is "$(reported)" "$(sort -u /tmp/expected)" "misbehave, $1: and nothing is reported for any other task"
}

# What there is in each of the other modes: every twin is silent, every misbehaviour fires its rule.
section_modes() {
	mode=snp-vtom
	mode_features
	mode_lacks
	for mode in tdx-vtom vbs snp tdx; do
		rmmod cocovm
		ok "modes: insmod emulate=$mode" module_in emulate=$mode
		mode_features
		mode_lacks
		mode_honest
		mode_misbehave
	done
	rmmod cocovm
	module_in
}

# What a mode says of itself: a paravisor's part, what comes of the vTOM, and the order of steps.
mode_features() {
	calls='to the hypervisor' synic='shared by the kernel' interrupts='injected by the hypervisor' devices=0
	memory='private by paravisor or host before the kernel runs' pages=private
	exceptions='go past the kernel' cpuid='flags hidden' order='not present, flush, change, tell, present'
	case $mode in
	*-vtom)
		calls='to the paravisor, two codes past it' synic='supplied by the paravisor'
		interrupts='mediated by the paravisor' devices=1
		;;
	snp | tdx)
		memory='validated or accepted by the kernel at start' pages=shared
		exceptions='are handled by the kernel' cpuid='flags visible'
		;;
	esac
	case $mode in
	snp) order='flush, to shared: invalidate, tell; change, flush; to private: tell, validate' ;;
	tdx) order='to shared: flush; to private: tell, accept; change, flush; to shared: tell' ;;
	esac
	said=$(cat /dev/cocovm)
	for feature in "memory text=.$memory" "exceptions text=.#VC and #VE $exceptions" "cpuid text=.$cpuid, " \
		"conversion text=.$order" "hypercalls text=.$calls" "hypercall-pages text=.$pages" \
		"synic-pages text=.$synic" "interrupts text=.$interrupts"; do
		like "$said" "^feature $feature" "modes: $mode says of ${feature%% *} what it does"
	done
	is "$(sed -n 's/^mmio //p' /dev/cocovm)" "io-apic gpa=0xfec00000 private=$devices
vtpm gpa=0xfed40000 private=$devices
pci gpa=0xf8000000 private=0" "modes: $mode: which devices are mapped private"
}

# Scenarios of something that the mode has not: in no list, and refused.
mode_lacks() {
	lacks='synic-private implicit' has='post-trapped window-present'
	case $mode in
	vbs) lacks='post-trapped implicit' has='synic-private window-present' ;;
	snp) lacks='post-trapped window-present implicit' has=synic-private ;;
	tdx) lacks='post-trapped window-present' has='synic-private implicit' ;;
	esac
	for name in $lacks; do
		run sh -c "echo honest $name >/dev/cocovm"
		like "$rc $err" '^[1-9].*[nN]ot supported$' "modes: $mode: there is no $name"
	done
	is "$(for name in $lacks $has; do sed -n "s/^scenario \\($name\\) .*/\\1/p" /dev/cocovm; done | tr '\n' ' ')" "$has " \
		"modes: $mode: nor in the list, unlike $has"
}

mode_honest() {
	scenarios >/tmp/scenarios
	watch_start
	while read -r name rule twin; do
		cocovm honest "$name" loops=2 || echo "$name"
	done </tmp/scenarios >/tmp/refused
	watch_stop
	is "$(cat /tmp/refused)" '' "modes: $mode: every twin runs"
	is "$rc $(reported)" '0 ' "modes: $mode: and nothing is reported"
	# shellcheck disable=SC2013 # one word a line
	for rule in $(awk '$2 != "-" { print $2 }' /tmp/scenarios | sort -u); do
		is "$(outcome "$rule")" held "modes: $mode: $rule is held"
	done
	is "$(counter host_bad) $(counter errors)" '0 0' "modes: $mode: the host saw no bad request"
}

mode_misbehave() {
	watch_start
	while read -r name rule twin; do
		[ "$twin" = 0 ] || [ "$name" = flush-one-cpu ] || cocovm run "$name" || echo "$name"
	done </tmp/scenarios >/tmp/refused
	watch_stop
	is "$(cat /tmp/refused)" '' "modes: $mode: every misbehaviour runs"
	while read -r name rule twin; do
		[ "$twin" = 0 ] || [ "$name" = flush-one-cpu ] || is_observed "$name" || echo "$(task_name "$name") $rule"
	done </tmp/scenarios | sort -u >/tmp/expected
	is "$(reported)" "$(cat /tmp/expected)" "modes: $mode: and fires its rule, and no other"
	[ "${mode%-vtom}" != "$mode" ] || is "$(grep '"type":"violation".*"finding":"handed_private"' $nd |
		grep -c '"kind":"SynIC register')" 1 "modes: $mode: S1 of the SynIC's page among them"
}

# host_run NAME: what there is for such a host to lie about; on stdout what did not go as it should.
host_run() {
	cocovm host "$1"
	is_the_host=$(counter host)
	[ "$is_the_host" = "$1" ] || echo "host $1: $is_the_host"
	case $1 in
	refuse-* | part-* | status-* | reps-*)
		for i in 1 2 3 4; do
			cocovm honest plain
			cocovm honest freed-shared pages=3
		done
		cocovm honest plain pages=1100
		for name in net disk pci; do
			cocovm honest $name
		done
		;;
	*)
		# of these no page stays behind, and no error comes from what they do to a device
		for name in net disk pci; do
			cocovm honest $name || echo "$1: honest $name"
		done
		[ "$(counter withheld)" = 0 ] || echo "$1: $(counter withheld) withheld"
		;;
	esac
	cocovm host honest
	cocovm restore || echo "$1: restore"
	[ "$(counter withheld)" = 0 ] || echo "$1: withheld after restore"
}

# Whatever the host does, the honest guest breaks no rule, and loses no page for good.
section_hosts() {
	hosts=$(sed -n 's/^hosts: //p' /dev/cocovm)
	watch_start
	for host in $hosts; do
		host_run "$host"
	done >/tmp/refused 2>/dev/null
	is "$(cat /tmp/refused)" '' "hosts: a guest comes to its end under each, and loses nothing"
	before=$(counter errors)
	# one loop for each of them, in their order
	ok 'hosts: one after the other' cocovm honest hosts loops="$(echo $hosts | wc -w)"
	is "$(counter errors) $(counter withheld)" "$before 0" 'hosts: no loop goes wrong, nothing is withheld'
	watch_stop
	is "$rc $(reported)" '0 ' 'hosts: no rule is broken under any of them'
	like "$(counter host_refused)" '^[1-9]' 'hosts: they did refuse'
	not_ok 'hosts: a name that no list has' cocovm host nobody 2>/dev/null
	not_ok 'hosts: one that cocobox alone can be' cocovm host interrupt-empty 2>/dev/null
}

# Fails one allocation after the other in what is then run, until there is none left to fail.  Who has many has
# one for each page: of these not all.
fail_each() {
	nth=0
	while [ $nth -lt 5000 ]; do
		nth=$((nth < 40 ? nth + 1 : nth + 17))
		before=$(counter alloc_failed)
		cocovm fail $nth
		cocovm "$@" 2>/dev/null
		cocovm fail 0
		cocovm restore || echo "restore after $nth: $*"
		[ "$(counter alloc_failed)" != "$before" ] || return 0
	done
	echo "no end: $*"
}

# Memory that is not to be had: an error, and no page that is lost or left half way.
section_fail() {
	dmesg_mark fail
	scenarios >/tmp/scenarios
	watch_start
	while read -r name rule twin; do
		fail_each honest "$name"
	done </tmp/scenarios >/tmp/refused
	watch_stop
	is "$(cat /tmp/refused)" '' 'fail: each allocation of each scenario can fail'
	is "$rc $(reported)" '0 ' 'fail: no rule is broken by it'
	is "$(counter withheld)" 0 'fail: nothing is withheld after a restore'
	like "$(counter alloc_failed)" '^[1-9][0-9]+$' "fail: allocations that failed"
	# one of each kind that leaves something behind
	for name in hidden-failure never-finished overlap freed-unknown slab-shared gpadl-unknown freed-net-buffer; do
		fail_each run $name
	done >/tmp/refused
	is "$(cat /tmp/refused)" '' 'fail: each allocation of those who misbehave can fail'
	is "$(counter withheld)" 0 'fail: nothing of theirs is withheld after a restore'
	rmmod cocovm
	nth=0
	while ! module_in pool_pages=16 fail_alloc=$nth || [ $nth = 0 ]; do
		[ ! -e /dev/cocovm ] || rmmod cocovm
		nth=$((nth < 30 ? nth + 1 : nth + 13))
		[ $nth -lt 5000 ] || break
	done
	ok "fail: the module loads once the allocation that fails is beyond its last ($nth)" \
		test $nth -gt 100 -a $nth -lt 5000
	rmmod cocovm
	is "$(life_left)" '' 'fail: and none of its failures leaves anything'
	ok 'fail: all memory can be written' memory_fill
	module_in
	is "$(dmesg_splats fail)" '' 'fail: no splat'
}

# Everything that may be running when the module goes.
life_start() {
	for name in window-present freed-shared freed-unknown hidden-failure never-finished overlap zeropad; do
		cocovm start honest $name loops=0 workers=2
		[ $name = zeropad ] || cocovm start $name loops=0
	done
	cocovm start honest hidden-failure keep=1 loops=3
	cocovm start never-finished keep=1 loops=3
}

# What of the module is in the kernel: threads, its slab cache, areas (after rmmod their caller has no name).
life_left() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep '^cocovm/'
	grep cocovm /proc/slabinfo
	awk '/\[cocovm\]/ || $3 ~ /^0x/' /proc/vmallocinfo
}

# Free memory in KiB, with no cache that could be dropped.  Pages that lie in the lists of each
# CPU are free too, and up to 50 MiB of them come and go.
memory_left() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 0.3
	free_kib=$(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	echo $((free_kib + $(awk '$1 == "count:" { n += $2 } END { print n * 4 }' /proc/zoneinfo)))
}

# Writes to nearly every free page; one that was left not present ends the machine.
memory_fill() {
	mkdir -p /tmp/fill
	mount -t tmpfs -o size=95% fill /tmp/fill || return
	dd if=/dev/zero of=/tmp/fill/zeroes bs=1M count=$(($(memory_left) / 1024 - 100)) 2>/dev/null
	fill_rc=$?
	umount /tmp/fill
	return $fill_rc
}

# What cocovm.ko and cocowatch leave behind.
section_life() {
	dmesg_mark life
	like "$(life_left)" '\[cocovm\]' 'life: areas of the module can be seen'
	like "$(life_left)" '^cocovm_object ' 'life: and its slab cache'
	life_start
	like "$(life_left)" '^cocovm/' 'life: and its threads'
	sleep 1
	ok 'life: rmmod while scenarios run' rmmod cocovm
	not_ok 'life: the device is gone' test -e /dev/cocovm
	is "$(life_left)" '' 'life: no thread, slab or area is left'
	ok 'life: all memory can be written' memory_fill
	before=$(memory_left)
	for i in 1 2 3 4; do
		module_in
		life_start
		sleep 0.3
		rmmod cocovm || echo "$i"
	done >/tmp/refused
	is "$(cat /tmp/refused)" '' 'life: in and out, four times'
	is "$(life_left)" '' 'life: still nothing is left'
	lost=$((before - $(memory_left)))
	# one block of a pool
	ok "life: no memory is lost ($lost KiB)" test $lost -lt 2048
	ok 'life: and in again' module_in

	# slab-shared has one page for all: its ranges are restored while others of it are in a transition
	cocovm host refuse-to-private
	cocovm run slab-shared keep=1 2>/dev/null
	for i in 1 2 3 4 5; do
		cocovm start slab-shared keep=1 workers=8
		not_ok 'life: what the host does not give back stays withheld' cocovm restore 2>/dev/null
	done
	cocovm host honest
	cocovm restore
	ok 'life: all of them end' wait_for 60 nothing_runs
	ok 'life: and then it can be restored' cocovm restore
	is "$(counter withheld)" 0 'life: all of it'

	# which needs nearly the whole pool
	cocovm start honest net loops=0 workers=16
	ok 'life: a long range has its turn among buses that come and go' \
		timeout 120 sh -c 'echo honest plain pages=2000 >/dev/cocovm'
	cocovm stop

	watch_start
	not_ok 'life: a watched module stays' rmmod cocovm
	watch_stop KILL
	is "$rc" 137 'life: cocowatch killed by SIGKILL'
	cocovm honest plain
	ok 'life: no probe is left to hold the module' module_out
	ok 'life: and in once more' module_in
	cocovm run never-finished keep=1
	like "$(counter withheld)" '^[1-9][0-9]*$' 'life: pages are withheld'
	ok 'life: rmmod restores what was withheld' rmmod cocovm
	ok 'life: all memory can be written then too' memory_fill
	is "$(dmesg_splats life)" '' 'life: no splat'
	module_in
}

# Words of the state map of a session in which not all frames are private.
states_known() {
	bpftool map dump name cw_pages | grep -c '"value": [1-9]'
}

# What was going on before the session is known to it.
section_before() {
	cocovm honest hidden-failure keep=1
	cocovm run never-finished keep=1
	like "$(counter withheld)" '^[1-9][0-9]*$' 'before: pages are withheld'
	watch_start
	like "$(states_known)" '^[1-9][0-9]*$' 'before: a session learns of them when it begins'
	watch_stop
	cocovm start honest plain loops=0 workers=2
	watch_start
	cocovm restore
	is "$(counter withheld)" 0 'before: they are restored in the session'
	cocovm stop
	for name in hidden-failure never-finished freed-shared plain; do
		cocovm honest $name loops=3
	done
	watch_stop
	is "$rc" 0 'before: cocowatch ends with 0'
	is "$(reported)" '' 'before: nothing is reported'
	like "$(cat $nd)" '"type":"summary","verdict":"held",.*"losses":\[\]' 'before: nothing was lost'
	is "$(outcome S3) $(outcome T7)" 'held held' 'before: S3 and T7 are held'
}

# More than the ring holds (some 5000 transitions) while nobody reads it.
section_loss() {
	run cocowatch gate --slow-limit $slow -o text=/tmp/t -o ndjson=$nd -- sh -c '
		echo honest freed-shared >/dev/cocovm
		kill -STOP $PPID; echo honest plain pages=1 loops=8000 >/dev/cocovm; kill -CONT $PPID'
	is "$rc" 3 'loss: gate ends with 3'
	like "$(cat /tmp/t)" '^lost: [1-9][0-9]* records that found the event ring full' 'loss: it is in the text'
	like "$(cat $nd)" '"loss":"ring","count":[1-9]' 'loss: and in the NDJSON'
	is "$(reported)" '' 'loss: nothing is reported for it'

	watch_start
	kill -STOP $watch_pid
	cocovm honest plain pages=1 loops=8000
	cocovm run window-present
	kill -CONT $watch_pid
	watch_stop
	is "$rc" 1 'loss: a violation in it is not lost'
	like "$(cat /tmp/w.txt)" '^T1: [1-9][0-9]* more, counted but not shown' 'loss: it is counted'
	like "$(cat /tmp/w.txt)" '^lost: ' 'loss: beside what was lost'
}

# An unknown name is refused with those that there are.
device_names() {
	dmesg_mark names
	not_ok 'device: no such scenario' cocovm honest nonesuch 2>/dev/null
	is "$(dmesg_since names | sed 's/.*nonesuch: not one of//')" \
		"$(sed -n 's/^scenario \([a-z0-9-]*\) .*/ \1/p' /dev/cocovm | tr -d '\n')" 'device: the log has those that there are'
	dmesg_mark hosts
	not_ok 'device: no such host' cocovm host nobody 2>/dev/null
	is "$(dmesg_since hosts | sed 's/.*host=nobody: not one of//')" \
		"$(sed -n 's/^hosts://p' /dev/cocovm)" 'device: likewise'
}

# Each with its reason in the log.
insmod_refused() {
	while read -r bad why; do
		rmmod cocovm
		dmesg_mark "insmod $bad"
		not_ok "device: insmod refuses $bad" module_in "$bad"
		like "$(dmesg_since "insmod $bad")" "cocovm: $why" 'device: the log says why'
		module_in
	done <<-'END'
		host=nobody host=nobody: not one of honest refuse-all
		host=interrupt-empty host=interrupt-empty: not one of honest
		emulate=none emulate=none: this is no confidential VM on Hyper-V
		emulate=nonsense emulate=nonsense: not one of auto, none,
		shared_bit=8 shared_bit=8: not one of 9, 10, 57
		shared_bit=63 shared_bit=63: not one of
		pool_pages=0 pool_pages=0: not between 16 and
		pool_pages=262144 cannot make a pool of 262144 pages
		fail_alloc=4294967295 fail_alloc=4294967295: more than
		fail_alloc=1 cannot make a slab page to share
	END
	not_ok 'device: a second insmod fails' module_in
	like "$(cat /tmp/insmod.err)" 'File exists' 'device: since there is one'
	rmmod cocovm
	ok 'device: a parameter that the kernel does not know is ignored' module_in frobnicate=1
	like "$(dmesg | tail -n 20)" "cocovm: unknown parameter 'frobnicate' ignored" 'device: and named in the log'
}

section_device() {
	dmesg_mark device
	for words in '' 'run' 'run no-such' 'honest' 'run window-present pages=x' 'run window-present pages=0' \
		'run window-present pages=99999999999999999999' 'run window-present loops=-1' 'frobnicate' \
		'run window-present workers=100000' 'honest plain what=1'; do
		not_ok "device: refused: '$words'" sh -c "echo '$words' >/dev/cocovm" 2>/dev/null
	done
	not_ok 'device: a megabyte of zeroes is refused' sh -c 'dd if=/dev/zero of=/dev/cocovm bs=1M count=1 2>/dev/null'
	not_ok 'device: noise is refused' sh -c 'dd if=/dev/urandom of=/dev/cocovm bs=200 count=1 2>/dev/null'
	is "$(stat -c %a /dev/cocovm)" 600 'device: for root alone'
	like "$(cat /dev/cocovm)" '^abi=1\.' 'device: says its ABI version'
	device_names
	insmod_refused
	is "$(dmesg_splats device)" '' 'device: no splat'
}

# Outputs and exit statuses that need a session.
section_outputs() {
	watch_start -o ndjson=/dev/full
	cocovm honest plain
	cocovm honest freed-shared
	watch_stop
	is "$rc" 3 'outputs: a full disk ends with 3'
	like "$(cat /tmp/w.err)" 'No space left' 'outputs: and is reported'
	like "$(cat /tmp/w.txt)" '^rule' 'outputs: the other one is complete'
	watch_start -o ndjson=/dev/full
	cocovm run window-present
	watch_stop
	is "$rc" 1 'outputs: a full disk hides no violation'

	watch_start --for 300s
	is "$(caps_of $watch_pid)" '0 0 0 0' 'outputs: no capability is kept, and none is there to take'
	cocovm honest plain
	watch_stop TERM
	is "$rc" 0 'outputs: SIGTERM ends a session like SIGINT'
	like "$(cat /tmp/w.txt)" '^held' 'outputs: with its summary'

	watch_start --count 1
	cocovm honest plain
	not_ok 'outputs: --count 1: no violation, no end' watch_ended
	cocovm run window-present
	ok 'outputs: --count 1: a violation ends it' wait_for 30 watch_ended
	watch_stop 2>/dev/null
	is "$rc" 1 'outputs: --count 1: exit status 1'

	echo 2.0 >/tmp/abi
	mount --bind /tmp/abi /sys/module/cocovm/parameters/abi
	run cocowatch watch
	is "$rc" 3 'outputs: a module of another ABI version: exit status 3'
	is "$(echo "$err" | wc -l)" 1 'outputs: in one line'
	like "$err" 'ABI' 'outputs: that says so'
	umount /sys/module/cocovm/parameters/abi

	run cocowatch doctor
	is "$rc" 0 'outputs: doctor: a session could start'
	like "$out" '^T1 .*yes' 'outputs: doctor: T1 can be armed'
}

section_gate() {
	run cocowatch gate --slow-limit $slow -o text=/tmp/t -- sh -c \
		'echo said; echo honest plain >/dev/cocovm; echo honest freed-shared >/dev/cocovm'
	is "$rc" 0 'gate: an honest command passes'
	is "$out" said 'gate: its output is kept'
	run cocowatch gate --slow-limit $slow -o text=/tmp/t -- sh -c \
		'echo honest plain >/dev/cocovm; echo honest freed-shared >/dev/cocovm; exit 7'
	is "$rc" 4 'gate: only the command failed'
	like "$(cat /tmp/t)" '^the command ended with status 7$' 'gate: its status is told'
	run cocowatch gate --slow-limit $slow -o text=/tmp/t -- true
	is "$rc" 3 'gate: nothing exercised is no verdict'
	run cocowatch gate --slow-limit $slow --require T4:2 -o ndjson=$nd -- sh -c \
		'echo run wrong-bit >/dev/cocovm; echo honest freed-shared >/dev/cocovm; exit 7'
	is "$rc" 1 'gate: a violation fails, whatever else'
	run cocowatch gate --slow-limit $slow --waive T3='known, ticket 5' -o text=/tmp/t -- sh -c \
		'echo run wrong-bit >/dev/cocovm; echo honest freed-shared >/dev/cocovm'
	is "$rc" 0 'gate: a waived rule does not'
	like "$(cat /tmp/t)" 'known, ticket 5' 'gate: and the waiver is told'
	run cocowatch gate --slow-limit $slow --require S1 -o text=/tmp/t -- sh -c \
		'echo honest plain >/dev/cocovm; echo honest freed-shared >/dev/cocovm'
	is "$rc" 3 'gate: a required rule that is not armed is no verdict'

	rm -f /tmp/ready
	cocowatch gate --slow-limit $slow -o text=/tmp/t -- sh -c '
		trap "exit 9" TERM
		echo honest plain >/dev/cocovm; echo honest freed-shared >/dev/cocovm
		touch /tmp/ready
		while :; do sleep 0.1; done' &
	watch_pid=$!
	ok 'gate: a command that waits for a signal' wait_for 60 test -e /tmp/ready
	watch_stop TERM
	is "$rc" 4 'gate: a signal is passed on to the command'
	like "$(cat /tmp/t)" '^the command ended with status 9$' 'gate: and what it made of it is told'
}

# Live, while pages change all the time.
section_top() {
	cocovm start honest plain loops=0 workers=2
	run cocowatch top --slow-limit $slow --batch 2 --interval 3s
	cocovm stop
	last=$(printf '%s\n' "$out" | sed -n '/^cocowatch top/,$p' | tail -n 41)
	is "$rc" 0 'top: exit status 0'
	[ "$rc" = 0 ] || diag "$(printf '%s\n' "$out" | tail -n 3)"
	is "$err" '' 'top: nothing on stderr'
	is "$(printf '%s\n' "$out" | grep -c '^cocowatch top  00:')" 2 'top: --batch 2 prints two pictures'
	like "$last" '^transitions +[1-9][0-9.]*/s  \([1-9].* shared, [1-9].* private\), 0 of [1-9][0-9]* failed$' \
		'top: transitions are seen both ways'
	like "$last" '50% <[0-9.]+[num]?s, 99% <' 'top: and how long they took'
	like "$last" 'T3  held +[1-9]' 'top: T3 is held'
	like "$last" '^lost +nothing' 'top: nothing is lost'
	like "$last" '^cost +CPU [0-9.]+%, memory [1-9][0-9.]* MiB; BPF [0-9.]+% of a CPU, [1-9][0-9]* runs/s, [1-9]' \
		'top: and what it costs itself'
	like "$out" '^held: .*T3' 'top: its last line is the verdict'

	rm -f $nd
	(wait_for 120 is_watching; cocovm run window-present) &
	run cocowatch top --slow-limit $slow --once --interval 8s -o ndjson=$nd
	is "$rc" 1 'top: a violation: exit status 1'
	like "$out" 'T1  VIOLATED +[1-9]' 'top: it is in the table'
	like "$out" '^ +[0-9]+s ago  violation T1 frame 0x[0-9a-f]+, cocovm/' 'top: and among the findings'
	like "$out" '^violated: T1$' 'top: and the verdict'
	like "$(reported)" ' T1$' 'top: and in the other output'
}

# Sessions that end in the middle of everything, which accuse nobody of what they did not see any more.
section_ends() {
	ok 'ends: pages change all the time' cocovm start honest plain loops=0 workers=6
	ok 'ends: and packets come and go' cocovm start honest net loops=0
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		run cocowatch watch --slow-limit $slow --for 1s -o ndjson=$nd -o text
		printf '%s\n' "$rc $(reported | tr '\n' ' ')" >>/tmp/ends
		printf '%s\n' "$out" >>/tmp/held
	done
	is "$(counter errors)" 0 'ends: no loop went wrong'
	cocovm stop
	is "$(grep -v '^0 $' /tmp/ends)" '' 'ends: no session finds anything'
	is "$(grep -c '^held: .*T3.*T6.*H1' /tmp/held)" 12 'ends: each has seen transitions and packets'
}

# prometheus_says PATH REGEX: its answer matches.
prometheus_says() {
	wget -q -O - "http://127.0.0.1:9090/api/v1/$1" 2>/dev/null | grep -qE -e "$2"
}

# Prometheus in the same machine scrapes the session.
section_metrics() {
	ip link set lo up
	rm -f $nd
	mkdir /tmp/recorded
	cocowatch metrics --slow-limit $slow --listen 127.0.0.1:9464 --textfile /tmp/cw.prom --interval 1s -o ndjson=$nd \
		--waive T5='known here' --last 20s -o /tmp/recorded 2>/tmp/w.err &
	watch_pid=$!
	ok "metrics: a session runs" wait_for 300 is_watching
	cocovm honest plain loops=5
	sleep 2
	run wget -q -O - http://127.0.0.1:9464/metrics
	printf '%s\n' "$out" >/tmp/metrics
	like "$out" '^cocowatch_checks_total\{rule="T3",name="state-agrees"\} [1-9]' 'metrics: T3 was checked'
	like "$out" '^cocowatch_transitions_total\{result="shared"\} [1-9]' 'metrics: transitions are counted'
	for file in /tmp/metrics /tmp/cw.prom; do
		run sh -c "test -s $file && promtool check metrics <$file"
		is "$rc:$out$err" '0:' "metrics: promtool has nothing to say of $file"
	done
	run promtool check rules /tests/cocowatch.rules.yml
	is "$rc" 0 'metrics: nor of the alert rules'

	prometheus --config.file=/tests/prometheus.yml --storage.tsdb.path=/tmp/tsdb \
		--web.listen-address=127.0.0.1:9090 >/tmp/prometheus.log 2>&1 &
	prometheus_pid=$!
	ok 'metrics: Prometheus scrapes the session' \
		wait_for 120 prometheus_says 'query?query=up' '"job":"cocowatch".*"value":\[[0-9.]+,"1"\]'
	ok 'metrics: and has its numbers' wait_for 60 prometheus_says 'query?query=cocowatch_checks_total' \
		'"rule":"T3"\},"value":\[[0-9.]+,"[1-9]'
	ok 'metrics: what the session is' \
		wait_for 60 prometheus_says 'query?query=cocowatch_session_info' '"mode":"snp-vtom"'
	ok 'metrics: the times of transitions' wait_for 60 \
		prometheus_says 'query?query=cocowatch_transition_duration_seconds_count' '"value":\[[0-9.]+,"[1-9]'
	cocovm run overlap
	ok 'metrics: a violation that is waived is counted' wait_for 60 \
		prometheus_says 'query?query=cocowatch_excused_violations_total' '"rule":"T5"\},"value":\[[0-9.]+,"[1-9]'
	sleep 3
	not_ok 'metrics: no alert while the other rules hold' prometheus_says alerts CocowatchViolation
	is "$(ls /tmp/recorded)" '' 'metrics: nor a recording'
	cocovm run window-present
	ok 'metrics: an alert fires for a violation' wait_for 60 prometheus_says alerts \
		'"alertname":"CocowatchViolation"[^}]*"rule":"T1"[^}]*\}.*"state":"firing"'
	ok 'metrics: and its history is written' wait_for 60 test -s /tmp/recorded/*.ccw
	kill $prometheus_pid
	watch_stop TERM
	is "$rc" 1 'metrics: exit status 1'
	run cocowatch report /tmp/recorded/*.ccw
	like "$out" '^VIOLATION  T1' 'metrics: what was recorded has the violation'
	like "$(cat /tmp/cw.prom)" '^cocowatch_session_up 0$' 'metrics: the file says that the session is over'
	is "$(grep -v '^cocowatch: history written to /tmp/recorded/' /tmp/w.err)" '' 'metrics: nothing else on stderr'
}

# Inheritable, permitted, effective and ambient ones of each thread of a process, each kind once: capabilities
# are of threads, and one that keeps what the others dropped shows.
caps_of() {
	for caps_status in /proc/"$1"/task/*/status; do
		sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):[[:space:]]*0*\([0-9a-f]\)/\2/p' "$caps_status" | tr '\n' ' ' | sed 's/ $//'
		echo
	done | grep . | sort -u
}

# nr_threads PID
nr_threads() {
	set -- /proc/"$1"/task/*
	echo $#
}

# user_with CAPABILITIES: sets $as to what runs a command by nobody, with these ("+bpf,+perfmon") and no
# others to be had.
user_with() {
	as=-all${1:+,$1}
	as="/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set $as --inh-caps $as --ambient-caps $as"
}

# user_watch [OPTION]...: like watch_start, by that user.
user_watch() {
	rm -f $nd
	$as /usr/local/bin/cocowatch watch --slow-limit $slow "$@" >$nd 2>/tmp/w.err &
	watch_pid=$!
	wait_for 120 is_watching || diag "$(cat /tmp/w.err)"
}

# The capabilities are the file's, and the user who runs it has none.  The initramfs keeps no extended attributes.
section_setcap() {
	cp /usr/local/bin/cocowatch /tmp/capable
	ok 'setcap: the file has three capabilities' setcap cap_bpf,cap_perfmon,cap_syslog+ep /tmp/capable
	rm -f $nd
	/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all --ambient-caps -all \
		/tmp/capable watch --slow-limit $slow -o ndjson >$nd 2>/tmp/w.err &
	watch_pid=$!
	wait_for 120 is_watching || diag "$(cat /tmp/w.err)"
	like "$(cat /proc/$watch_pid/status)" '^Uid:.65534.65534' 'setcap: any user watches'
	is "$(caps_of $watch_pid)" '0 0 0 0' 'setcap: and keeps none of them'
	cocovm run wrong-bit
	ok 'setcap: a violation is reported' wait_for 30 grep -q '"rule":"T3".*\[cocovm\]' $nd
	watch_stop
	is "$rc" 1 'setcap: exit status 1'
	is "$(cat /tmp/w.err)" '' 'setcap: nothing on stderr'
}

has_two_threads() {
	[ "$(nr_threads $watch_pid)" = 2 ]
}

# user_record NAME OPTION...: a recording by that user, whose thread runs when this returns.
user_record() {
	rm -rf $nd /tmp/recorded
	mkdir -m 777 /tmp/recorded
	recorded=/tmp/recorded/$1
	shift
	$as /usr/local/bin/cocowatch record --slow-limit $slow -o ndjson -o "$recorded" "$@" >$nd 2>/tmp/w.err &
	watch_pid=$!
	wait_for 120 is_watching || diag "$(cat /tmp/w.err)"
	wait_for 30 has_two_threads || diag "threads: $(nr_threads $watch_pid)"
}

section_privilege() {
	user_with +bpf,+perfmon,+syslog
	user_watch -o ndjson
	like "$(cat /proc/$watch_pid/status)" '^Uid:.65534.65534' 'privilege: a user watches'
	is "$(caps_of $watch_pid)" '0 0 0 0' 'privilege: and has no capability once attached'
	cocovm honest plain
	cocovm run wrong-bit
	cocovm run window-present
	ok 'privilege: it is reported' wait_for 30 grep -q '"rule":"T1"' $nd
	watch_stop
	is "$rc" 1 'privilege: the user is told of violations'
	is "$(reported_for "$(task_name wrong-bit)") $(reported_for "$(task_name window-present)")" 'T3 T1' \
		'privilege: of those that there were'
	like "$(cat $nd)" '"cw_[a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[cocovm\]"' 'privilege: kernel stacks have names'
	like "$(cat $nd)" '"rule":"S3"[^}]*not asked what there is: /dev/cocovm: Permission denied' \
		'privilege: what the device would add is said by rule'

	user_record a.ccw
	is "$(nr_threads $watch_pid)" 2 'privilege, record: a thread of its own writes'
	is "$(caps_of $watch_pid)" '0 0 0 0' 'privilege, record: and no thread has a capability'
	watch_stop
	user_record . --last 5s
	is "$(nr_threads $watch_pid)" 2 'privilege, flight recorder: a thread keeps the history'
	is "$(caps_of $watch_pid)" '0 0 0 0' 'privilege, flight recorder: and no thread has a capability'
	watch_stop

	chown 65534 /dev/cocovm
	user_watch -o ndjson
	cocovm run freed-shared
	watch_stop
	is "$(reported_for "$(task_name freed-shared)")" S3 'privilege: with the device the user has all rules'
	chown 0 /dev/cocovm

	run $as /usr/local/bin/cocowatch doctor -o ndjson
	is "$rc" 0 'privilege: doctor: a session could start'
	like "$out" '"CAP_SYS_ADMIN":false' 'privilege: doctor: without CAP_SYS_ADMIN'
	like "$out" '"rule":"P1"[^}]*"can_be_armed":false' 'privilege: doctor: says which rules lack it'

	run $as /usr/local/bin/cocowatch gate --slow-limit $slow -o text -- /usr/bin/setpriv --dump
	is "$rc" 3 'privilege: gate: a command that exercises nothing'
	like "$out" '^Ambient capabilities: .*perfmon' 'privilege: gate: its command has what it was given'

	for lack in '' +perfmon,+syslog +bpf,+syslog +bpf,+perfmon; do
		user_with "$lack"
		run $as /usr/local/bin/cocowatch watch
		is "$rc" 3 "privilege: with no more than '$lack': exit status 3"
		is "$(printf '%s\n' "$err" | wc -l)" 1 "privilege: with no more than '$lack': one line"
		like "$err" '^cocowatch: cannot watch: no permission to .*CAP_' "privilege: with no more than '$lack': says what it takes"
	done
	user_with +bpf
	run $as /usr/local/bin/cocowatch doctor
	is "$rc" 3 'privilege: doctor with CAP_BPF alone: exit status 3'
	like "$out" '^capabilities  CAP_BPF no CAP_PERFMON no CAP_SYS_ADMIN no CAP_SYSLOG$' 'privilege: doctor: says what there is'

}

# The last one: a lockdown is not undone.
section_lockdown() {
	if ! grep -q '\[none\]' /sys/kernel/security/lockdown 2>/dev/null; then
		skip 'this kernel has no lockdown' 'lockdown: nothing can be armed'
		return
	fi
	echo confidentiality >/sys/kernel/security/lockdown
	run cocowatch watch
	is "$rc" 3 'lockdown: exit status 3'
	is "$(echo "$err" | wc -l)" 1 'lockdown: one line'
	like "$err" 'lockdown' 'lockdown: that names it'
}

dmesg_mark all
ok 'insmod cocovm.ko' module_in
for section; do
	"section_$section"
done
is "$(dmesg_splats all)" '' 'no splat in the kernel log'
done_testing
