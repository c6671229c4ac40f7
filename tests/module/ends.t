#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sessions that end while transitions are under way.

. "$(dirname "$0")/module.sh"
module_args+=(--in-turns)	# programs come and go all the time, see scripts/vm
boot 2 ends
