# SPDX-License-Identifier: GPL-2.0-only
#
# `make help` lists the targets.  Output goes to $O; the source tree stays clean.

O             ?= .build
V             ?= 0
SAN           ?= 0
STATIC        ?= 0
CLANG         ?= clang
BPFTOOL       ?= bpftool
LLVM_STRIP    ?= llvm-strip
PKG_CONFIG    ?= pkg-config
CFLAGS        ?= -O2 -g
prefix        ?= /usr/local
bindir        ?= $(prefix)/bin
mandir        ?= $(prefix)/share/man
bashcompdir   ?= $(prefix)/share/bash-completion/completions
zshcompdir    ?= $(prefix)/share/zsh/site-functions
# the kernel package that the module is built for and the tests boot
KERNEL        ?= linux-image-6.12-cloud-amd64
# or a build directory: MODULE_KDIR=/lib/modules/$(uname -r)/build
MODULE_KDIR   ?=
MODULE_FLAGS  ?=
KMOD_OUT      ?= $(base)/kmod

# One spelling of it: what depends on a header is written down with the name that make was given, and under another
# name nothing would be built anew.
override O := $(abspath $O)
# The scripts keep kernels and images in one place, whatever is built beside them.
base := $O
ifeq ($(SAN),1)
override O := $O/san
san := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
# One file without shared libraries.  Of libmicrohttpd's own libraries Debian has not all as archives,
# so what serves HTTP is left out, and says so.
ifeq ($(STATIC),1)
override O := $O/static
# glibc warns of getpwuid() and dlopen(), which parts of the libraries use that we do not
override LDFLAGS += -static -s -Wl,--no-warnings
endif
# $O of the environment would reach a second make with /san in it already.
again = $(MAKE) --no-print-directory O=$(base)
# Debian keeps bpftool where only root looks.
export PATH := $(PATH):/usr/sbin:/sbin

ifeq ($(V),1)
Q   :=
say :=
else
Q   := @
say  = @printf '  %-7s %s\n' '$1' '$(patsubst $(CURDIR)/%,%,$(or $2,$@))';
endif

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all module misuse convert setup demo box test test-all run-tests run-tests-6.1 findings fuzz bench screenshot lint install deb static clean help FORCE

#--- what there is -----------------------------------------------------------------------------

lib_src    := $(sort $(wildcard src/lib/*.c))
http_not   := src/cocowatch/metrics_$(if $(filter 1,$(STATIC)),,no)http.c
tool_src   := $(filter-out $(http_not),$(sort $(wildcard src/cocowatch/*.c)))
box_src    := $(sort $(wildcard src/cocobox/*.c))
bpf_src    := $(sort $(wildcard bpf/*.bpf.c))
unit_src   := $(sort $(wildcard tests/unit/*.c))
engine_bpf := $(sort $(wildcard tests/engine/*.bpf.c))
engine_src := $(filter-out $(engine_bpf),$(sort $(wildcard tests/engine/*.c)))
bench_bpf  := $(sort $(wildcard tests/bench/*.bpf.c))
bench_src  := $(filter-out $(bench_bpf),$(sort $(wildcard tests/bench/*.c)))
kmod_src   := $(sort $(wildcard src/kmod/*.c src/kmod/*.h src/kmod/Kbuild))
misuse_src := $(sort $(wildcard $(addprefix tests/stock/misuse/,*.c *.h Kbuild)))

lib_obj      := $(lib_src:%.c=$O/obj/%.o)
tool_obj     := $(tool_src:%.c=$O/obj/%.o)
box_obj      := $(box_src:%.c=$O/obj/%.o)
skeletons    := $(bpf_src:%.bpf.c=$O/%.skel.h)
engine_skels := $(engine_bpf:%.bpf.c=$O/%.skel.h)
bench_skels  := $(bench_bpf:%.bpf.c=$O/%.skel.h)
unit_bin     := $(unit_src:%.c=$O/%)
engine_bin   := $(engine_src:%.c=$O/%)
bench_bin    := $(bench_src:%.c=$O/%)
library      := $O/libcocowatch.a
tool         := $(if $(tool_src),$O/cocowatch)
box_main     := $O/obj/src/cocobox/main.o
box_library  := $O/libcocobox.a
box          := $(if $(wildcard src/cocobox/main.c),$O/cocobox)
rules_man    := $(if $(tool_src),$O/man/cocowatch-rules.7)
complete     := $(if $(tool),cocowatch) $(if $(box),cocobox)
completion   := $(complete:%=$O/completion/%.bash) $(complete:%=$O/completion/_%)
man           = $(sort $(wildcard man/*.[1-8]) $(rules_man))

# A test named *.long.t runs only under test-all.
shell_tests = $(filter-out $(if $(LONG),,%.long.t),$(sort $(wildcard tests/$1/*.t)))
vm_tests   := module
# Of these the ones that do not mind another machine beside theirs; the others count what is lost.
vm_pairs   := $(wildcard $(addprefix tests/module/,linux_6_1.t privilege.t selftest.t top.t))
tests       = $(unit_bin) $(engine_bin) $(call shell_tests,unit) $(call shell_tests,engine) \
              $(call shell_tests,cli) $(call shell_tests,fuzz) $(call shell_tests,packages) $(filter-out $(vm_pairs),$(foreach t,$(vm_tests),$(call shell_tests,$t)))
# Their machines have one CPU each, mostly, so two run side by side: the long ones first.
box_tests   = $(vm_pairs) $(call shell_tests,stock) $(call shell_tests,box)

#--- flags, looked up when a recipe needs them: on a bare machine `make setup` comes first -----

warnings   = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
packages   = libbpf libelf zlib jansson libcap-ng sqlite3 libcyaml ncursesw $(if $(filter 1,$(STATIC)),,libmicrohttpd)
cw_cflags  = -std=gnu11 $(warnings) -D_GNU_SOURCE -Iinclude -Isrc/lib -I$O/bpf $(CFLAGS) $(san) -MMD -MP
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(packages))
pkg_libs   = -Wl,--as-needed $(shell $(PKG_CONFIG) $(if $(filter 1,$(STATIC)),--static) --libs $(packages))
bpf_cflags = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
             -Iinclude -Ibpf -idirafter /usr/include/$(shell $(CC) -print-multiarch) -MMD -MP

all: $(library) $(tool) $(box) $(skeletons) $(rules_man) $(completion)

# Objects are built again when the compiler or its flags change.
$O/flags: FORCE | $O/
	@echo '$(CC) $(CLANG) $(CFLAGS) $(LDFLAGS) $(san)' | cmp -s - $@ || \
		echo '$(CC) $(CLANG) $(CFLAGS) $(LDFLAGS) $(san)' >$@

%/:
	@mkdir -p $@

# Every object's directory is made by the rule above, asked for in the second expansion.
.SECONDEXPANSION:

#--- BPF ---------------------------------------------------------------------------------------

$O/%.bpf.o: %.bpf.c $O/flags | $$(@D)/
	$(call say,BPF)$(CLANG) $(bpf_cflags) -c -o $@ $<

$O/%.skel.h: $O/%.bpf.o
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name $(*F)_bpf >$@

#--- library and tool --------------------------------------------------------------------------

$O/obj/%.o: %.c $O/flags | $$(@D)/ $(skeletons)
	$(call say,CC)$(CC) $(cw_cflags) $(pkg_cflags) -c -o $@ $<

# The page for browsers is in the program.
$O/obj/src/lib/report_page.o: src/lib/report.html

$(library): $(lib_obj)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$O/cocowatch: $(tool_obj) $(library)
	$(call say,LD)$(CC) $(CFLAGS) $(san) $(LDFLAGS) -o $@ $(tool_obj) $(library) $(pkg_libs)

# cocobox needs no BPF and nothing of libbpf's.
$O/obj/src/cocobox/%.o: src/cocobox/%.c $O/flags | $$(@D)/
	$(call say,CC)$(CC) $(cw_cflags) -c -o $@ $<

$(box_library): $(filter-out $(box_main),$(box_obj))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$(box): $(box_main) $(box_library) $(library)
	$(call say,LD)$(CC) $(CFLAGS) $(san) $(LDFLAGS) -pthread -o $@ $^ -ljansson

# The rules' manual page comes from the table that the engine reads.
$O/man/cocowatch-rules.7: $(tool) | $$(@D)/
	$(call say,MAN)$(tool) rules --man >$@

# Completion comes from the options that the programs list.
$O/completion/%.bash: $O/% scripts/completion | $$(@D)/
	$(call say,SHELL)scripts/completion bash $< >$@

$O/completion/_%: $O/% scripts/completion | $$(@D)/
	$(call say,SHELL)scripts/completion zsh $< >$@

#--- the module --------------------------------------------------------------------------------

# Built in $O/kmod/RELEASE/, which mirrors the tree with symbolic links.  Kbuild gets none of our
# variables: O, CC and V mean other things to it.
kbuild = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u O -u CFLAGS -u LDFLAGS $(MAKE) --no-print-directory

# Sid's kernel wants a newer compiler: scripts/kernel runs what follows where it is.
module: $(kmod_src)
	$Qset -e; [ -n '$(kmod_src)' ] || exit 0; kdir='$(MODULE_KDIR)'; where=; \
	[ -n "$$kdir" ] || { where='env O=$(base) scripts/kernel $(KERNEL) --'; \
		kdir=$$(O=$(base) scripts/kernel --print-dir $(KERNEL))/build; }; \
	[ -e "$$kdir/include/generated/utsrelease.h" ] || { \
		echo "make: no kernel headers in $$kdir (install linux-headers for that kernel)" >&2; exit 1; }; \
	release=$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$$kdir/include/generated/utsrelease.h"); \
	dir=$(KMOD_OUT)/$$release; mkdir -p $$dir/src/kmod; \
	ln -sfn $(CURDIR)/include $$dir/include; \
	find $$dir/src/kmod -xtype l -delete; \
	ln -sf $(addprefix $(CURDIR)/,$(kmod_src)) $$dir/src/kmod/; \
	[ '$(V)' = 1 ] || printf '  %-7s %s\n' KMOD "$${dir#$(CURDIR)/}/cocovm.ko"; \
	$$where $(kbuild) $(if $(filter 1,$(V)),V=1,-s) -j$$(nproc) -C "$$kdir" M=$$dir/src/kmod $(MODULE_FLAGS) modules; \
	cmp -s $$dir/src/kmod/cocovm.ko $$dir/cocovm.ko || cp $$dir/src/kmod/cocovm.ko $$dir/cocovm.ko

# The module that the tests' guests misuse their kernel with: in $O/misuse/RELEASE/, of links again.
misuse: $(misuse_src)
	$Qset -e; dir=$$(O=$(base) scripts/kernel --print-dir $(KERNEL)); \
	to=$(base)/misuse/$$(cat $$dir/release); mkdir -p $$to; \
	find $$to -xtype l -delete; \
	ln -sf $(addprefix $(CURDIR)/,$(misuse_src)) $$to/; \
	[ '$(V)' = 1 ] || printf '  %-7s %s\n' KMOD "$${to#$(CURDIR)/}/cw_misuse.ko"; \
	O=$(base) scripts/kernel $(KERNEL) -- \
		$(kbuild) $(if $(filter 1,$(V)),V=1,-s) -j$$(nproc) -C "$$dir/build" M=$$to $(MODULE_FLAGS) modules

# The module that makes the transitions that `make bench` times, likewise.
convert_src := $(sort $(wildcard $(addprefix tests/bench/convert/,*.c Kbuild)))

convert: $(convert_src)
	$Qset -e; dir=$$(O=$(base) scripts/kernel --print-dir $(KERNEL)); \
	to=$(base)/convert/$$(cat $$dir/release); mkdir -p $$to; \
	find $$to -xtype l -delete; \
	ln -sf $(addprefix $(CURDIR)/,$(convert_src)) $$to/; \
	[ '$(V)' = 1 ] || printf '  %-7s %s\n' KMOD "$${to#$(CURDIR)/}/cw_convert.ko"; \
	O=$(base) scripts/kernel $(KERNEL) -- \
		$(kbuild) $(if $(filter 1,$(V)),V=1,-s) -j$$(nproc) -C "$$dir/build" M=$$to $(MODULE_FLAGS) modules

#--- tests -------------------------------------------------------------------------------------

# Programs for the guests of the box: static, since they are all that there is beside busybox.
guest_src := $(sort $(wildcard tests/box/*.c))
guest_bin := $(guest_src:%.c=$O/%)

verified := $O/tests/stock/verified

$(verified): tests/stock/verified.c $(library) | $$(@D)/
	$(call say,CC)$(CC) $(cw_cflags) $(pkg_cflags) -MF $@.d $(LDFLAGS) -o $@ $< $(library) $(pkg_libs)

$O/tests/box/%: tests/box/%.c | $$(@D)/
	$(call say,CC)$(CC) -std=gnu11 $(warnings) -D_GNU_SOURCE -Isrc/cocobox $(CFLAGS) -static -o $@ $<

data_bin := $(addprefix $O/tests/data/,make_recording kernel_pointers)

$(data_bin): $O/tests/data/%: tests/data/%.c $(library) | $$(@D)/
	$(call say,CC)$(CC) $(cw_cflags) $(pkg_cflags) -MF $@.d $(LDFLAGS) -o $@ $< $(library) $(pkg_libs)

$O/tests/unit/%: tests/unit/%.c $(library) | $$(@D)/
	$(call say,CC)$(CC) $(cw_cflags) $(pkg_cflags) -MF $@.d $(LDFLAGS) -o $@ $< $(library) -lcmocka $(pkg_libs)

# The box's own parts, and none of the watcher's.
$O/tests/unit/box_%: tests/unit/box_%.c $(box_library) $(library) | $$(@D)/
	$(call say,CC)$(CC) $(cw_cflags) -Isrc/cocobox -MF $@.d $(LDFLAGS) -pthread -o $@ $< $(box_library) $(library) \
		-lcmocka -ljansson

$O/tests/engine/%: tests/engine/%.c $(library) | $$(@D)/ $(skeletons) $(engine_skels)
	$(call say,CC)$(CC) $(cw_cflags) -I$O/tests/engine $(pkg_cflags) -MF $@.d $(LDFLAGS) -o $@ $< $(library) \
		-lcmocka $(pkg_libs)

$O/tests/bench/%: tests/bench/%.c $(library) | $$(@D)/ $(skeletons) $(bench_skels)
	$(call say,CC)$(CC) $(cw_cflags) -I$O/tests/bench $(pkg_cflags) -MF $@.d $(LDFLAGS) -o $@ $< $(library) $(pkg_libs)

#--- fuzzing: cocobox against its guest, the tool against files; built by clang ---------------

# seconds for each target
FUZZ_TIME  ?= 60
fuzz_src   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzz_bin   := $(fuzz_src:tests/fuzz/%.c=$O/fuzz/%)
fuzz_obj   := $(patsubst %.c,$O/fuzz/obj/%.o,$(filter-out src/cocobox/main.c,$(box_src)))
fuzz_box   := $O/fuzz/libcocobox.a
fuzz_lib   := $O/fuzz/libcocowatch.a
# without what looks at a running kernel
fuzz_lobj  := $(patsubst %.c,$O/fuzz/obj/%.o,$(filter-out $(patsubst %,src/lib/%.c,session loader objects hook inventory \
              baseline owners places claims kernel kbtf ksyms pagewalk pages_runs mode libbpf_log way),$(lib_src)))
fuzz_san   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
fuzz_flags  = -std=gnu11 $(warnings) -D_GNU_SOURCE -Iinclude -Isrc/lib -Isrc/cocobox -O1 -g $(fuzz_san) -MMD -MP

# the box has a cpuid.h of its own
fuzz_lflags = $(filter-out -Isrc/cocobox,$(fuzz_flags)) $(pkg_cflags)

$O/fuzz/obj/%.o: %.c $O/flags | $$(@D)/
	$(call say,CC)$(CLANG) $(fuzz_flags) -fsanitize=fuzzer-no-link -c -o $@ $<

$(fuzz_box): $(fuzz_obj)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# Targets that are not about cocobox: the parts of the library that they test, and what those need.
fuzz_policy   := parse policy policy_file policy_yaml react regular rules
fuzz_lib_obj  := $(foreach p,$(fuzz_policy),$O/fuzz/obj/src/lib/$p.o)

$O/fuzz/fuzz_policy: $(fuzz_policy:%=$O/fuzz/obj/src/lib/%.o)
$O/fuzz/fuzz_policy: fuzz_libs = $(shell $(PKG_CONFIG) --libs libcyaml)

$O/fuzz/obj/src/lib/%.o: src/lib/%.c $O/flags | $$(@D)/ $(skeletons)
	$(call say,CC)$(CLANG) $(fuzz_lflags) -fsanitize=fuzzer-no-link -c -o $@ $<

$(fuzz_lib): $(fuzz_lobj)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$O/fuzz/obj/src/cocowatch/%.o: src/cocowatch/%.c $O/flags | $$(@D)/ $(skeletons)
	$(call say,CC)$(CLANG) $(fuzz_lflags) -fsanitize=fuzzer-no-link -c -o $@ $<

fuzz_map := $(addprefix $O/fuzz/obj/src/cocowatch/,map_text.o map_ndjson.o)

$O/fuzz/fuzz_snapshot: $(fuzz_map)
$O/fuzz/fuzz_recording $O/fuzz/fuzz_snapshot: $O/fuzz/%: tests/fuzz/%.c $(fuzz_lib) | $$(@D)/
	$(call say,CC)$(CLANG) $(fuzz_lflags) -fsanitize=fuzzer -fno-sanitize-coverage=trace-cmp -MF $@.d -pthread -o $@ $< \
		$(filter %.o,$^) $(fuzz_lib) $(pkg_libs)

# Comparisons are traced in what is tested, not in the tester.
$O/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(fuzz_box) | $$(@D)/
	$(call say,CC)$(CLANG) $(fuzz_flags) -fsanitize=fuzzer -fno-sanitize-coverage=trace-cmp -MF $@.d -pthread -o $@ $< \
		$(filter %.o,$^) $(fuzz_box) -ljansson $(fuzz_libs)

fuzz: $(fuzz_bin)
	@O=$(base) FUZZ=$(abspath $O/fuzz) scripts/fuzz $(FUZZ_TIME)

setup:
	@scripts/setup

# In a second make, since what this one looked up may have been installed a moment ago.
demo: setup
	@$(again) all module misuse
	@O=$(base) CW=$(abspath $O/cocowatch) scripts/demo

box: setup
	@$(again) all
	@O=$(base) KERNEL=$(KERNEL) scripts/box.demo

test: setup
	@$(again) all module misuse
	@$(again) module misuse KERNEL=linux-image-cloud-amd64
	@$(again) run-tests

test-all:
	@scripts/setup build vm lint deb extra
	@$(again) all module misuse
	@$(again) module misuse KERNEL=linux-image-cloud-amd64
	@$(again) module misuse KERNEL=linux-image-cloud-amd64/sid
	@$(again) deb static
	@CW_NO_SKIP=1 $(again) run-tests LONG=1
	@CW_NO_SKIP=1 $(again) run-tests-6.1 KERNEL=linux-image-cloud-amd64 LONG=1

# What a test finds in its environment; tests/lib.sh gives them names.
test_env = O=$(base) CW=$(abspath $O/cocowatch) CW_FUZZ=$(abspath $O/fuzz) CW_KERNEL=$(KERNEL) CMOCKA_MESSAGE_OUTPUT=TAP

run-tests: $(unit_bin) $(engine_bin) $(fuzz_bin) $(tool) $(box) $(guest_bin) $(verified) $(data_bin)
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(test_env) prove --timer --exec '' $(tests)
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(test_env) prove --timer -j 2 --exec '' $(box_tests)

run-tests-6.1: $(tool) $(box) $(guest_bin) $(verified)
	@files='$(foreach t,$(vm_tests),$(call shell_tests,$t))'; \
	[ -z "$$files" ] || env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(test_env) prove --timer --exec '' $$files
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(test_env) prove --timer -j 2 --exec '' $(box_tests)

# What stock kernels were seen to do, seen again.
findings: $(tool) $(box) $(guest_bin) $(verified)
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(test_env) prove --timer --exec '' tests/findings/findings.long.t

bench: all module misuse convert $(bench_bin) $(data_bin) $(guest_bin)
	@$(again) module KMOD_OUT=$(base)/kmod-notrace MODULE_FLAGS=COCOVM_NOTRACE=1
	@O=$(base) CW=$(abspath $O/cocowatch) CW_BENCH=$(abspath $O/tests/bench) CW_KERNEL=$(KERNEL) scripts/bench

# README's picture of a report
screenshot:
	@scripts/setup build vm extra
	@$(again) all module
	@O=$(base) CW=$(abspath $O/cocowatch) KERNEL=$(KERNEL) scripts/screenshot

lint:
	@scripts/setup build lint
	@$(again) all $(abspath $(engine_skels))
	@O=$(base) scripts/lint
	@$(again) module KMOD_OUT=$(base)/lint/kmod MODULE_FLAGS='W=1 KCFLAGS=-Werror'

#--- the rest ----------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(bindir)
	install -m 755 $O/cocowatch $O/cocobox $(wildcard scripts/cocosnoop) $(DESTDIR)$(bindir)/
	$(foreach c,$(complete),install -D -m 644 $O/completion/$c.bash $(DESTDIR)$(bashcompdir)/$c$(newline))
	$(foreach c,$(complete),install -D -m 644 $O/completion/_$c $(DESTDIR)$(zshcompdir)/_$c$(newline))
	$(foreach m,$(man),install -D -m 644 $m $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $m))/$(notdir $m)$(newline))

# Built in a copy of the tree, by debhelper.
deb:
	@scripts/setup build deb
	@O=$(base) scripts/deb

static:
	@$(again) STATIC=1 $(base)/static/cocowatch

# an empty line and the end of one
define newline


endef

# Never more than what was made, and nothing where $O cannot be told from a place for other things.
made := bench.json bpf cocobox cocowatch completion convert deb flags fuzz initramfs kernels kmod kmod-notrace libcocobox.a libcocowatch.a lint man misuse \
        obj san screenshot static tests vm-accel

# `make .build/tests/unit/rules` as typed.
ifneq ($(filter $(CURDIR)/%,$O),)
$(patsubst $(CURDIR)/%,%,$O)/%: $O/% ;
endif

clean:
	$Qset -e; [ -d '$(base)' ] || exit 0; dir=$$(realpath '$(base)'); home=$$(realpath "$${HOME:-/}"); no=; \
	case "$$home/" in "$${dir%/}"/*) no=1 ;; esac; \
	for d in . $(wildcard .git .ci) bpf include man scripts src tests; do \
		case "$$(realpath $$d)/" in "$${dir%/}"/*) no=1 ;; esac; \
		case "$$dir/" in "$$(realpath $$d)"/*) [ $$d = . ] || no=1 ;; esac; \
	done; \
	[ -z "$$no" ] || { echo "make: O=$O is not a directory for output: nothing is removed" >&2; exit 1; }; \
	[ -e "$$dir/flags" ] || [ -e "$$dir/san/flags" ] || [ -e "$$dir/static/flags" ] || [ -d "$$dir/deb" ] || [ -d "$$dir/kernels" ] || [ -d "$$dir/kmod" ] || exit 0; \
	cd "$$dir"; rm -rf $(made); rmdir "$$dir" 2>/dev/null || :

help:
	@echo 'make all        cocowatch, its library and its BPF objects'
	@echo 'make module     cocovm.ko for $$KERNEL, or for MODULE_KDIR=/lib/modules/.../build'
	@echo 'make misuse     cw_misuse.ko, for the guests of the tests'
	@echo 'make demo       boot a kernel and watch violations as they are caused'
	@echo 'make box        boot a stock kernel as a confidential VM, with disk and network'
	@echo 'make test       all tests but the long ones'
	@echo 'make test-all   those too, and all module tests on Linux 6.1'
	@echo 'make findings   see again what stock kernels do wrong'
	@echo 'make bench      measure'
	@echo 'make screenshot  make the picture of a report again that README.md shows'
	@echo 'make fuzz       throw bytes at cocobox and at what reads files, $$FUZZ_TIME seconds (60) at each parser'
	@echo 'make lint       check sources, scripts and manual pages'
	@echo 'make install    to $$DESTDIR$$prefix'
	@echo 'make deb        Debian packages: cocowatch, cocobox, cocowatch-dkms'
	@echo 'make static     cocowatch in one file without libraries, for a machine in trouble'
	@echo 'make setup      install what building and testing need (Debian bookworm, root)'
	@echo 'make clean      remove the output, the kernels in it too'
	@echo
	@echo 'V=1 shows commands, SAN=1 builds with ASan and UBSan, O=DIR builds elsewhere,'
	@echo 'CC=clang and KERNEL=linux-image-cloud-amd64 (6.1) work'

-include $(wildcard $(lib_obj:.o=.d) $(tool_obj:.o=.d) $(box_obj:.o=.d) $(bpf_src:%.bpf.c=$O/%.bpf.d) \
	$(engine_bpf:%.bpf.c=$O/%.bpf.d) $(bench_bpf:%.bpf.c=$O/%.bpf.d) $(unit_bin:=.d) $(engine_bin:=.d) $(bench_bin:=.d) $(verified).d $(data_bin:=.d) \
	$(fuzz_obj:.o=.d) $(fuzz_lobj:.o=.d) $(fuzz_map:.o=.d) $(fuzz_bin:=.d))
