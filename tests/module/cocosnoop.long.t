#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocosnoop prints what cocovm's tracepoints and set_memory_*() say, without kernel headers or BTF.

# shellcheck disable=SC2317 # functions that ok and run call

. "$(dirname "$0")/../lib.sh"

snoop=$TOP/scripts/cocosnoop
python=/usr/bin/python3
work=$O/tests/cocosnoop/$CW_KERNEL
machine=$tap_tmp/machine

$python -c 'import bcc' 2>/dev/null || missing_all 'no python3-bpfcc (run scripts/setup extra)'

# Python's library, bcc, and the libraries that bcc loads by name.
python_paths() {
	$python - <<-'END'
		import os, sysconfig, bcc
		print(sysconfig.get_path("stdlib"))
		print(os.path.dirname(bcc.__file__))
		with open("/proc/self/maps") as maps:
		    path = next(line.split()[-1] for line in maps if "/libbcc.so" in line)
		for name in bcc.lib._name, "librt.so.1":
		    print(os.path.join(os.path.dirname(path), name))
	END
}

# A module that makes set_memory_*() be called; there is no platform here that needs it.
caller_build() {
	mkdir -p "$work"
	echo 'obj-m := caller.o' >"$work/Kbuild"
	cat >"$work/caller.c" <<-'END'
		// SPDX-License-Identifier: GPL-2.0-only
		#include <linux/gfp.h>
		#include <linux/io.h>
		#include <linux/module.h>
		#include <linux/set_memory.h>

		static int __init caller_init(void)
		{
			unsigned long vaddr = __get_free_pages(GFP_KERNEL, 2);

			if (!vaddr)
				return -ENOMEM;
			pr_info("caller: frame 0x%llx\n", (u64)virt_to_phys((void *)vaddr) >> PAGE_SHIFT);
			if (!set_memory_decrypted(vaddr, 4) && !set_memory_encrypted(vaddr, 4))
				free_pages(vaddr, 2);
			return 0;
		}
		module_init(caller_init);
		MODULE_DESCRIPTION("calls set_memory_decrypted() and set_memory_encrypted() once");
		MODULE_LICENSE("GPL");
	END
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u O -u CFLAGS -u LDFLAGS \
		make -s -C "$O/kernels/$CW_KERNEL/build" "M=$work" modules >"$work/log" 2>&1
}

machine_run() {
	local files=() path release
	while read -r path; do
		files+=(--file "$path:$path")
	done < <(python_paths)
	release=$(cat "$O/kernels/$CW_KERNEL/release")
	mkdir -p "$machine"
	"$TOP/scripts/vm" --kernel "$CW_KERNEL" --cpus 2 --memory 2G --timeout 540 --out "$machine" \
		--program "$python" "${files[@]}" --file "$snoop:/usr/bin/cocosnoop" \
		--module "$O/kmod/$release/cocovm.ko" --module "$work/caller.ko" \
		--file "$TOP/tests/lib.sh:/tests/lib.sh" \
		--file "$TOP/tests/module/cocosnoop_guest.sh:/tests/guest.sh" \
		-- sh /tests/guest.sh
}

said() {
	cat "$machine/$1" 2>/dev/null
}

# lines NAME: comm, direction, pages and result of each transition, in order of time.
lines() {
	said "$1.out" | grep '^[0-9][0-9]:' | sort | awk '{ print $4, $5, $6, $8 }'
}

last_line() {
	said "$1.out" | tail -n 1
}

# frames NAME: the first frame of each, likewise.
frames() {
	said "$1.out" | grep '^[0-9][0-9]:' | sort | awk '{ print $7 }'
}

#--- what needs no machine -----------------------------------------------------------------------

run "$snoop" --help
is "$rc" 0 'help: exit status 0'
like "$out" 'cocosnoop -e -s' 'help: has examples'
like "$out" 'use cocowatch' 'help: sends those who want a verdict to cocowatch'
for words in '-c 0' '-c 5x' '-p -1' '-p' '-d 0' '-d nan' '--source trace' '--sour module' '-x' 'plain'; do
	# shellcheck disable=SC2086 # several words
	run "$snoop" $words
	is "$rc $(wc -l <<<"$err")" '2 1' "usage: '$words': exit status 2 and one line"
done
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
run "${as_nobody[@]}" $python - --source kprobe <"$snoop"
is "$rc $err" '3 cocosnoop: must be root' 'without root: exit status 3 and one line'

#--- what the machine said -----------------------------------------------------------------------

ok 'a module that calls set_memory_*() is built' caller_build
run machine_run
is "$rc" 0 'the machine ran, and its kernel logged no splat'
[ -z "$err" ] || diag "$err"

is "$(said absent.rc)" 3 'no module: --source module ends with 3'
is "$(said absent.err)" 'cocosnoop: cocovm is not loaded (insmod cocovm.ko, or --source kprobe)' \
	'no module: and one line says so'

is "$(lines plain)" 'cocovm/plain shared 1 ok
cocovm/plain private 1 ok
cocovm/plain shared 3 ok
cocovm/plain private 3 ok
cocovm/wrong-bi shared 8 ok
cocovm/wrong-bi private 8 ok' 'tracepoints: both directions, pages and results'
is "$(frames plain)" "$(said plain.trace | sed 's/^gfn=\([^ ]*\) .*/\1/')" \
	'tracepoints: the frames that ftrace sees'
is "$(last_line plain)" \
	'6 transitions: 3 to shared, 3 to private; 0 failed, 0 without an end, 0 events lost' \
	'tracepoints: SIGINT ends it with the counts'

is "$(lines failed | sort -u)" 'cocovm/hidden-f shared 8 -EFAULT' '-e: only what failed'
like "$(said failed.out)" '^ +cw_transition\+0x[0-9a-f]+ \[cocovm\]' '-s: the stack has names'
like "$(said failed.out)" '^cocovm/hidden-f +shared +1 +8 +1 +[0-9.]+ +[0-9.]+$' '-S: a table'
unlike "$(said failed.out)" 'bpf_' '-s: without the frames of the probe itself'
like "$(last_line failed)" '^1 transition: 1 to shared.* 1 failed' '-e: SIGTERM ends it likewise'

like "$(last_line lost)" ' [1-9][0-9]* events lost$' 'lost: counted in the summary'
# those of 1500 loops and the one that restores what never finished
is "$(last_line lost | sed 's/^\([0-9]*\) .* \([0-9]*\) events lost$/\1 + \2/' | xargs expr)" 3001 \
	'lost: with those printed, all there were'
like "$(said lost.err)" '^cocosnoop: [1-9][0-9]* events lost$' 'lost: and said at once'
like "$(last_line lost)" ', 1 without an end,' 'lost: a transition that never ends is counted too'
is "$(said lost.rc)" 0 'lost: exit status 0'

is "$(said btf)" '' 'the machine shows no BTF'
is "$(lines none)" '' 'kprobes: the transitions of the module are not made by set_memory_*()'
is "$(last_line none)" \
	'0 transitions: 0 to shared, 0 to private; 0 failed, 0 without an end, 0 events lost' \
	'kprobes: attached, and none; -d ends it'

is "$(lines caller)" 'insmod shared 4 ok
insmod private 4 ok' 'kprobes: both directions, pages and results; -c ends it'
is "$(frames caller | uniq)" "$(said caller.frame)" 'kprobes: the frame in the direct map'
is "$(said caller.out | awk '/^[0-9][0-9]:/ { print $3 }' | uniq)" "$(said caller.pid)" \
	'-p: of that process'

is "$(said full.rc)" 3 'a full disk: exit status 3'
like "$(said full.err)" '^cocosnoop: cannot go on: No space left on device$' 'a full disk: is reported'

for name in plain failed none caller; do
	is "$(said $name.rc)" 0 "$name: exit status 0"
	like "$(said $name.err)" '^cocosnoop: watching [a-z_]+ and [a-z_]+; Ctrl-C ends$' \
		"$name: says what it watches"
	is "$(said $name.err | wc -l)" 1 "$name: and nothing else on stderr"
	unlike "$(said $name.out)" 'ffff[0-9a-f]{12}' "$name: no kernel pointer"
done
is "$(said rmmod.rc)" 0 'no probe is left to hold the module'
[ $tap_failed -eq 0 ] || diag "$(cd "$machine" && tail -n 15 ./*)"
done_testing
