// SPDX-License-Identifier: GPL-2.0-only
/* Kernel addresses to names.  Only text symbols are kept, sorted by address, with
 * all names in one block: a few MiB.
 */
#include "symbols.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "kallsyms.h"

#define TRACING_DEPTH 8		/* innermost frames among which the tracing itself is looked for */
#define RELOAD_NS 5000000000ULL	/* not more often: an address may have no name at all */
#define SYMBOL_FAR (1U << 20)	/* no function is longer: beyond it an address has no name */
#define PROGRAM_FAR (1U << 16)	/* no program of BPF */
#define LAST_FAR 4096		/* behind the last function of a module another one may have come */
#define MODULE_BITS 24
#define PADDING_MAX 255

struct symbol {
	__u64 addr;
	__u32 name;	/* offset in names; 0: only the end of the one before */
	__u32 module : MODULE_BITS;	/* offset in names, 0: none */
	__u32 padding : 8;	/* bytes in front of it that are no function's */
};

struct cw_symbols {
	/* opened while we had the right to see addresses; NULL: could not be */
	FILE *file;
	struct symbol *symbol;
	size_t nr, room;
	char *names;
	size_t names_len, names_room;
	__u64 loaded_ns;	/* when they had been read, 0: never */
	const char *modules;
	__u64 modules_mark;	/* what told of them before that */
	bool exact;	/* of a recording: an address has its whole text, or none */
	bool sorted;
	const char *trouble;
};

struct cw_symbols *cw_symbols_new(const char *path, const char *modules)
{
	struct cw_symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->file = fopen(path, "re");
	s->modules = modules;
	return s;
}

static void symbols_clear(struct cw_symbols *s)
{
	free(s->symbol);
	free(s->names);
	s->symbol = NULL;
	s->names = NULL;
	s->nr = s->room = s->names_len = s->names_room = 0;
}

void cw_symbols_free(struct cw_symbols *s)
{
	if (!s)
		return;
	symbols_clear(s);
	if (s->file)
		fclose(s->file);
	free(s);
}

/* Offset of a copy of the name, or 0 without memory (offset 0 holds "?"). */
static __u32 name_add(struct cw_symbols *s, const char *name)
{
	size_t len = strlen(name) + 1, off = s->names_len;

	if (off + len > UINT32_MAX)
		return 0;
	if (off + len > s->names_room) {
		size_t room = s->names_room ? s->names_room + s->names_room / 2 : 1 << 20;
		char *names = realloc(s->names, room);

		if (!names)
			return 0;
		s->names = names;
		s->names_room = room;
	}
	memcpy(s->names + off, name, len);
	s->names_len += len;
	return (__u32)off;
}

/* Symbols of one module follow each other: its name is stored once for a run of them.  0 behind
 * more names than any kernel has.
 */
static __u32 module_add(struct cw_symbols *s, const char *module)
{
	if (!module[0] || s->names_len >> MODULE_BITS)
		return 0;
	if (s->nr && s->symbol[s->nr - 1].module &&
	    !strcmp(s->names + s->symbol[s->nr - 1].module, module))
		return s->symbol[s->nr - 1].module;
	return name_add(s, module);
}

static int symbol_room(struct cw_symbols *s)
{
	size_t room = s->room ? s->room + s->room / 2 : 1 << 15;
	struct symbol *symbol;

	if (s->nr < s->room)
		return 0;
	symbol = realloc(s->symbol, room * sizeof(*symbol));
	if (!symbol)
		return -ENOMEM;
	s->symbol = symbol;
	s->room = room;
	return 0;
}

/* Bytes of padding that the last symbol is of, if it is the padding of what begins at addr. */
static __u32 padding_of(const struct cw_symbols *s, __u64 addr)
{
	const struct symbol *last = s->nr ? &s->symbol[s->nr - 1] : NULL;

	if (!last || last->name || addr <= last->addr || addr - last->addr > PADDING_MAX)
		return 0;
	return (__u32)(addr - last->addr);
}

/* Kernels that are built with padding in front of each function have a symbol for each padding: it
 * becomes a part of the function's.  The kernel's own are sorted, and merged as they come.
 */
static int symbol_add(struct cw_symbols *s, __u64 addr, const char *name, const char *module)
{
	bool is_padding = !strncmp(name, "__pfx_", 6);
	__u32 module_off = module_add(s, module) & ((1U << MODULE_BITS) - 1);
	struct symbol symbol = {.addr = addr, .module = module_off};

	if (!is_padding) {
		symbol.name = name_add(s, name);
		symbol.padding = module[0] ? 0 : padding_of(s, addr) & PADDING_MAX;
	}
	if ((!is_padding && !symbol.name) || symbol_room(s))
		return -ENOMEM;
	s->nr -= symbol.padding ? 1 : 0;
	s->symbol[s->nr++] = symbol;
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;	/* the order of the file */
}

/* Those of modules come in any order: here they are sorted. */
static void padding_merge(struct cw_symbols *s)
{
	size_t i, nr = s->nr;

	s->nr = 0;
	for (i = 0; i < nr; i++) {
		struct symbol symbol = s->symbol[i];
		__u32 padding = symbol.name ? padding_of(s, symbol.addr) : 0;

		if (padding) {
			symbol.padding = padding & PADDING_MAX;
			s->nr--;
		}
		s->symbol[s->nr++] = symbol;
	}
}

/* Gives the line's parts an end each.  False when it is of no function. */
static bool line_split(char *line, char **name, const char **module)
{
	size_t len = cw_kallsyms_name_len(line), module_len = 0;

	if (!len || !cw_kallsyms_is_text(line))
		return false;
	*name = line + CW_KALLSYMS_NAME;
	*module = cw_kallsyms_module(*name + len, &module_len);
	if (*module)
		line[*module - line + (ptrdiff_t)module_len] = '\0';
	else
		*module = "";
	(*name)[len] = '\0';
	return true;
}

static int symbols_parse(struct cw_symbols *s, FILE *f)
{
	char line[CW_KALLSYMS_LINE], *name;
	const char *module;
	size_t nr_hidden = 0;
	__u64 addr;

	name_add(s, "?");
	while (fgets(line, sizeof(line), f)) {
		if (!line_split(line, &name, &module))
			continue;
		addr = cw_kallsyms_addr(line);
		if (!addr)
			nr_hidden++;
		else if (symbol_add(s, addr, name, module))
			return -ENOMEM;
	}
	if (!s->nr)
		s->trouble = nr_hidden ? "addresses are hidden (needs CAP_SYSLOG, and kernel.kptr_restrict below 2)" :
					 "no symbols in /proc/kallsyms";
	if (s->nr)
		qsort(s->symbol, s->nr, sizeof(*s->symbol), by_addr);
	padding_merge(s);
	return 0;
}

struct cw_symbols *cw_symbols_new_exact(void)
{
	struct cw_symbols *s = cw_symbols_new("", NULL);

	if (s)
		s->exact = true;
	return s;
}

int cw_symbols_add(struct cw_symbols *s, __u64 addr, const char *text)
{
	if (!s->nr)
		name_add(s, "?");
	s->sorted = false;
	return symbol_add(s, addr, text, "");
}

static const struct symbol *symbol_exact(struct cw_symbols *s, __u64 addr)
{
	size_t low = 0, high = s->nr;

	if (!s->sorted && s->nr)
		qsort(s->symbol, s->nr, sizeof(*s->symbol), by_addr);
	s->sorted = true;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->symbol[mid].addr == addr)
			return &s->symbol[mid];
		if (s->symbol[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Gives back what growing and sorting have left behind: as much again as what is kept. */
static void symbols_fit(struct cw_symbols *s)
{
	struct symbol *symbol = s->nr ? realloc(s->symbol, s->nr * sizeof(*symbol)) : NULL;
	char *names = s->names_len ? realloc(s->names, s->names_len) : NULL;

	if (symbol) {
		s->symbol = symbol;
		s->room = s->nr;
	}
	if (names) {
		s->names = names;
		s->names_room = s->names_len;
	}
	malloc_trim(0);
}

/* Another number when a module has come or gone: sysfs counts directories. */
static __u64 modules_mark(const struct cw_symbols *s)
{
	struct stat st;

	if (!s->modules || stat(s->modules, &st))
		return 0;
	return (__u64)st.st_nlink ^ (__u64)st.st_mtim.tv_sec << 32 ^
	       (__u64)st.st_mtim.tv_nsec << 12;
}

void cw_symbols_load(struct cw_symbols *s)
{
	s->modules_mark = modules_mark(s);	/* before: who comes meanwhile is found next */
	s->trouble = s->file ? NULL : "/proc/kallsyms could not be read";
	symbols_clear(s);
	if (s->file)
		rewind(s->file);
	if (s->file && symbols_parse(s, s->file)) {
		symbols_clear(s);
		s->trouble = "not enough memory for the kernel's symbols";
	}
	symbols_fit(s);
	s->loaded_ns = cw_clock_ns(CLOCK_MONOTONIC);	/* after: reading takes a while */
}

/* How far from its address a symbol may be the name of another.  Trampolines and programs are pages
 * of their own among the modules'.
 */
static __u64 symbol_reach(const struct cw_symbols *s, const struct symbol *symbol)
{
	const char *module = s->names + symbol->module;

	if (!symbol->module)
		return SYMBOL_FAR;
	if (!strcmp(module, "bpf"))
		return PROGRAM_FAR;
	if (symbol + 1 < s->symbol + s->nr && !strcmp(s->names + symbol[1].module, module) &&
	    strncmp(module, "__builtin__", 11))
		return SYMBOL_FAR;
	return LAST_FAR;
}

/* The last symbol at or below the address; NULL when none is near enough. */
static const struct symbol *symbol_search(const struct cw_symbols *s, __u64 addr)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->symbol[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || addr - s->symbol[low - 1].addr >= symbol_reach(s, &s->symbol[low - 1]))
		return NULL;
	if (low < s->nr && addr >= s->symbol[low].addr - s->symbol[low].padding)
		return NULL;
	/* of several names for one address the first is the one that the kernel prints */
	while (low > 1 && s->symbol[low - 2].addr == s->symbol[low - 1].addr)
		low--;
	return s->symbol[low - 1].name ? &s->symbol[low - 1] : NULL;
}

/* A module may have come since: what is not found is looked for once more, where one has, or after
 * a while.
 */
static bool may_be_newer(const struct cw_symbols *s)
{
	return !s->loaded_ns || cw_clock_ns(CLOCK_MONOTONIC) - s->loaded_ns >= RELOAD_NS ||
	       modules_mark(s) != s->modules_mark;
}

static const struct symbol *symbol_find(struct cw_symbols *s, __u64 addr)
{
	const struct symbol *found = NULL;

	if (s->exact)
		return symbol_exact(s, addr);
	if (s->loaded_ns)
		found = symbol_search(s, addr);
	if (found || !may_be_newer(s))
		return found;
	cw_symbols_load(s);
	return symbol_search(s, addr);
}

/* Bytes from a symbol to the next one of another address, 0 for the last. */
static __u64 symbol_size(const struct cw_symbols *s, const struct symbol *symbol)
{
	const struct symbol *next = symbol + 1, *end = s->symbol + s->nr;

	while (next < end && next->addr == symbol->addr)
		next++;
	return next < end ? next->addr - next->padding - symbol->addr : 0;
}

const char *cw_symbol_text(struct cw_symbols *s, __u64 addr, char *buf, size_t size)
{
	const struct symbol *found = symbol_find(s, addr);
	char behind[2 + 2 + 16 + 1] = "";
	__u64 bytes;
	int len;

	if (!found) {
		snprintf(buf, size, "?");
		return buf;
	}
	if (s->exact) {
		snprintf(buf, size, "%s", s->names + found->name);
		return buf;
	}
	bytes = symbol_size(s, found);
	if (bytes)
		snprintf(behind, sizeof(behind), "/0x%llx", bytes);
	len = snprintf(buf, size, "%s+0x%llx%s", s->names + found->name, addr - found->addr,
		       behind);
	if (found->module && len > 0 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, " [%s]", s->names + found->module);
	return buf;
}

static bool is_tracing(struct cw_symbols *s, __u64 addr)
{
	static const char *const starts[] = { "bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_",
					      "bpf_get_stack", "bpf_trampoline_" };
	const struct symbol *found = symbol_find(s, addr);
	size_t i;

	if (!found)
		return false;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(s->names + found->name, starts[i], strlen(starts[i])))
			return true;
	return false;
}

__u32 cw_symbols_skip(struct cw_symbols *s, const __u64 *stack, __u32 nr_stack)
{
	__u32 i, skip = 0;

	for (i = 0; i < nr_stack && i < TRACING_DEPTH; i++)
		if (is_tracing(s, stack[i]))
			skip = i + 1;
	return skip;
}

const char *cw_symbols_trouble(struct cw_symbols *s)
{
	if (!s->loaded_ns && !s->exact)
		cw_symbols_load(s);
	return s->trouble;
}
