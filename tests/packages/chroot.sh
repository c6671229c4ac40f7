# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A Debian root directory to install packages in, made from this machine's own apt sources.
#
# Usage: . chroot.sh; chroot_make DIR; in_root DIR COMMAND...; chroot_end DIR

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
export PATH=$PATH:/usr/sbin:/sbin

chroot_base=$O/chroot/base

# Sites and suites of Debian's own archive, as apt knows them: "SITE SUITE COMPONENT" a line.
chroot_sources() {
	# shellcheck disable=SC2016 # apt's
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
		awk '$4 == "Debian" { print $1, $2, $3 }' | sort -u
}

# Once for all tests, with systemd in it.
chroot_base() {
	local site suite

	[ ! -e "$chroot_base/.done" ] || return 0
	read -r site suite _ < <(chroot_sources | awk '$2 !~ /-/')
	[ -n "$site" ] || return 1
	rm -rf "$chroot_base"
	mkdir -p "$chroot_base"
	debootstrap --variant=minbase --include=systemd-sysv,systemd,dbus,kmod,udev "$suite" "$chroot_base" "$site" \
		>"$O/chroot/log" 2>&1 || return
	chroot_sources | sed 's/^/deb /' >"$chroot_base/etc/apt/sources.list"
	touch "$chroot_base/.done"
}

# What was begun is taken away however the test ends.
chroot_make() {
	chroot_base || {
		tail -n 5 "$O/chroot/log" >&2
		return 1
	}
	cp -a --reflink=auto "$chroot_base/." "$1"
	cp /etc/resolv.conf "$1/etc/"
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1" "$1/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2064 # as it is now
	trap "chroot_end '$1'; rm -rf '$tap_tmp'" EXIT
	mount -t proc proc "$1/proc"
}

in_root() {
	local root=$1

	shift
	chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

chroot_end() {
	! mountpoint -q "$1/proc" || umount "$1/proc" || return
	rm -rf --one-file-system "$1"
}
