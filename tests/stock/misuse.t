#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module of the guest misuses the kernel's own interfaces: each misuse is caught by its rule (the
# honest twins: misuse.long.t).

dir=$(dirname "$0")
. "$dir/../lib.sh"
release=$(cat "$("$TOP/scripts/kernel" --print-dir "$CW_KERNEL")/release")
module=$O/misuse/$release/cw_misuse.ko
[ -e "$module" ] || skip_all "no $module (make misuse)"
# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$module:/cw_misuse.ko" --file "$dir/misuse.guest:/misuse.guest")
. "$dir/stock.sh"

box_run misuse --net --timeout 600s -- "sh /misuse.guest misuse"
box_go 900

fired=$(box_out misuse | grep -E '^[a-z-]+ [A-Z][0-9] fired$')
caught=$(awk '{ print $1 }' <<<"$fired" | sort | tr '\n' ' ')
case $CW_KERNEL in
linux-image-6.12-cloud-amd64)
	is "$caught" 'bounce-foreign bounce-size dma-private message-tail page-table private-gpadl reserved-field ring-padding shared-freed shared-freed-order slab-part slab-whole wrong-flag ' \
		'each that this kernel and one CPU allow was caught'
	;;
*) like "$(wc -w <<<"$caught")" '^([89]|1[0-9])$' 'eight scenarios at least were caught' ;;
esac
is "$(box_out misuse | grep -E '^[a-z-]+ [A-Z][0-9] silent$')" '' 'none that breaks a rule went unseen'
is "$(box_out misuse | grep ' stays$')" '' 'the module can be unloaded after each'
diag "$fired"
stock_keep misuse "$CW_KERNEL" <<<"$fired"
diag "$(box_out misuse | grep ' refused$')"
done_testing
