#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check the manual pages: each formats without a warning, each command has one, and pages and
# --help name the same options.  Says what is wrong where, and fails if anything is.
#
# Usage: scripts/check-man.sh [PROGRAM]    (default: .build/cocowatch)

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

case ${1:-} in
-h | --help)
	sed -n '4,/^$/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac
out=${O:-.build}
program=${1:-$out/cocowatch}
failed=0

bad() {
	echo "check-man: $*" >&2
	failed=1
}

command -v man >/dev/null || {
	echo "check-man: man is not installed (run scripts/setup build)" >&2
	exit 1
}

for page in man/*.[1-8] "$out"/man/*.[1-8]; do
	warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$warnings" ] || bad "$page: $warnings"
	head -n 2 "$page" | grep -q SPDX-License-Identifier || bad "$page: no licence on line 1 or 2"
done

# Long options that a page documents: at the start of a tagged paragraph.
page_options() {
	sed 's/\\-/-/g; s/\\fB//g; s/\\fI//g; s/\\fR//g' "$1" | grep -A1 '^\.TP' | grep -oE -e '--[a-z][a-z-]+' | sort -u
}

help_options() {
	"$program" "$1" --help | grep -oE -e '^ +(-[a-zA-Z?], )?--[a-z][a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u
}

commands=$("$program" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
[ -n "$commands" ] || bad "$program --help names no command"
for command in $commands; do
	page=man/cocowatch-$command.1
	[ -e "$page" ] || {
		bad "$page is missing"
		continue
	}
	grep -q "cocowatch-$command" man/cocowatch.1 || bad "man/cocowatch.1 does not name cocowatch-$command(1)"
	differ=$(diff <(help_options "$command" | grep -vxE -e '--(help|usage)') \
		<(page_options "$page" | grep -vxE -e '--(help|usage)'))
	[ -z "$differ" ] || bad "$page and --help differ (< help only, > page only): $differ"
done
exit $failed
