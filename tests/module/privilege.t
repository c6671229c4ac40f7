#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# By a user with three capabilities, none of which is kept; what others would add is said by rule.  Where the
# capabilities are those of the file (setcap) any user may watch.

. "$(dirname "$0")/module.sh"
# shellcheck disable=SC2034 # for module.sh
module_args=(--program /usr/bin/setpriv --program "$(PATH=$PATH:/usr/sbin command -v setcap)")
boot 2 setcap privilege
