#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every BPF program takes what it works in by work_get(), which asks whether the session is over: one that did not would
# count and send while programs are detached.

. "$(dirname "$0")/../lib.sh"

# What a program keeps between two events, and a sample beside an event whose scratch was had, are no beginning of one.
direct=$(cd "$TOP" && grep -nE 'bpf_map_lookup_elem\(&[a-z_]*scratches,' bpf/* | grep -vE '^bpf/told\.bpf\.h:|&stale_scratches,')
is "$direct" '' 'no scratch is taken but by work_get()'
taken=$(cd "$TOP" && grep -cE 'work_get\(&[a-z_]*scratches,' bpf/* | awk -F : '{ n += $2 } END { print n }')
maps=$(cd "$TOP" && grep -hoE '^\} [a-z_]*scratches SEC' bpf/* | grep -v stale_ | sort -u | wc -l)
ok "each of the $maps maps of them is ($taken places)" test "$taken" -ge "$maps" -a "$maps" -ge 10
done_testing
