// SPDX-License-Identifier: GPL-2.0-only
/* A recording: how much memory a history takes that is full, and written; how many records a second
 * are written, what is lost at a fixed rate, how many bytes each takes on disk, and how many a
 * second a replay reads and judges.  The session is made up: nine steps for a transition, and four
 * packets between two of them.
 *
 * Usage: record ROUNDS
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/made.h"
#include "bench.h"
#include "recorder_impl.h"
#include "replay.h"

#define PACED_EVENTS 100000ULL			/* in a second */
#define PACED_SECONDS 4
#define TICK_NS	   (10 * NSEC_PER_MSEC)		/* as often as a session reads its ring */
#define FULL_EVENTS 1500000ULL
#define FLIGHT_EVENTS 600000ULL			/* more than 20 MiB of them, packed */

static char path[] = "/tmp/cw-bench-XXXXXX/a.ccw";

static void some_make(struct made *m, __u64 i)
{
	__u64 gfn = 0x10000 + i / 2 * 16 % 0x100000;
	int k;

	made_transition(m, gfn, 16, i % 2 == 0, false);
	for (k = 0; k < 4; k++)
		made_packet(m, (__u32)(i % 5));
}

static void wait_until(__u64 ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / NSEC_PER_SEC),
			       .tv_nsec = (long)(ns % NSEC_PER_SEC) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* Goes on until there are nr records, at the fixed rate. */
static void records_paced(struct made *m, struct cw_recorder *r, __u64 nr)
{
	__u64 start = now_ns(), first = m->records, i = 0;

	while (m->records < nr) {
		__u64 due = first + (now_ns() - start) * PACED_EVENTS / NSEC_PER_SEC;

		for (; m->records < due && m->records < nr; i++)
			some_make(m, i);
		cw_recorder_tick(r, now_ns());
		wait_until(now_ns() + TICK_NS);
	}
}

/* Makes nr records, at the fixed rate or as fast as it goes.  Seconds that it took. */
static double records_make(struct made *m, struct cw_recorder *r, __u64 nr, bool paced)
{
	__u64 start = now_ns(), i = 0;

	if (paced)
		records_paced(m, r, nr);
	for (; m->records < nr; i++)
		some_make(m, i);
	cw_recorder_tick(r, now_ns());
	cw_recorder_stop(r);
	return (double)(now_ns() - start) / NSEC_PER_SEC;
}

struct recorded {
	double seconds, writer_ns;	/* CPU time of the thread that writes */
	__u64 records, lost, bytes;
};

static int record_it(struct recorded *got, __u64 nr, bool paced)
{
	const struct cw_recorder_opts opts = { .path = path };
	struct made *m = calloc(1, sizeof(*m));
	struct cw_recording_info *info = NULL;
	struct cw_recorder *r;
	char why[256];
	struct stat st;
	__u64 writer;
	__u32 i;

	unlink(path);
	if (!m || cw_recorder_new(&r, &opts, why, sizeof(why)))
		return failed("cannot record: %s", why);
	if (!made_init(m, r))
		info = made_info(m);
	if (!info || cw_recorder_start(r, info, m->symbols))
		return failed("cannot start");
	writer = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns();
	got->seconds = records_make(m, r, nr, paced);
	got->writer_ns = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns() - writer);
	made_finish(m, info);
	got->records = m->records;
	got->lost = 0;
	for (i = 0; i < CW_EV_NR; i++)
		got->lost += info->totals.loss[i][CW_LOSS_QUEUE];
	if (cw_recorder_finish(r, info) || stat(path, &st))
		return failed("cannot end the recording");
	got->bytes = (__u64)st.st_size;
	cw_recorder_free(r);
	made_exit(m);
	free(info);
	free(m);
	return 0;
}

/* Resident at most, so far. */
static double hwm_mib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	double kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmHWM:", 6))
			kib = strtod(line + 6, NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

static __u64 nr_lost(struct cw_recorder *r)
{
	struct cw_totals totals;
	__u64 lost = 0;
	__u32 i;

	memset(&totals, 0, sizeof(totals));
	cw_recorder_totals(r, &totals);
	for (i = 0; i < CW_EV_NR; i++)
		lost += totals.loss[i][CW_LOSS_QUEUE];
	return lost;
}

/* A history as long as it may get, filled until it has dropped some, and written. */
static int flight_fill(struct made *m, struct cw_recorder *r, struct cw_recording_info *info)
{
	double mib;

	if (cw_recorder_start(r, info, m->symbols))
		return failed("cannot start");
	records_paced(m, r, FLIGHT_EVENTS);
	cw_recorder_snapshot(r, info, now_ns());
	records_paced(m, r, m->records + PACED_EVENTS);
	cw_recorder_stop(r);
	mib = hwm_mib();
	if (nr_lost(r))
		return failed("the flight recorder lost records: nobody knows what they would have taken");
	if (cw_flight_bytes(r->flight) < CW_HISTORY_BYTES / 10 * 9)
		return failed("the history is not full");
	result("flight_rss", mib);
	return 0;
}

/* In a process of its own, whose memory is that of nothing else. */
static int flight_run(void)
{
	const struct cw_recorder_opts opts = { .path = path, .last_ns = 3600 * NSEC_PER_SEC };
	struct made *m = calloc(1, sizeof(*m));
	struct cw_recording_info *info;
	struct cw_recorder *r;
	char why[256];

	unlink(path);
	if (!m || cw_recorder_new(&r, &opts, why, sizeof(why)))
		return failed("cannot record: %s", why);
	info = made_init(m, r) ? NULL : made_info(m);
	return info ? flight_fill(m, r, info) : failed("cannot start");
}

static int flight_measure(void)
{
	int status = 1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		status = flight_run();
		fflush(NULL);
		_exit(status);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static int replay_it(double *rate)
{
	static struct cw_replayed replayed;
	struct cw_writers none = { .nr = 0 };
	struct cw_recording *rec;
	char why[256];
	__u64 start;

	if (cw_recording_open(&rec, path, why, sizeof(why)))
		return failed("cannot read: %s", why);
	start = cpu_ns();
	if (cw_replay_run(rec, &none, NULL, &replayed) || replayed.damaged || replayed.nr_differ)
		return failed("the replay is not the recording: %s", replayed.differs);
	*rate = (double)replayed.nr_records * 1e3 / (double)(cpu_ns() - start);
	cw_replay_end(&replayed);
	cw_recording_close(rec);
	return 0;
}

static int round_run(void)
{
	struct recorded paced, full;
	double rate = 0;

	if (record_it(&paced, PACED_EVENTS * PACED_SECONDS, true) || replay_it(&rate))
		return 1;
	result("record_lost", (double)paced.lost);
	result("record_bytes", (double)paced.bytes / (double)(paced.records - paced.lost));
	result("replay_rate", rate);
	if (record_it(&full, FULL_EVENTS, false))
		return 1;
	result("record_rate", (double)(full.records - full.lost) / full.seconds / 1e6);
	result("record_cpu", full.writer_ns / (double)(full.records - full.lost));
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long rounds = number(argc == 2 ? argv[1] : NULL);
	char *slash = strrchr(path, '/');
	int err = 0;

	if (!rounds)
		return 2;
	*slash = '\0';
	if (!mkdtemp(path))
		return failed("cannot make a directory: %s", strerror(errno));
	*slash = '/';
	while (rounds-- && !err) {
		err = flight_measure();
		if (!err)
			err = round_run();
	}
	unlink(path);
	*slash = '\0';
	rmdir(path);
	return err;
}
