#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On four CPUs: every scenario fires its rule and no other, every honest twin none;
# sessions, what they lose, the device and unloading under load.

. "$(dirname "$0")/module.sh"
boot 4 honest misbehave life before loss device outputs gate lockdown
