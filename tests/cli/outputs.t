#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# No output destroys what the command reads or records, by whatever name: status 2, one line, nothing touched.

. "$(dirname "$0")/../lib.sh"

rec=$tap_tmp/a.ccw
"$O/tests/data/make_recording" "$rec" 200 || {
	fail 'a recording is made'
	done_testing
}
cd "$tap_tmp" || exit
ln a.ccw hard.ccw
ln -s a.ccw link.ccw
echo '{"type":"map","version":1,"wall_ns":1790000000000000000,"kernel":"6.12","mode":"snp-vtom","nr_ranges":0}' >old
printf 'version: 1\n' >policy.yaml
ln policy.yaml hard.yaml
ln -s policy.yaml link.yaml
mkdir kept
cp a.ccw old policy.yaml kept

# refused MESSAGE ARGUMENT...: and everything is as it was
refused() {
	local message=$1 file
	shift
	run "$CW" "$@"
	is "$rc" 2 "$*: exit status 2"
	is "$err" "cocowatch: $message" "$*: says why"
	is "$out" '' "$*: nothing on stdout"
	for file in a.ccw old policy.yaml; do
		cmp -s "$file" "kept/$file" || fail "$*: $file was written to"
		cp "kept/$file" "$file"
	done
}

for name in a.ccw ./a.ccw hard.ccw link.ccw a.ccw-wal; do
	refused "cannot write to $name: the recording is read from there" report --html "$name" a.ccw
	refused "cannot write to $name: the recording is read from there" export -o "ndjson=$name" a.ccw
	refused "cannot write to $name: the recording is read from there" export -o ctf=trace -o "perfetto=$name" a.ccw
	refused "cannot write to $name: the recording is read from there" replay -o "ndjson=$name" a.ccw
	refused "two outputs go to $name" record -o a.ccw -o "ndjson=$name"
	refused "two outputs go to $name" record --last 1s -o "ndjson=$name" -o a.ccw
done
refused 'cannot write to a.ccw: the recording is read from there' replay -o text -o junit=a.ccw link.ccw
refused 'two outputs go to ./new.ccw' record -o new.ccw -o tap=./new.ccw
refused 'cannot write to ./old: a snapshot is read from there' map --diff old -o ndjson=./old
refused 'cannot write to old: a snapshot is read from there' map --diff kept/old old -o text=old
refused 'cannot write to policy.yaml: the policy is read from there' gate --policy ./policy.yaml -o text=policy.yaml -- true
# the file of the numbers is an output too
for name in policy.yaml ./policy.yaml hard.yaml; do
	refused "cannot write to $name: the policy is read from there" \
		metrics --policy policy.yaml --textfile "$name"
	refused "two outputs go to policy.yaml" metrics --textfile "$name" -o ndjson=policy.yaml
done
for name in a.ccw ./a.ccw hard.ccw a.ccw-wal; do
	refused "two outputs go to $name" metrics --last 1s -o a.ccw --textfile "$name"
done
# it is replaced whole: what is no file would be gone
mkfifo pipe.prom
ln -s /dev/null null.prom
for name in pipe.prom null.prom link.yaml kept; do
	refused "--textfile: '$name' is no regular file" metrics --textfile "$name"
done
ok 'and all is there' test -p pipe.prom -a -L null.prom -a -L link.yaml -a -d kept
refused 'two outputs go to ./new.prom' metrics --textfile new.prom -o journal -o ndjson=./new.prom
refused 'two outputs go to new.prom' metrics --textfile new.prom --listen unix:./new.prom
is "$(ls -d trace new.ccw new.prom a.ccw-wal 2>/dev/null)" '' 'nothing else was made'

# appended: the shell has not emptied it
for command in report replay; do
	# shellcheck disable=SC2094 # that is the test
	"$CW" "$command" a.ccw >>a.ccw 2>err
	is "$? $(cat err)" '2 cocowatch: cannot write to stdout: the recording is read from there' "$command to the end of it"
	ok 'and it is whole' cmp -s a.ccw kept/a.ccw
done

# shellcheck disable=SC2094 # that is the test
"$CW" metrics --textfile old -o text >>old 2>err
is "$? $(cat err)" '2 cocowatch: two outputs go to stdout' 'a report and the numbers to one file'
ok 'and it is whole' cmp -s old kept/old

# a session that is refused leaves everything as it was, and nothing behind
echo before >z.ndjson
run "$CW" record -o a.ccw -o ndjson=z.ndjson
is "$rc $err" '3 cocowatch: cannot record to a.ccw: File exists' 'a recording that is there: refused'
is "$(cat z.ndjson)" before 'and the report of an earlier session is still there'
run "$CW" record -o new.ccw -o ndjson=none/x
is "$rc $err" '3 cocowatch: cannot write none/x: No such file or directory' 'a report that cannot be written: refused'
is "$(ls -d new.ccw* 2>/dev/null)" '' 'and no empty recording is left'
if [ ! -d /sys/module/cocovm ]; then
	run "$CW" record --source module -o new.ccw
	is "$rc" 3 'a session that cannot start'
	is "$(ls -d new.ccw* 2>/dev/null)" '' 'leaves none either'
fi

# what a flight recorder cannot write one day is said now
for name in /proc/a.ccw /proc; do
	run "$CW" record --last 30s -o "$name" --source module
	is "$rc" 3 "--last -o $name: exit status 3"
	like "$err" "^cocowatch: cannot record to $name: (No such file or directory|Permission denied)$" "--last -o $name: said"
done
mkdir history
for name in history history/a.ccw; do
	run "$CW" record --last 30s -o "$name" --source module
	unlike "$err" 'cannot record' "--last -o $name: can be written"
done
is "$(ls -A history)" '' 'nothing is left of having tried'

# closed STATUS MESSAGE ARGUMENT...: when nobody reads standard output
closed() {
	local status=$1 message=$2
	shift 2
	mkfifo pipe
	# shellcheck disable=SC2094 # opened for both, so that neither end is waited for
	(exec 3<>pipe 4>pipe 3>&-; "$CW" "$@" >&4 2>err; echo $? >status)
	rm pipe
	is "$(cat status)" "$status" "$* with its reader gone: exit status $status"
	is "$(cat err)" "cocowatch: $message: Broken pipe" "$* with its reader gone: said"
}
closed 1 'cannot write text output to stdout' replay a.ccw
closed 3 'cannot write to stdout' report a.ccw
closed 3 'cannot write to stdout' report --page 0x1000 a.ccw
closed 3 'cannot write text output to stdout' map --diff old old
closed 3 'cannot write text output to stdout' rules
# opened by its name, a pipe is waited for until somebody reads
("$CW" export -o ndjson=/dev/stdout a.ccw 2>err; echo $? >status) | head -c 1 >/dev/null
is "$(cat status err)" "3
cocowatch: cannot write /dev/stdout: Broken pipe" 'export with its reader gone: exit status 3, and said'

run "$CW" replay -o ndjson=elsewhere a.ccw
is "$rc" 1 'another file is written as ever'
done_testing
