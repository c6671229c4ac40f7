#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cocobox's command line and files: what is wrong is said in one line with the nearest right name, before any KVM is
# asked for; status 2 for usage, 125 for what cannot be run.

. "$(dirname "$0")/../lib.sh"
box=$(dirname "$CW")/cocobox
hint="cocobox: no usable KVM here: scripts/box in cocobox's source tree takes the same options and emulates one (see cocobox(1))"

# said STATUS MESSAGE ARGUMENT...: that status, that one line, nothing on stdout
said() {
	status=$1
	message=$2
	shift 2
	run "$box" "$@"
	name=$(printf '%.60s' "$*")
	is "$rc" "$status" "$name: exit status $status"
	is "$err" "cocobox: $message" "$name: says what is wrong"
	is "$out" '' "$name: nothing on stdout"
}

refused() {
	said 2 "$@"
}

cannot() {
	said 125 "$@"
}

# ---- help ----

for args in --help 'run --help' 'run --usage' 'run -?' 'list --help'; do
	# shellcheck disable=SC2086 # words
	run "$box" $args
	is "$rc" 0 "$args: exit status 0"
	like "$out" '^Usage: cocobox' "$args: on stdout"
	is "$err" '' "$args: nothing on stderr"
done
run "$box" --help
is "$(printf '%s\n' "$out" | sed -n 's/^  \([a-z]*\)  .*/\1/p' | tr '\n' ' ')" 'run list ' '--help: lists the commands'
like "$out" '121 it rebooted, 122 it panicked' '--help: the exit statuses'
run "$box" --version
is "$rc" 0 '--version: exit status 0'
like "$out" '^cocobox [0-9.]+$' '--version: on stdout'
run sh -c "\"$box\" run --help >/dev/full"
is "$rc" 125 'run --help to a full disk: exit status 125'
is "$err" 'cocobox: cannot write to stdout: No space left on device' 'run --help to a full disk: said'

run "$box" list
is "$rc" 0 'list: exit status 0'
is "$err" '' 'list: nothing on stderr'
like "$out" '^honest ' 'list: has the honest host'
for host in $(printf '%s\n' "$out" | sed -n 's/^\([a-z][a-z0-9-]*\) .*/\1/p'); do
	run "$box" run --host "$host"
	[ "$err" = 'cocobox: --kernel is needed' ] || bad="${bad:-} $host"
done
is "${bad:-}" '' 'list: --host takes every name in it'

run "$box" list --drivers
is "$rc" 0 'list --drivers: exit status 0'
like "$out" '^([a-z_-]+ )+[a-z_-]+$' 'list --drivers: one line of names'
like "$out" 'hv_vmbus.* hv_netvsc' 'list --drivers: bus first, then devices'
run "$box" list --plain
is "$(printf '%s\n' "$out" | awk -F '\t' 'NF != 4' | wc -l)" 0 'list --plain: four columns'

# ---- usage ----

refused 'no command (see cocobox --help)'
refused "unknown command 'rnu' (did you mean 'run'?)" rnu
refused "unknown command 'no-such-command'" no-such-command
refused "unknown option '--verbose'" --verbose
refused "list takes no arguments: 'me'" list me
refused "list takes no arguments: 'me'" list --plain me
refused "list takes no arguments: '--plane'" list --plane

refused '--kernel is needed' run
refused "run takes options only: 'vmlinuz'" run vmlinuz
refused "run takes options only: 'vmlinuz'" run -- vmlinuz
refused "unknown option '--kernl' (did you mean '--kernel'?)" run --kernl vmlinuz
refused "unknown option '--stop' (did you mean '--stop-on-finding'?)" run --stop
refused "unknown option '--zzzzz'" run --zzzzz=1
refused "unknown option '-x' (see --help)" run -x
refused "option '--kernel' needs a value, FILE" run --kernel
refused "option '--kernel' needs a value, FILE" run --net --kernel
refused "option '--pci' takes no value" run --pci=1
refused "--host: no host behaviour 'hones' (did you mean 'honest'?); see cocobox list" run --host hones
refused "--host: no host behaviour 'zzzzz'; see cocobox list" run --host zzzzz
for size in 3 255M 257M 9G -1G 1T 1.5G '' M 99999999999999999999G; do
	refused "--memory: '$size' is not an even size from 256M to 8G" run --memory "$size"
done
for number in 0 5 -1 2x ''; do
	refused "--cpus: '$number' is not a number from 1 to 4" run --cpus "$number"
done
refused "--subchannels: '5' is not a number from 0 to 4" run --subchannels 5
refused "--timeout: '30' is not a time like 90s or 5m" run --timeout 30
refused "--timeout: '0s' is not a time like 90s or 5m" run --timeout 0s
refused "--shutdown-after: 'soon' is not a time like 90s or 5m" run --shutdown-after soon
refused "--disk: 'e' is one too many (at most 4)" run --disk a --disk b --disk c --disk d --disk e
refused '--append: more than 2046 bytes in all' run --append quiet --append "$(head -c 2045 /dev/zero | tr '\0' a)"

# ---- files ----

# put FILE OFFSET BYTES, as printf takes them
put() {
	# shellcheck disable=SC2059 # a format
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

cd "$tap_tmp" || exit
# What the boot protocol asks of a bzImage, and zeroes: enough for all that is looked at before KVM.
head -c 65536 /dev/zero >kernel
put kernel 497 '\001'             # setup_sects
put kernel 500 '\300\017'         # syssize
put kernel 510 '\125\252HdrS' && put kernel 514 'HdrS\017\002'
put kernel 556 '\377\377\377\177' # initrd_addr_max
put kernel 566 '\001'             # xloadflags: 64-bit entry
put kernel 568 '\377\007'         # cmdline_size
put kernel 608 '\000\000\020\000' # init_size
cp kernel huge && put huge 608 '\000\000\000\100'
cp kernel old && put old 518 '\002\002'
cp kernel 32bit && put 32bit 566 '\000'
: >empty
echo 'some text' >text
truncate -s 1G gigabyte
truncate -s 1000 odd
mkdir dir

cannot 'cannot open none: No such file or directory' run --kernel none
cannot "$(command -v busybox): no 64-bit Linux kernel (bzImage or vmlinux)" run --kernel "$(command -v busybox)"
cannot 'dir: not a regular file' run --kernel dir
cannot '/dev/null: not a regular file' run --kernel /dev/null
for file in empty text gigabyte old 32bit "$box"; do
	cannot "$file: no 64-bit Linux kernel (bzImage or vmlinux)" run --kernel "$file"
done
cannot 'huge: the kernel does not fit into 768 MiB' run --kernel huge
cannot 'cannot open none: No such file or directory' run --kernel kernel --initrd none
cannot 'dir: not a regular file' run --kernel kernel --initrd dir
cannot 'the initramfs of 1024 MiB does not fit into 768 MiB of memory' run --kernel kernel --initrd gigabyte
cannot "the kernel's command line is too long (2059 bytes)" \
	run --kernel kernel --append "$(head -c 2029 /dev/zero | tr '\0' a)"
cannot 'cannot open disk none: No such file or directory' run --kernel kernel --disk none
cannot 'cannot open disk dir: Is a directory' run --kernel kernel --disk dir
cannot 'disk /dev/null is neither a file nor a block device' run --kernel kernel --disk /dev/null
for file in empty text odd; do
	cannot "disk $file: its size must be a multiple of 512 bytes and not 0" run --kernel kernel --disk $file
done
cannot 'cannot open none/console: No such file or directory' run --kernel kernel --console none/console
cannot 'cannot open dir: Is a directory' run --kernel kernel --console dir
cannot 'cannot write none/referee: No such file or directory' run --kernel kernel --referee none/referee
cannot 'cannot write dir: Is a directory' run --kernel kernel --referee dir
cannot 'cannot open the TAP device a-name-too-long-for-it: File name too long' \
	run --kernel kernel --net=a-name-too-long-for-it

real=$O/kernels/$CW_KERNEL
if [ -e "$real/vmlinuz" ]; then
	head -c 8192 "$real/vmlinuz" >short
	cannot 'short: the kernel is cut short' run --kernel short
	head -c 600 "$real/vmlinuz" >short
	cannot 'short: no 64-bit Linux kernel (bzImage or vmlinux)' run --kernel short
else
	skip "no $real/vmlinuz" 'a real kernel that is cut'
fi
if [ -e "$real/vmlinux" ]; then
	for size in 100 8192 4000000; do
		head -c $size "$real/vmlinux" >short
		cannot 'short: the kernel is cut short' run --kernel short
	done
else
	skip "no $real/vmlinux" 'a real kernel that is cut, unpacked'
fi

# ---- no KVM ----

# no_kvm REASON COMMAND...: two lines, the reason and what to do
no_kvm() {
	reason=$1
	shift
	run "$@" run --kernel kernel --timeout 3s
	is "$rc" 125 "$reason: exit status 125"
	is "$err" "cocobox: $reason
$hint" "$reason: said, with what to do"
	is "$out" '' "$reason: nothing on stdout"
}

if [ ! -e /dev/kvm ]; then
	no_kvm 'cannot open /dev/kvm: No such file or directory' "$box"
elif unshare -rm mount --bind /dev/null /dev/kvm 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded there
	no_kvm '/dev/kvm speaks another version of the KVM API' \
		unshare -rm sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' sh "$box"
else
	skip 'no mount namespaces here' 'a /dev/kvm that is none'
fi
if [ "$(id -u)" = 0 ] && [ -e /dev/kvm ] && command -v setpriv >/dev/null &&
	! setpriv --reuid 65534 --regid 65534 --clear-groups test -r /dev/kvm; then
	cp "$box" cocobox
	chmod 755 . cocobox
	chmod 644 kernel
	run setpriv --reuid 65534 --regid 65534 --clear-groups ./cocobox run --kernel kernel --timeout 3s
	is "$rc" 125 '/dev/kvm without permission: exit status 125'
	# before it may stand that there is no userfaultfd for that user
	is "$(printf '%s\n' "$err" | tail -n 2)" "cocobox: cannot open /dev/kvm: Permission denied
$hint" '/dev/kvm without permission: said, with what to do'
else
	skip 'needs root, setpriv, and a /dev/kvm that is not for all' 'a /dev/kvm without permission'
fi
run "$box" run --kernel kernel --timeout 3s
if printf '%s\n' "$err" | grep -qF "$hint"; then
	is "$rc" 125 "this machine's KVM: exit status 125"
	is "$(printf '%s\n' "$err" | wc -l)" 2 "this machine's KVM: the reason and what to do"
	like "$err" "^cocobox: (cannot open /dev/kvm|this host|this CPU|KVM refuses|/dev/kvm speaks|vCPU)" \
		"this machine's KVM: named"
else
	skip 'KVM is usable here' "this machine's KVM"
fi

done_testing
