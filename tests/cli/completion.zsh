# SPDX-License-Identifier: GPL-2.0-only
#
# Completes each line of standard input in an interactive zsh, and prints what became of the line, a
# tab, and the words that could have been meant.
#
# Usage: zsh -f completion.zsh DIR    (DIR has _cocowatch and _cocobox)

zmodload zsh/zpty || exit 1
dir=$1
out=$(mktemp)
trap 'rm -f $out' EXIT

# What the inner shell runs first.  Its words are those that reach compadd; with -O, -A or -D it only
# sorts them out for its caller.
cat >$dir/rc <<END
PS1= PS2= TERM=dumb
fpath=($dir \$fpath)
autoload -Uz compinit && compinit -u -D
unsetopt auto_list beep
typeset -a seen
compadd() {
	local -a hits
	if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -A hits "\$@"
		seen+=("\${hits[@]}")
	fi
	builtin compadd "\$@"
}
report() {
	print -r -- "\$BUFFER"\$'\t'"\${(ou)seen}" >>$out
	BUFFER= seen=()
}
zle -N report
bindkey '^I' complete-word
bindkey '^X' report
END

zpty -b shell zsh -f -i
zpty -w shell "source $dir/rc"
lines=0
while IFS= read -r line; do
	lines=$((lines + 1))
	zpty -w -n shell "$line"$'\t\x18'
	for i in {1..200}; do
		while zpty -r -t shell ignored; do :; done
		[[ $(wc -l <$out) -lt $lines ]] || break
		sleep 0.1
	done
done
cat $out
zpty -d shell
