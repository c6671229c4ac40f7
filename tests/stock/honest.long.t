#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An honest host, on the newest kernel, where VMBus is built in and each hypercall can be traced.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/honest.sh" linux-image-cloud-amd64_sid
done_testing
