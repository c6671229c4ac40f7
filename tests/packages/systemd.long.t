#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The unit, started by systemd in a machine of its own: what it may do, what it drops, that it still sees, and where what
# it sees goes: the journal, a file of numbers, a recording.

. "$(dirname "$0")/chroot.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root for chroot'
command -v debootstrap >/dev/null || missing_all 'debootstrap is not installed (run scripts/setup extra)'
root=$tap_tmp/root
mkdir "$root"
chroot_make "$root" || missing_all 'no root directory could be made (no network?)'
umount "$root/proc"

# What is not needed to boot is left out: all of it is unpacked by an emulated CPU.
rm -rf "$root"/usr/share/{doc,man,locale,i18n,info,zoneinfo} "$root"/var/{cache,lib}/apt/* "$root/usr/lib/udev/hwdb.bin" \
	"$root"/usr/bin/perl* "$root"/usr/lib/x86_64-linux-gnu/perl*
kernel=$O/kernels/$CW_KERNEL
cp "$O/kmod/$(cat "$kernel/release")/cocovm.ko" "$root/"
install -m 755 "$CW" "$root/usr/bin/cocowatch"
ldd "$CW" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' | while read -r lib; do
	[ -e "$root$lib" ] || install -D "$lib" "$root$lib"
done
cp "$TOP/scripts/dist/cocowatch.service" "$root/lib/systemd/system/"
cat >"$root/lib/systemd/system/check.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh /check.sh
StandardOutput=file:/dev/ttyS1
StandardError=file:/dev/ttyS1
TimeoutStartSec=infinity
ExecStopPost=/bin/systemctl poweroff --force --force
END
echo 'COCOWATCH_OPTIONS=--waive=T5=known --last=30s --output=/var/lib/cocowatch' >"$root/etc/default/cocowatch"
cat >"$root/check.sh" <<'END'
seen() {
	tries=600
	until journalctl -u cocowatch -o cat 2>/dev/null | grep -q "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && systemctl -q is-active cocowatch || return 1
		sleep 0.2
	done
}
insmod /cocovm.ko
systemctl start cocowatch
echo "start $?"
seen '^cocowatch watches '
echo "session $?"
pid=$(systemctl show -p MainPID --value cocowatch)
sed -n 's/^/status /p' /proc/$pid/status
tries=100
until [ "$(ls /proc/$pid/task | wc -l)" = 2 ] || [ $tries = 0 ]; do
	tries=$((tries - 1))
	sleep 0.1
done
echo "threads $(ls /proc/$pid/task | wc -l)"
cat /proc/$pid/task/*/status | sed -n 's/^\(Cap\|NoNewPrivs\|Seccomp:\)/thread \1/p' | sort | uniq -c | sed 's/^ *//'
echo 'honest plain' >/dev/cocovm
echo 'run wrong-bit' >/dev/cocovm
seen '^violation of T3 '
echo "violation $?"
systemctl stop cocowatch
ls -l /run/cocowatch/metrics.prom | sed 's/^/numbers /'
grep -E '^cocowatch_(violations_total.*"T3"|session_up)' /run/cocowatch/metrics.prom | sed 's/^/numbers /'
cocowatch report /var/lib/cocowatch/*.ccw | sed -n 's/^VIOLATION/recording &/p'
stat -c 'recording %a' /var/lib/cocowatch/*.ccw
journalctl COCOWATCH_RULE=T3 -o verbose | sed -n 's/^ *\(COCOWATCH_STACK\|PRIORITY\|_SYSTEMD_UNIT\)=/field &/p'
systemctl show -p Result,ExecMainStatus cocowatch
echo "exposure $(systemd-analyze security cocowatch 2>&1 | tail -n 1)"
journalctl -u cocowatch -o cat | sed 's/^/journal /'
END
ln -sf ../check.service "$root/lib/systemd/system/multi-user.target.wants/check.service"
ln -sf /lib/systemd/systemd "$root/init"
# nobody logs in, and no disk is to be waited for
for unit in getty.target systemd-update-utmp.service systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer \
	dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service systemd-udev-trigger.service systemd-journal-flush.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
(cd "$root" && find . -xdev -print0 | cpio -0 -o -H newc --quiet) >"$tap_tmp/initrd"
rm -rf "$root"

# no_timer_check: a busy host lets the emulated timer miss the kernel's test of it
timeout 900 qemu-system-x86_64 -accel tcg,thread=multi -cpu EPYC-Rome -M q35,usb=off,sata=off,smbus=off -smp 2 -m 2G -nodefaults \
	-no-user-config -no-reboot -display none -kernel "$kernel/vmlinuz" -initrd "$tap_tmp/initrd" \
	-append 'console=ttyS0,115200 panic=-1 quiet rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 no_timer_check systemd.show_status=0' \
	-serial "file:$tap_tmp/console" -serial "file:$tap_tmp/said" </dev/null >"$tap_tmp/qemu" 2>&1
is "$?" 0 'the machine booted systemd and ended'
said=$(tr -d '\r' <"$tap_tmp/said")
like "$said" '^start 0$' 'systemd starts the unit'
like "$said" '^session 0$' 'and a session begins'
like "$said" '^status Uid:.[1-9][0-9]{4}' 'by a user of its own'
like "$said" '^status CapEff:.0{16}$' 'who keeps no capability'
like "$said" '^status CapPrm:.0{16}$' 'and can take none'
like "$said" '^status CapBnd:.000000c400000000$' 'beside CAP_SYSLOG, CAP_PERFMON and CAP_BPF, by no means'
like "$said" '^status NoNewPrivs:.1$' 'nor new ones'
like "$said" '^status Seccomp:.2$' 'within its system calls'
like "$said" '^threads 2$' 'a thread of its own keeps the history'
for caps in 'CapInh:.0{16}' 'CapPrm:.0{16}' 'CapEff:.0{16}' 'CapAmb:.0{16}' 'CapBnd:.000000c400000000' \
	'NoNewPrivs:.1' 'Seccomp:.2'; do
	like "$said" "^2 thread $caps\$" "each thread: ${caps%%:*}"
done
like "$said" '^violation 0$' 'a violation is in the journal'
like "$said" '^field +PRIORITY=3$' 'found by its rule, with its priority'
like "$said" '^field +_SYSTEMD_UNIT=cocowatch.service$' 'and its unit'
like "$said" '^field +COCOWATCH_STACK=.*\[cocovm\]' 'with names in its stack'
like "$said" '^numbers -rw-r--r-- ' 'numbers are in a file that an exporter can read'
like "$said" '^numbers cocowatch_violations_total\{rule="T3",.*\} [1-9]' 'the violation among them'
like "$said" '^numbers cocowatch_session_up 0$' 'and that the session is over'
like "$said" '^recording VIOLATION  T3 ' 'what led to it is recorded'
like "$said" '^recording 600$' 'for its owner only'
like "$said" '^Result=exit-code$' 'the unit has failed then'
like "$said" '^ExecMainStatus=1$' 'with the status of a violation'
like "$said" '^exposure .*: [01]\.[0-9] OK' 'systemd takes it for little exposed'
[ $tap_failed = 0 ] || {
	diag "$(tail -n 20 "$tap_tmp/console")"
	diag "$said"
}
done_testing
