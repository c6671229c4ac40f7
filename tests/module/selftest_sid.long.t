#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocowatch selftest on Debian's sid, whose kernel is the newest that there is: the whole catalogue passes.

# shellcheck disable=SC2034 # for boot
CW_KERNEL=linux-image-cloud-amd64_sid
. "$(dirname "$0")/module.sh"
# shellcheck disable=SC2034 # for boot
module_guest=selftest_guest.sh
boot 2 all
