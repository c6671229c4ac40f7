#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Before 6.4 a shared page is a second mapping, which a driver takes away only after the page is private again: a session
# that begins in between accuses nobody of what it finds mapped.

. "$(dirname "$0")/../lib.sh"
kernel=linux-image-cloud-amd64
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/misuse.sh" "$kernel"
misuse_has "$kernel" || missing_all "no $(misuse_module "$kernel") (make misuse KERNEL=$kernel)"
box_more+=(--file "$(dirname "$0")/late.guest:/late.guest")
sessions=4

box_kernel "$kernel"
box_run late --timeout 300s -- "sh /late.guest $sessions"
box_go 600
is "$(box_rc late)" 0 'the guest came to its end'
is "$(box_out late | sed -n 's/^late: \([0-9]\)/\1/p' | cut -c 1-8 | sort | uniq -c | sed 's/^ *//')" "$sessions 0 held: " \
	'each session held'
ok 'pages were given back all the time' test "$(box_out late | grep -c '^late: pages given back')" -ge $sessions
checked=$(box_out late | sed -n 's/.*{"rule":"S3"[^}]*"checked":\([0-9]*\).*/\1/p')
is "$(grep -c '^[1-9]' <<<"$checked")" $sessions "S3 was judged in each (${checked//$'\n'/ } times)"
done_testing
