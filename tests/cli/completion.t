#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What bash and zsh complete is what the programs take: options, values, commands.

. "$(dirname "$0")/../lib.sh"

BOX=$(dirname "$CW")/cocobox
dir=$tap_tmp/completion
mkdir "$dir"
for name in cocowatch cocobox; do
	run "$TOP/scripts/completion" bash "$(dirname "$CW")/$name"
	is "$rc$err" 0 "$name: completion for bash is made"
	printf '%s\n' "$out" >"$dir/$name.bash"
	run "$TOP/scripts/completion" zsh "$(dirname "$CW")/$name"
	is "$rc$err" 0 "$name: completion for zsh is made"
	printf '%s\n' "$out" >"$dir/_$name"
done
run "$TOP/scripts/completion" fish "$CW"
is "$rc" 2 'another shell: exit status 2'
is "$err" 'completion: neither bash nor zsh: fish' 'another shell: said'
run "$TOP/scripts/completion" bash false
ok 'a program that lists nothing: no completion' test "$rc" -ne 0

# shellcheck source=/dev/null # made above
for name in cocowatch cocobox; do
	. "$dir/$name.bash"
done

# completed WORD...: what bash would put in place of the last one, as it cuts them.
completed() {
	# shellcheck disable=SC2034 # for the function
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	"_$1"
	printf '%s\n' "${COMPREPLY[@]}"
}

# in_bash WANTED WORD...
in_bash() {
	local wanted=$1
	shift
	is "$(completed "$@" | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')" "$wanted" "bash: $*"
}

like "$(complete -p cocowatch cocobox)" '^complete -F _cocobox cocobox$' 'bash: both are known to complete'

#--- what is completed is what --help says -----------------------------------------------------

commands_of() {
	"$1" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'
}
options_of() {
	"$1" "$2" --help | grep -oE -e '^ +(-[a-zA-Z?], )?--[a-z][a-z-]+' | grep -oE -e '--[a-z-]+' | LC_ALL=C sort -u
}

for program in "$CW" "$BOX"; do
	name=$(basename "$program")
	is "$(completed "$name" '' | grep -v '^-')" "$(commands_of "$program")" "bash: $name: its commands"
	for command in $(commands_of "$program"); do
		is "$(completed "$name" "$command" -- | LC_ALL=C sort -u)" "$(options_of "$program" "$command")" \
			"bash: $name $command: the options of --help"
	done
done

# Each word is taken: the only complaint is about what follows it.
words() {
	"$CW" --list-options | awk -F '\t' -v of="$1" '$1 == "word" && $2 == of { print $3 }'
}
for option in --source --profile; do
	refused=
	for word in $(words $option); do
		run "$CW" watch $option "$word" --count 0
		[ "$err" = "cocowatch: --count: '0' is not a count from 1" ] || refused+=" $word"
	done
	ok "$option: there are words" test -n "$(words $option)"
	is "$refused" '' "$option: every word is taken"
done
refused=
for word in $(words RULE); do
	"$CW" rules "$word" >/dev/null 2>&1 || refused+=" $word"
done
is "$refused" '' 'RULE: every word is taken'
refused=
for word in $(words ACTION); do
	run "$CW" watch --on "S3=$word$([ "${word%:}" = "$word" ] || echo /bin/true)" --count 0
	[ "$err" = "cocowatch: --count: '0' is not a count from 1" ] || refused+=" $word"
done
ok 'ACTION: there are words' test -n "$(words ACTION)"
is "$refused" '' 'ACTION: every word is taken'

# Formats are offered to the commands that take them, and to no others.
for command in map doctor rules selftest; do
	taken=
	for word in $(words FORMAT); do
		run "$CW" $command -o "$word=$tap_tmp/no-such/file"
		[ "$rc" = 2 ] || taken+=" $word"
	done
	is "$(words $command.--output | tr '\n' ' ')" "${taken# } " "$command: the formats that it takes"
done
is "$(words RULE | wc -l)" "$(($("$CW" rules -o ndjson | wc -l) * 2))" 'RULE: each by id and by name'

#--- values --------------------------------------------------------------------------------------

mkdir "$tap_tmp/files" && cd "$tap_tmp/files" || exit
touch run.ndjson run.txt 'a b'

in_bash 'watch' cocowatch wat
in_bash '' cocowatch no-such
in_bash '' cocowatch no-such ''
in_bash '--source' cocowatch watch --so
in_bash 'auto module stock' cocowatch watch --source ''
in_bash 'auto module stock' cocowatch watch --source =
in_bash 'stock' cocowatch watch --source = st
in_bash '--source=stock' cocowatch watch --source=st
in_bash 'ndjson' cocowatch watch -o n
in_bash 'run.ndjson run.txt' cocowatch watch -o ndjson = r
in_bash 'ndjson=run.ndjson ndjson=run.txt' cocowatch watch -o ndjson=r
in_bash 'H1= H2= H3= H4= H5= H6=' cocowatch watch --waive H
in_bash '' cocowatch watch --waive H1 =
in_bash 'ndjson text' cocowatch map -o ''
in_bash 'ndjson text' cocowatch rules --output ''
in_bash 'junit' cocowatch selftest -o j
in_bash '' cocowatch doctor -o j
in_bash 'journal junit' cocowatch watch -o j
in_bash 'run.ndjson run.txt' cocowatch map -o ndjson = r
in_bash 'H1= H2= H3= H4= H5= H6=' cocowatch watch --on H
in_bash 'panic' cocowatch watch --on H1 = p
in_bash 'SEGV STKFLT STOP SYS' cocowatch gate --on H1 = signal : S
in_bash 'exec:' cocowatch gate --on H1 = e
in_bash 'run.ndjson run.txt' cocowatch gate --on H1 = exec : r
in_bash 'state-agrees' cocowatch gate --require state
in_bash '' cocowatch gate --require S1 : 2
in_bash '' cocowatch watch --for 3
in_bash '--for --force' cocowatch watch --for 3s --fo
in_bash 'state-agrees' cocowatch rules T1 state
in_bash '--man' cocowatch rules T1 --m
in_bash 'run.ndjson run.txt' cocowatch map --diff r
in_bash 'run.ndjson run.txt' cocowatch replay r
in_bash 'run.ndjson run.txt' cocowatch report r
in_bash 'ctf= ndjson= perfetto=' cocowatch export -o ''
in_bash 'run.ndjson run.txt' cocowatch export -o perfetto = r
in_bash 'run.ndjson run.txt' cocowatch record -o run.ccw -- cat r
in_bash '' cocowatch top r
in_bash 'run.ndjson run.txt' cocowatch gate --profile io -- cat r
in_bash 'run.ndjson run.txt' cocowatch gate cat r
in_bash '' cocowatch gate -- cat --so
in_bash 'a b' cocobox run --kernel a
in_bash 'honest' cocobox run --host hone
in_bash '' cocobox run --net = x
in_bash '--drivers' cocobox list --d
like "$(completed cocowatch gate -- basena)" '^basename$' 'bash: a command under gate'
like "$(completed cocowatch gate --waive S1=x basena)" '^basename$' 'bash: and without --'

#--- zsh -----------------------------------------------------------------------------------------

if ! command -v zsh >/dev/null; then
	missing 'zsh is not installed (run scripts/setup extra)' 'zsh: completion'
	done_testing
fi

# line <TAB> what becomes of it <TAB> what could have been meant
cat >"$tap_tmp/lines" <<'END'
cocowatch wat	cocowatch watch 	watch
cocowatch no-such 	cocowatch no-such 	
cocowatch watch --source 	cocowatch watch --source 	auto stock module
cocowatch watch --source=st	cocowatch watch --source=stock 	stock
cocowatch watch -o n	cocowatch watch -o ndjson=	ndjson
cocowatch watch -o ndjson=run.n	cocowatch watch -o ndjson=run.ndjson 	run.ndjson
cocowatch watch --waive H	cocowatch watch --waive H	H1 H2 H3 H4 H5 H6
cocowatch watch --waive H3	cocowatch watch --waive H3=	H3
cocowatch map -o 	cocowatch map -o 	text ndjson
cocowatch selftest -o j	cocowatch selftest -o junit=	junit
cocowatch watch -o j	cocowatch watch -o j	junit journal
cocowatch watch --on H3	cocowatch watch --on H3=	H3
cocowatch watch --on H3=st	cocowatch watch --on H3=stop	stop
cocowatch gate --on H3=e	cocowatch gate --on H3=exec:	exec:
cocowatch gate --on H3=exec:run.n	cocowatch gate --on H3=exec:run.ndjson 	run.ndjson
cocowatch gate --require state	cocowatch gate --require state-agrees 	state-agrees
cocowatch rules T1 state	cocowatch rules T1 state-agrees 	state-agrees
cocowatch top r	cocowatch top r	
cocowatch map --diff run.n	cocowatch map --diff run.ndjson 	run.ndjson
cocowatch replay run.n	cocowatch replay run.ndjson 	run.ndjson
cocowatch export -o per	cocowatch export -o perfetto=	perfetto
cocowatch export -o perfetto=run.n	cocowatch export -o perfetto=run.ndjson 	run.ndjson
cocowatch record -o run.ccw -- cat run.n	cocowatch record -o run.ccw -- cat run.ndjson 	run.ndjson
cocowatch gate --profile io -- cat run.n	cocowatch gate --profile io -- cat run.ndjson 	run.ndjson
cocowatch gate -- basena	cocowatch gate -- basename 	basename
cocowatch gate basena	cocowatch gate basename 	basename
cocowatch gate cat --sou	cocowatch gate cat --sou	
cocobox run --host hone	cocobox run --host honest 	honest
cocobox run --kernel run.n	cocobox run --kernel run.ndjson 	run.ndjson
END
for program in "$CW" "$BOX"; do
	name=$(basename "$program")
	for command in $(commands_of "$program"); do
		printf '%s --\t\t%s\n' "$name $command" "$(options_of "$program" "$command" | tr '\n' ' ')" >>"$tap_tmp/lines"
	done
done
cut -f 1 "$tap_tmp/lines" | zsh -f "$TOP/tests/cli/completion.zsh" "$dir" >"$tap_tmp/zsh"
sorted() {
	# shellcheck disable=SC2086 # words
	printf '%s\n' $1 | LC_ALL=C sort -u
}
while IFS= read -r line <&3; do
	IFS= read -r got <&4 || got=
	wanted=${line#*$'\t'}
	[ -z "${wanted%%$'\t'*}" ] || is "${got%%$'\t'*}" "${wanted%%$'\t'*}" "zsh: ${line%%$'\t'*}: the line"
	is "$(sorted "${got#*$'\t'}")" "$(sorted "${wanted#*$'\t'}")" "zsh: ${line%%$'\t'*}: the words"
done 3<"$tap_tmp/lines" 4<"$tap_tmp/zsh"
done_testing
