#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module of the guest misuses the kernel's own interfaces: each misuse is caught by its rule (on all kernels, with
# two CPUs, and the honest twins: misuse.long.t).

. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/misuse.sh" "$CW_KERNEL"
misuse_has "$CW_KERNEL" || missing_all "no $(misuse_module "$CW_KERNEL") (make misuse)"

misuse_queue "$CW_KERNEL" misuse 1
box_go 900
misuse_check "$CW_KERNEL" misuse 1
misuse_told "$CW_KERNEL.misuse.1" | grep ' fired$' | stock_keep misuse "$CW_KERNEL"
done_testing
