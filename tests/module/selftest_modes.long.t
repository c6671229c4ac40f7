#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cocowatch selftest passes in every mode that the module emulates.

. "$(dirname "$0")/module.sh"
# shellcheck disable=SC2034 # for boot
module_guest=selftest_guest.sh
boot 2 modes
