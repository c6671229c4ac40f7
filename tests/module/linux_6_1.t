#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On Debian's 6.1, the oldest kernel that we claim: every program loads there, every scenario
# fires its rule and no other, every honest twin none.

CW_KERNEL=linux-image-cloud-amd64
. "$(dirname "$0")/module.sh"
boot 2 honest misbehave
