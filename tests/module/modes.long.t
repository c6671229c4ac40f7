#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The other modes, every host that the module can emulate, and memory that is not to be had: honest twins stay
# silent, misbehaviours fire their rules, and no page is lost.

. "$(dirname "$0")/module.sh"
boot 2 modes hosts fail
