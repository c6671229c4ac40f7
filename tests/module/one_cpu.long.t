#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On one CPU: every scenario fires its rule and no other, every honest twin none.

. "$(dirname "$0")/module.sh"
boot 1 honest misbehave
