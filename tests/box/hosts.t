#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A host of each kind that lies: the guest does what the table says, and the referee's account has the deed.

. "$(dirname "$0")/hosts.sh"

hosts='part-told disk-transfer message-open complete-unknown-net offer-refused flags-unknown'

# shellcheck disable=SC2013 # words
for class in $(awk -F '\t' '{ print $2 }' <<<"$hosts_table" | sort -u); do
	[ "$class" != honest ] || continue
	some=$(for name in $hosts; do hosts_column "$name" 2; done | grep -cx "$class")
	is "$some" 1 "one host of the class $class is tried"
done
# shellcheck disable=SC2086 # words
hosts_run $hosts
done_testing
