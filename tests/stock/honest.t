#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An honest host, on the kernel with the window and the one before 6.4 (the newest: honest.long.t).

old=linux-image-cloud-amd64
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/honest.sh" linux-image-6.12-cloud-amd64 $old

for rule in T1 T2 T3 T4 T8 S8; do
	is "$(stock_outcome $old $rule)" 'not armed' "before 6.4: $rule is not armed"
done
like "$(stock_rule $old T1)" 'has no not-present window' 'before 6.4: and why is said'
done_testing
