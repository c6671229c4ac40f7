#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# src/kmod/README.md speaks of what exists: every file, function, tracepoint, rule, test and scenario
# in it; a section for each of the kernel's text; a whole row for each requirement; pictures that are
# what their descriptions make.

. "$(dirname "$0")/../lib.sh"

kmod=$TOP/src/kmod
readme=$kmod/README.md

# Words in `this type`, once each; the indented examples have none.
words() {
	# shellcheck disable=SC2016 # backticks as such
	grep -v '^    ' "$1" | grep -oE '`[^`]+`' | tr -d '`' | sort -u
}

# exists WORD: by its looks, where it must be found
exists() {
	case $1 in
	'this type' | emulate=) ;;
	cocovm_*) grep -qE "(TRACE_EVENT|COCOVM_EVENT)\($1," "$kmod"/trace*.h ;;
	*/*) [ -e "$TOP/$1" ] ;;
	*.[ch]) [ -e "$kmod/$1" ] || [ -e "$TOP/include/cocowatch/$1" ] ;;
	*'()') grep -qE "^[a-z].*[ *]${1%??}\(" "$kmod"/*.c ;;
	[TSZHRP][0-9]) grep -q "X($1, " "$TOP/include/cocowatch/rules.h" ;;
	*) grep -qE "(\.name = |^	[A-Z_]+\()\"$1\"" "$kmod"/scenario*.c ;;
	esac
}

missing() {
	local word
	while read -r word; do
		exists "$word" || echo "$word"
	done < <(words "$1")
}

is "$(missing "$readme")" '' 'everything that is named exists'
ok 'and that is something' test "$(words "$readme" | wc -l)" -ge 60

# Each kind of name, wrong.
# shellcheck disable=SC2016 # backticks as such
printf '%s\n' '`no_such.c` `cw_no_such()` `cocovm_no_such` `T99` `tests/no.t` `no-such-scenario` `main.c`' >"$tap_tmp/wrong"
is "$(missing "$tap_tmp/wrong" | tr '\n' ' ')" 'T99 cocovm_no_such cw_no_such() no-such-scenario no_such.c tests/no.t ' \
	'what does not exist is found, and nothing else'

for section in 'Confidential Computing VMs' 'Operational Modes' 'Paravisor Effects' 'Hyper-V Hypercalls' \
	'Guest communication with Hyper-V' 'load_unaligned_zeropad()'; do
	ok "a section: $section" grep -qxF "## $section" "$readme"
done

rows=$(sed -n '/^## What the text requires/,/^## Bugs/p' "$readme" | grep -E '^\|' | tail -n +3)
ok 'requirements' test "$(printf '%s\n' "$rows" | wc -l)" -ge 25
# shellcheck disable=SC2016 # backticks as such
is "$(printf '%s\n' "$rows" | grep -vE '^\| [^|]+ \| [^|`]+ \| `[^|]+` \| (-|`[^|]+`) \| (-|`[^|]+`) \| `[^|]+ \|$')" '' \
	'each has code, a test, and rules and scenarios where there are any'
is "$(printf '%s\n' "$rows" | cut -d'|' -f2 | sort -u | wc -l)" 5 'of each section that makes any'

# A scenario must break one of the rules of its row, or exercise it.
rule_of() {
	sed -nE "s/^.*(\.name = |	[A-Z_]+\()\"$1\", (\.rule = )?\"([A-Z0-9-]*)\".*/\3/p" "$kmod"/scenario*.c
}
printf '%s\n' "$rows" | while IFS='|' read -r _ _ _ _ rules scenarios _; do
	for scenario in $(printf '%s' "$scenarios" | tr -d '`,'); do
		[ "$scenario" != - ] || continue
		case " $(printf '%s' "$rules" | tr -d '`,') " in
		*" $(rule_of "$scenario") "*) ;;
		*) echo "$scenario:$rules" ;;
		esac
	done
done >"$tap_tmp/others"
is "$(cat "$tap_tmp/others")" '' 'each scenario is one of a rule of its row'

# The words behind a test are sections that it boots its machine for; those of a test without a machine are none.
# shellcheck disable=SC2016 # backticks as such
printf '%s\n' "$rows" | cut -d'|' -f7 | tr -d ',`' | tr ' ' '\n' | grep . | while read -r word; do
	case $word in
	*/*) file=$word sections=$(sed -nE 's/^(boot|in_machine) [0-9]+ //p' "$TOP/$word" 2>/dev/null) ;;
	*) [[ " $sections " = *" $word "* ]] || echo "$file: $word" ;;
	esac
done >"$tap_tmp/others"
is "$(cat "$tap_tmp/others")" '' 'each section is one of its test'
# shellcheck disable=SC2016 # backticks as such
is "$(printf '%s\n' "$rows" | cut -d'|' -f7 | grep -vE '`tests/module/([a-z_.]+\.t` [a-z]|stress\.long\.t`)')" '' \
	'and each row has a section, but where the whole test is meant'

# What is left out has no scenario, and a reason.
left=$(sed -n '/^## Bugs/,/^## Where/p' "$readme" | grep -E '^\|' | tail -n +3)
printf '%s\n' "$left" | cut -d'|' -f2 | tr -d ' ' | tr ',' '\n' | sort >"$tap_tmp/left"
is "$(grep -vE '^(CVE-20[0-9]{2}-[0-9]{4,5}|[0-9a-f]{12})$' "$tap_tmp/left")" '' 'bugs that are left out are named by CVE or commit'
is "$(uniq -d "$tap_tmp/left")$(cat "$kmod"/scenario*.c | grep -oE '\.bug = "[^"]+"' | cut -d'"' -f2 | sort -u |
	comm -12 - "$tap_tmp/left")" '' 'once each, and have no scenario'

run "$TOP/scripts/pictures" --check
is "$rc" 0 'the pictures are up to date'
is "$err" '' 'and nothing is said'
is "$(cd "$kmod" && grep -oE 'pictures/[a-z]+\.svg' README.md | sort)" "$(cd "$kmod" && ls pictures/*.svg)" \
	'each is in the text, once'
ok 'and well-formed' xmllint --noout "$kmod"/pictures/*.svg

# The generator, on a tree of its own: a picture that is old, one that is gone, and descriptions that are wrong.
mkdir -p "$tap_tmp/tree/scripts" "$tap_tmp/tree/src/kmod/pictures"
cp "$TOP/scripts/pictures" "$tap_tmp/tree/scripts/"
cp "$kmod"/pictures/* "$tap_tmp/tree/src/kmod/pictures/"
pictures=$tap_tmp/tree/src/kmod/pictures
sed -i 's/every CPU/each CPU/' "$pictures/transition.txt"
run "$tap_tmp/tree/scripts/pictures" --check
is "$rc" 1 'a description that was changed is seen'
like "$err" 'transition.svg is not what .*transition.txt makes' 'and named'
run "$tap_tmp/tree/scripts/pictures"
is "$rc" 0 'pictures are made'
run "$tap_tmp/tree/scripts/pictures" --check
is "$rc" 0 'and are up to date then'
rm "$pictures/data.txt"
run "$tap_tmp/tree/scripts/pictures" --check
is "$rc" 1 'a picture without a description is seen'
# wrong LINE MESSAGE
wrong() {
	printf 'size 100 100\nbox a 0 0 9 9 plain "a<b"\n%s\n' "$1" >"$pictures/modes.txt"
	run "$tap_tmp/tree/scripts/pictures"
	is "$rc" 1 "refused: $1"
	like "$err" "modes.txt:3: $2" 'and it is said why'
}
wrong 'arrow a b ""' 'no such box: b'
wrong 'box b 1 2 3 x plain "b"' 'no number: x'
wrong 'box b 1 2 3 4 blue "b"' 'no such class: blue'
wrong 'box b 1 2 3 plain "b"' 'box has 5 words, not 6'
wrong 'circle 1 2 3 ""' 'no such shape: circle'
wrong 'text 1 2 "open' 'a quote is open'
printf 'size 100 100\nbox a 0 0 9 9 plain "a<b & c"\n' >"$pictures/modes.txt"
rm -f "$pictures"/*.svg
"$tap_tmp/tree/scripts/pictures"
ok 'text is escaped' xmllint --noout "$pictures/modes.svg"
run "$TOP/scripts/pictures" --frob
is "$rc" 2 'an argument that there is not: exit status 2'
done_testing
