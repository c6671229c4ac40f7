#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A real Prometheus scrapes a real session, its own checker finds nothing to say, and an alert fires.

. "$(dirname "$0")/module.sh"
if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
	missing_all 'Prometheus is not installed (scripts/setup extra)'
fi
module_args=(--memory 2G --program "$(command -v prometheus)" --program "$(command -v promtool)"
	--file "$TOP/scripts/dist/cocowatch.rules.yml:/tests/cocowatch.rules.yml"
	--file "$TOP/tests/module/prometheus.yml:/tests/prometheus.yml")
boot 2 metrics
