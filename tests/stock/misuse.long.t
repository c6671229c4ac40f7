#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The honest twins of what misuse.t runs: no rule accuses one.

dir=$(dirname "$0")
. "$dir/../lib.sh"
release=$(cat "$("$TOP/scripts/kernel" --print-dir "$CW_KERNEL")/release")
module=$O/misuse/$release/cw_misuse.ko
[ -e "$module" ] || skip_all "no $module (make misuse)"
# shellcheck disable=SC2034 # for stock.sh
box_more=(--file "$module:/cw_misuse.ko" --file "$dir/misuse.guest:/misuse.guest")
. "$dir/stock.sh"

box_run honest --net --timeout 600s -- "sh /misuse.guest honest"
box_go 900

is "$(box_out honest | grep -E ' (fired|stays)$')" '' 'no honest twin is accused'
like "$(box_out honest | grep -c ' silent$')" '^(1[0-9]|2[0-9])$' 'and more than ten of them ran'
stock_held honest T3 T5 S1 S3 S5
is "$(stock_found honest | grep -v ' Z3 ')" '' 'no finding but the known one'
done_testing
