#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# --help and --version: exit status 0, on stdout, for anybody; every command is listed and has a
# manual page.

. "$(dirname "$0")/../lib.sh"

run "$CW" --help
is "$rc" 0 '--help: exit status 0'
is "$err" '' '--help: nothing on stderr'
commands=$(printf '%s\n' "$out" | sed -n 's/^  \([a-z]*\)  .*/\1/p' | tr '\n' ' ')
is "$commands" 'watch gate record replay report export map top metrics doctor rules selftest ' '--help: lists the commands'

run "$CW" --version
is "$rc" 0 '--version: exit status 0'
like "$out" '^cocowatch [0-9.]+ \(ABI [0-9]+\.[0-9]+\)$' '--version: version and ABI'

for args in --help --version 'watch --help' 'gate --usage'; do
	run sh -c "\"$CW\" $args >/dev/full"
	is "$rc" 3 "$args to a full disk: exit status 3"
	is "$err" 'cocowatch: cannot write to stdout: No space left on device' "$args to a full disk: said"
done

for command in $commands; do
	run "$CW" "$command" --help
	is "$rc" 0 "$command --help: exit status 0"
	like "$out" "^Usage: cocowatch $command" "$command --help: on stdout"
	is "$err" '' "$command --help: nothing on stderr"
	like "$out" '--usage' "$command --help: lists the options of every command too"
	options=$(printf '%s\n' "$out" | grep -oE -- '--[a-z][a-z-]+' | sort -u)
	page=$TOP/man/cocowatch-$command.1
	ok "$command: has a manual page" test -f "$page"
	missing=
	for option in $options; do
		grep -q -e "$(printf '%s' "$option" | sed 's/-/\\\\-/g')" "$page" || missing="$missing $option"
	done
	is "$missing" '' "$command: every option is in its manual page"
done

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp "$CW" "$tap_tmp/cocowatch"
	chmod 755 "$tap_tmp" "$tap_tmp/cocowatch"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$tap_tmp/cocowatch" watch --help
	is "$rc" 0 'watch --help without privilege: exit status 0'
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$tap_tmp/cocowatch" watch
	is "$rc" 3 'watch without privilege: exit status 3'
	is "$err" 'cocowatch: cannot watch: no permission to load tracing programs (run as root, or with CAP_BPF and CAP_PERFMON)' \
		'watch without privilege: one line that says how to get it'
else
	skip 'needs root and setpriv' 'without privilege'
fi

done_testing
