# shellcheck shell=bash disable=SC2034,SC2154 # names that a reproducer sets, and those that it uses
# SPDX-License-Identifier: GPL-2.0-only
#
# What the reproducers of the findings share.  A finding is something that an unmodified kernel was seen to do.
#
# Usage, in NAME/reproduce:
#   . "$(dirname "${BASH_SOURCE[0]}")/../findings.sh"
#   finding_kernels=(PACKAGE...)     where it was seen
#   finding_tries=N                  runs on each kernel, one of which must show it (default 1)
#   finding_queue() { ...; }         RUN: queue one run of that name, with box_run
#   finding_evidence() { ...; }      RUN: print what shows it, fail when nothing does
#   finding_main "$@"
#
# NAME/reproduce [PACKAGE]...        on these kernels instead of those where it was seen
#
# Exit status: 0 it was observed on each kernel, 1 it was not.
# BOX_KEEP=DIR keeps what the runs left.  findings.long.t sources all of them, for one boot of many.

if [ -z "${findings_sourced:-}" ]; then
	findings_sourced=1
	TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
	. "$TOP/tests/lib.sh"
	# shellcheck disable=SC2034 # for box.sh
	box_more=(--program "$CW")
	. "$TOP/tests/box/box.sh"
fi

findings_oldest=linux-image-cloud-amd64
findings_middle=linux-image-6.12-cloud-amd64
findings_newest=linux-image-cloud-amd64_sid
# what a run may take, of which only a guest that hangs uses all
findings_limit=300s

finding_tries=1

# finding_console RUN REGEX [LINES]: the first lines of the guest's console that match, without times.
finding_console() {
	box_console "$1" | grep -a -m "${3:-5}" -E "$2" | sed 's/^\[ *[0-9.]*\] *//'
	[ "${PIPESTATUS[1]}" = 0 ]
}

# finding_accesses RUN: what the referee saw used through the wrong alias, or handed over while private.
finding_accesses() {
	box_findings "$1" | grep .
}

finding_release() {
	cat "$("$TOP/scripts/kernel" --print-dir "$1")/release"
}

# finding_runs PACKAGE: the names of its runs.
finding_runs() {
	local try

	for ((try = 1; try <= finding_tries; try++)); do
		echo "$finding_name.$1.$try"
	done
}

finding_queue_all() {
	local package run

	for package in "$@"; do
		box_kernel "$package"
		for run in $(finding_runs "$package"); do
			finding_queue "$run"
		done
	done
}

# finding_seen PACKAGE: its evidence.
finding_seen() {
	local run evidence

	for run in $(finding_runs "$1"); do
		evidence=$(finding_evidence "$run") || continue
		printf '%s\n' "$evidence"
		return 0
	done
	return 1
}

finding_judge() {
	local package evidence release

	for package in "$@"; do
		release=$(finding_release "$package")
		if evidence=$(finding_seen "$package"); then
			pass "$finding_name: observed on $release"
			diag "$finding_name on $release: $evidence"
		else
			fail "$finding_name: observed on $release"
			diag "$(finding_runs "$package" | while read -r run; do
				echo "$run: status $(box_rc "$run") after $(box_seconds "$run") s"
				box_err "$run" | tail -n 5
			done)"
		fi
	done
}

# Each step for itself, when findings.long.t does it for all.
finding_main() {
	finding_name=$(basename "$(dirname "${BASH_SOURCE[1]}")")
	case ${findings_step:-} in
	queue) finding_queue_all "${finding_kernels[@]}" ;;
	judge) finding_judge "${finding_kernels[@]}" ;;
	*)
		[ $# -gt 0 ] || set -- "${finding_kernels[@]}"
		finding_queue_all "$@"
		box_go $((600 + 400 * finding_tries * $#))
		finding_judge "$@"
		done_testing
		;;
	esac
	finding_tries=1
}
