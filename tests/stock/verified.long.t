#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the verifier of each kernel says of each BPF program: which are taken, and that none costs much more than it is
# known to (instructions looked at; verified.table, where states are kept too).
#
# Usage: verified.long.t [--keep]    (--keep: write the table anew)

# what is loaded in the guest beside its own programs
box_more=(--program "${O:-.build}/tests/stock/verified")
. "$(dirname "$0")/../box/box.sh"

[ "$CW_KERNEL" = linux-image-6.12-cloud-amd64 ] || skip_all 'this has all kernels in it'
table=$TOP/tests/stock/verified.table
# Compilers differ.
more=125

declare -A ways=([linux-image-cloud-amd64]=old)
kernels='linux-image-cloud-amd64 linux-image-6.12-cloud-amd64 linux-image-cloud-amd64_sid'
for kernel in $kernels; do
	box_kernel "$kernel"
	box_run "$kernel" --timeout 900s -- "modprobe pci-hyperv 2>/dev/null; verified ${ways[$kernel]:-window}"
done
box_go 3000

for kernel in $kernels; do
	box_out "$kernel" | sed "s/^/$kernel /" >>"$tap_tmp/table"
	[ "${1:-}" != --keep ] || continue
	is "$(box_rc "$kernel")" 0 "$kernel: all programs were tried"
	is "$(awk -v kernel="$kernel" '$1 == kernel { print $2, $3, $4 == "refused" }' "$table")" \
		"$(box_out "$kernel" | awk '{ print $1, $2, $3 == "refused" }')" "$kernel: the programs that it takes are those of the table"
	is "$(awk -v kernel="$kernel" -v more=$more '
		FNR == NR { if ($1 == kernel) kept[$2 " " $3] = $4; next }
		$1 == kernel && $4 != "refused" && $4 * 100 > kept[$2 " " $3] * more { print $2, $3, $4, "instead of", kept[$2 " " $3] }
		' "$table" "$tap_tmp/table")" '' "$kernel: none is much dearer than before"
	diag "$kernel: $(awk '$3 > most { most = $3; name = $2 } END { print "most instructions:", most, name }' <<<"$(box_out "$kernel" | grep -v refused)")"
done
[ "${1:-}" != --keep ] || {
	echo '# SPDX-License-Identifier: GPL-2.0-only'
	echo '# kernel, object, program, instructions and states as the verifier counts them; by verified.long.t --keep'
	cat "$tap_tmp/table"
} >"$table"
done_testing
