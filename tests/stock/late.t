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

# late_numbers NAME FIELD: of S3, in each session of that name.
late_numbers() {
	box_out late | sed -n "s/^late of $1: .*{\"rule\":\"S3\"[^}]*\"$2\":\([0-9]*\).*/\1/p" | tr '\n' ' '
}

box_kernel "$kernel"
box_run late --timeout 300s -- "sh /late.guest $sessions"
box_go 600
is "$(box_rc late)" 0 'the guest came to its end'
ended=$(box_out late | sed -n 's/^late: \(during\|before\) \([0-9]* [^:]*\):.*/\1 \2/p' | uniq -c | sed 's/^ *//')
# where nothing else is freed there is no verdict
is "$ended" "1 before 3 no verdict
$sessions during 0 held" 'no session accuses anybody'

# 16 pages, given back before the session
is "$(late_numbers before no_evidence)" '16 ' 'before: what only a late mapping shared is no evidence'
is "$(box_out late | grep -c '^late: freed what was kept')" 1 'before: and it was freed'

ok 'during: pages were given back all the time' test "$(box_out late | grep -c '^late: gave pages back')" -ge $sessions
like "$(late_numbers during checked)" "^([1-9][0-9]* ){$sessions}\$" "during: S3 was judged in each"
box_clean late
done_testing
