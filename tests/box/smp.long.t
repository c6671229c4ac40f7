#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The largest machine and the smallest.
# shellcheck disable=SC2016 # expanded in the machines

BOX_MEMORY=11G
. "$(dirname "$0")/box.sh"

box_sh made 'dd if=/dev/zero of=/tmp/disk bs=1M count=8'
box_run large --cpus 4 --memory 8G --disk /tmp/disk --subchannels 4 --net --timeout 1500s -- '
	nproc
	free -m | sed -n "s/^Mem: *\([0-9]*\).*/total: \1/p"
	ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
	for i in 0 1 2 3; do taskset $((1 << i)) stamps memory 1000 & done
	wait
	stamps write /dev/sda 2
	for i in 0 1 2 3; do taskset $((1 << i)) stamps read /dev/sda 2 5 & done
	echoes tcp 10.0.5.1 4
	wait
	exit 10'
box_run small --memory 256M --disk /tmp/disk --net -- '
	free -m | sed -n "s/^Mem: *\([0-9]*\).*/total: \1/p"
	ip addr add 10.0.5.2/24 dev eth0; ip link set eth0 up
	stamps memory 64
	stamps write /dev/sda 4 && stamps read /dev/sda 4 2
	echoes tcp 10.0.5.1 1
	exit 11'
box_go 2000

is "$(box_rc large)" 10 'large: the status comes back'
like "$(box_out large)" '^4$' 'large: four CPUs'
like "$(box_out large)" '^total: 7[3-9][0-9][0-9]' 'large: 8 GiB'
is "$(box_out large | grep -c '^1000 MiB of memory are right')" 4 'large: half of it keeps what it is given, on both sides of the hole'
is "$(box_out large | grep -c 'reads, ')" 4 'large: each CPU reads the disk'
like "$(box_out large)" '^tcp: 4194304 of 4194304' 'large: the network works'
box_clean large
is "$(box_rc small)" 11 'small: the status comes back'
like "$(box_out small)" '^total: (1|2)[0-9][0-9]' 'small: 256 MiB'
like "$(box_out small)" '^64 MiB of memory are right' 'small: it keeps what it is given'
like "$(box_out small)" 'reads, ' 'small: the disk works'
like "$(box_out small)" '^tcp: 1048576 of 1048576' 'small: the network works'
box_clean small
diag "large: $(box_seconds large) s, small: $(box_seconds small) s"
done_testing
