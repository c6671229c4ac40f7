// SPDX-License-Identifier: GPL-2.0-only
/* Threads of vCPUs that end while others ask where they are.  There is no KVM: the threads fail at
 * their first attempt to run, and the box has ended already.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "box.h"
#include "referee_impl.h"
#include "vcpu.h"
#include "vm.h"

#define ROUNDS	200
#define ASKERS	2

static struct cw_config config = { .nr_cpus = CW_CPUS_MAX };
static struct cw_referee referee = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct cw_box box;
static struct cw_vm vm;
static struct kvm_run run[CW_CPUS_MAX];

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	quiet();
	box = (struct cw_box){ .config = &config, .vm = &vm, .referee = &referee, .ended = true };
	vm = (struct cw_vm){ .fd = -1, .kvm = -1 };
	pthread_mutex_init(&box.lock, NULL);
	pthread_mutex_init(&vm.life, NULL);
	for (i = 0; i < CW_CPUS_MAX; i++) {
		vm.vcpu[i] = (struct cw_vcpu){ .box = &box, .id = i, .fd = -1, .run = &run[i] };
		sem_init(&vm.vcpu[i].answered, 0, 0);
	}
	return 0;
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < CW_CPUS_MAX; i++)
		sem_destroy(&vm.vcpu[i].answered);
	pthread_mutex_destroy(&vm.life);
	pthread_mutex_destroy(&box.lock);
	return 0;
}

static int where(unsigned int vp)
{
	__u64 rip;
	bool halted;

	return cw_vm_where(&box, vp, &rip, &halted);
}

static void test_where_without_thread(void **state)
{
	(void)state;
	assert_int_equal(where(CW_CPUS_MAX), -EINVAL);
	assert_int_equal(where(0), -ESRCH);
	/* nor does a question wait for whoever comes next */
	assert_false(vm.vcpu[0].asked);
}

static void test_where_after_the_end(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(cw_vm_start(&box), 0);
	for (i = 0; i < 1000 && where(1) != -ESRCH; i++)
		usleep(1000);
	assert_int_equal(where(1), -ESRCH);
	cw_vm_stop(&box);
	assert_int_equal(where(0), -ESRCH);
	cw_vm_kick(&box);
}

static bool over;

static void *asks(void *arg)
{
	unsigned int vp = 0;

	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
		where(vp++ % CW_CPUS_MAX);
	return arg;
}

static void *kicks(void *arg)
{
	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
		cw_vm_kick(&box);
	return arg;
}

/* Threads come and go, and no signal goes to one that was waited for already. */
static void test_races(void **state)
{
	pthread_t asker[ASKERS];
	int i;

	(void)state;
	over = false;
	assert_int_equal(pthread_create(&asker[0], NULL, asks, NULL), 0);
	assert_int_equal(pthread_create(&asker[1], NULL, kicks, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(cw_vm_start(&box), 0);
		cw_vm_stop(&box);
	}
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < ASKERS; i++)
		pthread_join(asker[i], NULL);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	RUN(test_where_without_thread),
	RUN(test_where_after_the_end),
	RUN(test_races),
};

UNIT_MAIN(tests)
