#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages install, run and go away without a trace; the module is built for a real kernel by dkms.

. "$(dirname "$0")/chroot.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root for chroot'
command -v debootstrap >/dev/null || missing_all 'debootstrap is not installed (run scripts/setup extra)'
version=$(dpkg-deb -f "$O/deb/cocowatch"_[0-9]*.deb Version 2>/dev/null)
if [ -z "$version" ]; then
	run "$TOP/scripts/deb"
	version=$(dpkg-deb -f "$O/deb/cocowatch"_[0-9]*.deb Version)
fi
like "$version" '^[0-9]' 'the packages are there'

root=$tap_tmp/root
mkdir "$root"
chroot_make "$root" || missing_all 'no root directory could be made (no network?)'
mkdir "$root/debs"
cp "$O"/deb/*_[0-9]*.deb "$root/debs/"
rm -f "$root"/debs/*dbgsym*
in_root "$root" apt-get -q update >"$tap_tmp/apt" 2>&1

if command -v lintian >/dev/null; then
	run lintian --allow-root --fail-on error "$root"/debs/*.deb
	is "$rc" 0 'lintian finds no error'
	is "$(grep -E '^[EW]: ' <<<"$out")" '' 'and gives no warning'
else
	missing 'lintian is not installed (run scripts/setup extra)' 'lintian finds no error'
fi

everything() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt -o -path ./debs \
		-o -path ./var/lib/dpkg -o -path ./tmp \) -prune -o ! -type d -print | sort)
}

#--- the programs --------------------------------------------------------------------------------

everything >"$tap_tmp/before"
ok 'cocowatch and cocobox install' in_root "$root" sh -c \
	'apt-get -q -y install --no-install-recommends /debs/cocowatch_* /debs/cocobox_* >/debs/log 2>&1 || { tail /debs/log; exit 1; }'
run in_root "$root" cocowatch --version
is "$out$err" "$("$CW" --version)" 'cocowatch runs'
run in_root "$root" cocowatch rules
is "$out$err" "$("$CW" rules)" 'cocowatch knows its rules'
run in_root "$root" cocowatch doctor
is "$rc" 3 'cocowatch doctor: no session in a chroot without /sys'
run in_root "$root" cocobox list --drivers
is "$rc$err" 0 'cocobox runs'
# shellcheck disable=SC2016 # expanded in there
run in_root "$root" bash -c '. /usr/share/bash-completion/completions/cocowatch
	COMP_WORDS=(cocowatch watch --sou) COMP_CWORD=2; _cocowatch; echo "${COMPREPLY[@]}"'
is "$out$err" --source 'completion for bash is there'
ok 'and for zsh' test -s "$root/usr/share/zsh/vendor-completions/_cocowatch"
for page in man1/cocowatch.1 man1/cocowatch-watch.1 man1/cocobox.1 man5/cocowatch-record.5 man7/cocowatch-rules.7; do
	in_root "$root" dpkg -L cocowatch cocobox | grep -q "/$page.gz$" || echo "$page"
done >"$tap_tmp/pages"
is "$(cat "$tap_tmp/pages")" '' 'manual pages are in the packages'
run in_root "$root" systemd-analyze verify --man=no /lib/systemd/system/cocowatch.service
is "$rc$out$err" 0 'systemd takes the unit'
run in_root "$root" systemctl is-enabled cocowatch
is "$out" disabled 'which is not enabled'
ok 'both are removed' in_root "$root" sh -c 'apt-get -q -y purge --auto-remove cocowatch cocobox >/debs/log 2>&1'
everything >"$tap_tmp/after"
is "$(comm -13 "$tap_tmp/before" "$tap_tmp/after" | grep -iE 'coco')" '' 'nothing of them is left'

#--- the module ----------------------------------------------------------------------------------

ok 'a kernel for it: headers of 6.12' in_root "$root" sh -c \
	'apt-get -q -y install --no-install-recommends linux-headers-6.12-cloud-amd64 >/debs/log 2>&1 || { tail /debs/log; exit 1; }'
ok 'cocowatch-dkms installs' in_root "$root" sh -c \
	'apt-get -q -y install --no-install-recommends /debs/cocowatch-dkms_* >/debs/log 2>&1 || { tail /debs/log; exit 1; }'
release=$(find "$root/lib/modules" -mindepth 1 -maxdepth 1 -name '6.12*' -printf '%f\n' | head -n 1)
like "$(in_root "$root" dkms status)" "^cocovm/${version//+/\\+}, ${release//+/\\+}, x86_64: installed" 'dkms built and installed it'
run in_root "$root" sh -c "modinfo -k $release cocovm"
like "$out" "^vermagic: +${release//+/\\+} " 'for that kernel'
like "$out" '^cw_abi: +1\.|^parm: +abi' 'and it says its ABI'
ok 'cocowatch-dkms is removed' in_root "$root" sh -c 'apt-get -q -y purge cocowatch-dkms >/debs/log 2>&1'
is "$(find "$root/lib/modules" "$root/usr/src" "$root/var/lib/dkms" -name '*cocovm*' 2>/dev/null)" '' 'nothing of it is left'
done_testing
