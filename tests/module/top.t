#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A session shown live, while pages change all the time.

. "$(dirname "$0")/module.sh"
boot 2 top
