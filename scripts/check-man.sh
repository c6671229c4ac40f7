#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check the manual pages: each formats without a warning, each command has one, and pages and
# --help name the same options.  Says what is wrong where, and fails if anything is.
#
# Usage: scripts/check-man.sh [COCOWATCH [COCOBOX]]    (default: those in .build)

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
box=${2:-$out/cocobox}
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

# help_options PROGRAM COMMAND
help_options() {
	"$1" "$2" --help | grep -oE -e '^ +(-[a-zA-Z?], )?--[a-z][a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u
}

# commands_of PROGRAM
commands_of() {
	"$1" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'
}

# same_options PAGE HELP-OPTIONS
same_options() {
	local differ

	differ=$(diff <(grep -vxE -e '--(help|usage)' <<<"$2") \
		<(page_options "$1" | grep -vxE -e '--(help|usage|version)'))
	[ -z "$differ" ] || bad "$1 and --help differ (< help only, > page only): $differ"
}

commands=$(commands_of "$program")
[ -n "$commands" ] || bad "$program --help names no command"
for command in $commands; do
	page=man/cocowatch-$command.1
	[ -e "$page" ] || {
		bad "$page is missing"
		continue
	}
	grep -q "cocowatch-$command" man/cocowatch.1 || bad "man/cocowatch.1 does not name cocowatch-$command(1)"
	same_options "$page" "$(help_options "$program" "$command")"
done

# cocobox has one page for all of its commands.
commands=$(commands_of "$box")
[ -n "$commands" ] || bad "$box --help names no command"
for command in $commands; do
	grep -q "^\.B cocobox $command\$" man/cocobox.1 || bad "man/cocobox.1 does not name cocobox $command"
done
same_options man/cocobox.1 "$(for command in $commands; do help_options "$box" "$command"; done | sort -u)"
exit $failed
