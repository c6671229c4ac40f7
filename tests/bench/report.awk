# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the table of scripts/bench and writes its JSON.  Fails when a measurement is missing.
#
# Input: its rows "key|unit|limit|where|what".  Variables: values, a file with lines "KEY VALUE",
# one for each round; header, the first members of the JSON; json, where it goes; accel; table, empty
# for none.

function values_read(    row, f) {
	while ((getline row <values) > 0) {
		split(row, f, " ")
		v[f[1], ++nr[f[1]]] = f[2] + 0
	}
}

# Sets least and most as well.
function median(key,    a, i, j, n, t) {
	n = nr[key]
	for (i = 1; i <= n; i++) {
		t = v[key, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	least = a[1]
	most = a[n]
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# "", "yes", or "no" with the round that says most about it: on a busy machine the best one
# tells what the machine could do.
function verdict(limit, m,    number) {
	number = limit
	gsub(/[^0-9.]/, "", number)
	number += 0
	if (limit == "-")
		return ""
	if (limit ~ /^all/)
		return most <= number ? "yes" : "no (worst round " figure(most) ")"
	if (limit ~ /^>=/)
		return m >= number ? "yes" : "no (best round " figure(most) ")"
	return m <= number ? "yes" : "no (best round " figure(least) ")"
}

function rounds_json(key,    i, s) {
	for (i = 1; i <= nr[key]; i++)
		s = s (i > 1 ? ", " : "") v[key, i]
	return "[" s "]"
}

function row_print(what, m, unit, rounds, budget, met) {
	if (table)
		printf "%-70s %10s %-7s %6s %7s  %s\n", what, m, unit, rounds, budget, met
}

function figure(x) {
	return sprintf(x >= 1000 ? "%.0f" : "%.4g", x)
}

function member(s) {
	printf "%s    { %s }", sep, s >json
	sep = ",\n"
}

function absent(name, what, why) {
	member(sprintf("\"name\": \"%s\", \"what\": \"%s\", \"not_measured\": \"%s\"", name, what, why))
}

function present(limit,    m, ok) {
	m = median($1)
	ok = verdict(limit, m)
	row_print($5, figure(m), $2, nr[$1], limit, ok)
	member(sprintf("\"name\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", \"median\": %.6g, " \
		"\"budget\": %s, \"met\": %s, \"rounds\": %s", $1, $5, $2, m,
		limit == "-" ? "null" : "\"" limit "\"",
		ok == "" ? "null" : ok == "yes" ? "true" : "false", rounds_json($1)))
}

BEGIN {
	values_read()
	printf "{\n" >json
	while ((getline row <header) > 0)
		print row >json
	printf "  \"measures\": [\n" >json
	row_print("measure", "median", "unit", "rounds", "budget", "met")
}

$4 != "native" && accel == "none" {
	left_out++
	absent($1, $5, "--native")
	next
}

!nr[$1] {
	missing = 1
	row_print($5, "COULD NOT BE MEASURED")
	absent($1, $5, "could not be measured")
	next
}

{
	limit = $3
	if (sub("@kvm", "", limit) && accel != "KVM") {
		bare[++nr_bare] = $1 "|" $5 "|" limit " " $2
		limit = "-"
	}
	present(limit)
}

END {
	for (i = 1; i <= nr_bare; i++) {
		split(bare[i], f, "|")
		row_print(f[2] ", bare KVM", "-", "", "", f[3], "not measured here: needs KVM")
		absent(f[1] "_kvm", f[2] ", bare KVM, " f[3], "not measured here: needs KVM")
	}
	if (left_out)
		printf "%d measures in a machine: left out by --native\n", left_out
	printf "\n  ]\n}\n" >json
	exit missing
}
