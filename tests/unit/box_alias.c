// SPDX-License-Identifier: GPL-2.0-only
/* The referee sees accesses through the wrong alias, made by the test itself on the mappings that a
 * guest would see.
 */
#include "box_referee.h"

#include <signal.h>

#include <linux/kvm.h>

static void need_watch(void)
{
	if (!box.referee->watch.on)
		skip();
}

/* As a vCPU would: through the mapping that a memory slot shows. */
static __u8 touch(int alias, __u64 gfn)
{
	__u8 byte;

	/* the fault thread reads and writes meanwhile */
	__sync_synchronize();
	byte = *(volatile __u8 *)(box.mem.alias[alias] + (gfn << CW_PAGE_SHIFT));
	__sync_synchronize();
	return byte;
}

static void test_alias_honest(void **state)
{
	__u64 gfn;

	(void)state;
	need_watch();
	for (gfn = 0; gfn < 2000; gfn++)
		box.mem.alias[CW_ALIAS_PRIVATE][gfn << CW_PAGE_SHIFT] = 1;
	assert_int_equal(box.referee->watch.events, 0);
	memset(host(3000), 1, 1000 * CW_PAGE_SIZE);
	for (gfn = 3000; gfn < 4000; gfn++)
		touch(CW_ALIAS_PRIVATE, gfn);
	/* pages that the monitor wrote come in groups */
	assert_in_range(box.referee->watch.events, 1, 32);
	box.referee->watch.events = 0;

	/* no event for frames that changed sides, in either direction */
	cw_referee_convert(&box, 1000, 2000, true);
	for (gfn = 1000; gfn < 3000; gfn++)
		touch(CW_ALIAS_SHARED, gfn);
	cw_referee_convert(&box, 1000, 2000, false);
	for (gfn = 1000; gfn < 3000; gfn++)
		touch(CW_ALIAS_PRIVATE, gfn);
	assert_int_equal(box.referee->watch.events, 0);
	assert_int_equal(cw_referee_close(&box), 0);
}

static void test_alias_private_of_visible(void **state)
{
	(void)state;
	need_watch();
	cw_referee_vcpu(&box, 1);
	touch(CW_ALIAS_PRIVATE, 200);
	cw_referee_convert(&box, 200, 2, true);
	touch(CW_ALIAS_PRIVATE, 201);
	assert_int_equal(findings(), 1);
	assert_number("wrong_alias", 0, "gfn", 201);
	assert_text("wrong_alias", 0, "gpa", "0xc9000");
	assert_text("wrong_alias", 0, "alias", "private");
	assert_number("wrong_alias", 0, "vp", 1);
	assert_text("wrong_alias", 0, "rip", NULL);
	/* once, until it changes sides again */
	touch(CW_ALIAS_PRIVATE, 201);
	assert_int_equal(findings(), 1);
	cw_referee_convert(&box, 200, 2, false);
	touch(CW_ALIAS_PRIVATE, 201);
	assert_int_equal(findings(), 1);
	cw_referee_convert(&box, 200, 2, true);
	touch(CW_ALIAS_PRIVATE, 201);
	assert_int_equal(findings(), 2);
}

static void test_alias_shared_of_private(void **state)
{
	(void)state;
	need_watch();
	/* never touched, touched by the guest, written by the monitor */
	touch(CW_ALIAS_PRIVATE, 301);
	*host(302) = 3;
	assert_int_equal(touch(CW_ALIAS_SHARED, 300), 0);
	assert_int_equal(touch(CW_ALIAS_SHARED, 301), 0);
	assert_int_equal(touch(CW_ALIAS_SHARED, 302), 3);
	assert_int_equal(findings(), 3);
	assert_text("wrong_alias", 0, "gpa", "0x800012c000");
	assert_text("wrong_alias", 0, "vp", NULL);
	assert_number("wrong_alias", 2, "gfn", 302);
	touch(CW_ALIAS_PRIVATE, 300);
	cw_referee_convert(&box, 300, 3, true);
	touch(CW_ALIAS_SHARED, 300);
	assert_int_equal(findings(), 3);
	assert_int_equal(cw_referee_close(&box), 3);
	assert_number("summary", 0, "wrong_alias", 3);
}

static void test_alias_stops(void **state)
{
	(void)state;
	need_watch();
	config.stop_on_finding = true;
	touch(CW_ALIAS_SHARED, 7);
	assert_true(box.ended);
}

static void *touches_one(void *arg)
{
	(void)arg;
	touch(CW_ALIAS_SHARED, 9);
	return NULL;
}

static void *sleeps(void *arg)
{
	sem_wait(arg);
	return NULL;
}

/* Whose access it is takes long to tell, since the vCPU does not answer; the run ends meanwhile. */
static void test_alias_at_the_end(void **state)
{
	static struct kvm_run run;
	static struct cw_vm vm = { .life = PTHREAD_MUTEX_INITIALIZER };
	struct cw_vcpu *v = &vm.vcpu[0];
	pthread_t thread;
	sem_t end;

	(void)state;
	need_watch();
	signal(SIGUSR1, SIG_IGN);
	sem_init(&end, 0, 0);
	sem_init(&v->answered, 0, 0);
	v->box = &box;
	v->run = &run;
	v->running = true;
	assert_int_equal(pthread_create(&v->thread, NULL, sleeps, &end), 0);
	box.vm = &vm;
	config.nr_cpus = 1;
	assert_int_equal(pthread_create(&thread, NULL, touches_one, NULL), 0);
	while (!__atomic_load_n(&box.referee->watch.events, __ATOMIC_SEQ_CST))
		usleep(1000);
	assert_int_equal(cw_referee_close(&box), 1);
	assert_number("summary", 0, "wrong_alias", 1);
	assert_number("wrong_alias", 0, "gfn", 9);
	pthread_join(thread, NULL);
	sem_post(&end);
	pthread_join(v->thread, NULL);
	sem_destroy(&v->answered);
	sem_destroy(&end);
	/* what was read of the account is all of it */
	assert_int_equal(findings(), 1);
}

#define ROUNDS 300

static void *touches(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 40 * ROUNDS; i++) {
		touch(CW_ALIAS_PRIVATE, 500 + i % 32);
		touch(CW_ALIAS_SHARED, 500 + (i + 7) % 32);
	}
	return NULL;
}

/* Accesses on both sides while frames change sides all the time: everyone gets on. */
static void test_alias_races(void **state)
{
	pthread_t thread[2];
	unsigned int i;

	(void)state;
	need_watch();
	for (i = 0; i < NR(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, touches, NULL), 0);
	for (i = 0; i < ROUNDS; i++)
		cw_referee_convert(&box, 500 + i % 16, 16, i & 1);
	for (i = 0; i < NR(thread); i++)
		pthread_join(thread[i], NULL);
	assert_true(findings() > 0);
}

static const struct CMUnitTest tests[] = {
	RUN(test_alias_honest),
	RUN(test_alias_private_of_visible),
	RUN(test_alias_shared_of_private),
	RUN(test_alias_stops),
	RUN(test_alias_at_the_end),
	RUN(test_alias_races),
};

UNIT_MAIN(tests)
