// SPDX-License-Identifier: GPL-2.0-only
/* How many events a second come through the ring of a session, and how many are lost
 * at a fixed rate: a BPF program fills it while another thread reads, once only
 * counting and once doing what cocowatch does with a record.
 *
 * Usage: ring ROUNDS
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/count.h>

#include "bench.h"
#include "feed.h"
#include "fill.h"
#include "ring.skel.h"

#define BATCH	   4096			/* events of one run at full speed */
#define FULL_NS	   (400 * NSEC_PER_MSEC)
#define PACED_EVENTS 200000ULL			/* in a second */
#define PACED_NS   NSEC_PER_SEC
#define PACED_TICK NSEC_PER_MSEC
#define PACED_BURST (10 * NSEC_PER_MSEC)
#define COUNT_TICK_MS 10
#define FEED_TICK_MS  100		/* TICK_MS of src/cocowatch/run.c */

struct reader {
	struct ring_buffer *ring;
	struct cw_feed *feed;	/* NULL: only count */
	int tick_ms;
	__u64 nr_read;
	__u64 gap_ns;		/* longest time from the end of one reading to that of the next */
	atomic_bool stop;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct reader *r = ctx;

	r->nr_read++;
	if (r->feed)
		cw_feed_record(r->feed, data, size);
	return 0;
}

/* Waits and reads as a session does (src/cocowatch/run.c). */
static void *reader_run(void *arg)
{
	struct reader *r = arg;
	struct pollfd fd = { .fd = ring_buffer__epoll_fd(r->ring), .events = POLLIN };
	__u64 last = now_ns(), now;

	while (!atomic_load(&r->stop)) {
		poll(&fd, 1, r->tick_ms);
		ring_buffer__consume(r->ring);
		now = now_ns();
		if (r->feed)
			cw_feed_tick(r->feed, now);
		/* a wait that ends with the flow is no gap in it */
		if (now - last > r->gap_ns && !atomic_load(&r->stop))
			r->gap_ns = now - last;
		last = now;
	}
	ring_buffer__consume(r->ring);
	return NULL;
}

/* ---- sending ---- */

static int events_send(struct ring_bpf *skel, __u32 nr)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	skel->bss->count = nr;
	return bpf_prog_test_run_opts(bpf_program__fd(skel->progs.run_send), &opts);
}

static int send_full(struct ring_bpf *skel)
{
	__u64 start = now_ns();
	int err;

	do
		err = events_send(skel, BATCH);
	while (!err && now_ns() - start < FULL_NS);
	return err;
}

static void sleep_until(__u64 ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* After a late wake-up what is owed is sent at once, but no more than a burst: a sender
 * that was kept waiting for longer pauses the clock, since one is not to lose what the
 * reader had no chance to read.
 */
static int send_paced(struct ring_bpf *skel)
{
	__u64 start = now_ns(), sent = 0, now;
	int err = 0;

	while (!err && sent < PACED_EVENTS) {
		__u64 due = start + sent * PACED_NS / PACED_EVENTS, owed;

		sleep_until(due + PACED_TICK);
		now = now_ns();
		if (now - due > PACED_BURST)
			start += now - due - PACED_BURST;
		owed = (now - start) * PACED_EVENTS / PACED_NS - sent;
		err = events_send(skel, (__u32)owed);
		sent += owed;
	}
	return err;
}

/* ---- one round ---- */

struct flow {
	__u64 sent;
	__u64 lost;
	double seconds;
};

static __u64 seq_read(const struct ring_bpf *skel)
{
	__u32 key = 0;
	__u64 seq = 0;

	bpf_map_lookup_elem(bpf_map__fd(skel->maps.cw_seqs), &key, &seq);
	return seq;
}

static __u64 lost_read(const struct ring_bpf *skel)
{
	int nr_cpus = libbpf_num_possible_cpus(), i;
	__u32 key = CW_EV_BEGIN * CW_LOSS_NR + CW_LOSS_RING;
	__u64 *values = calloc((size_t)nr_cpus, sizeof(*values)), sum = 0;

	if (values && !bpf_map_lookup_elem(bpf_map__fd(skel->maps.cw_losses), &key, values))
		for (i = 0; i < nr_cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

/* Sends in one way while the reader runs.  Every event was read or counted as lost, or it fails. */
static int flow_run(struct ring_bpf *skel, struct reader *r, int (*way)(struct ring_bpf *),
		    struct flow *flow)
{
	__u64 start, seq = seq_read(skel), lost = lost_read(skel);
	pthread_t thread;
	int err;

	r->nr_read = 0;
	r->gap_ns = 0;
	atomic_store(&r->stop, false);
	if (pthread_create(&thread, NULL, reader_run, r))
		return failed("cannot start the reader");
	start = now_ns();
	err = way(skel);
	flow->seconds = (double)(now_ns() - start) / NSEC_PER_SEC;
	atomic_store(&r->stop, true);
	pthread_join(thread, NULL);
	if (err)
		return failed("BPF_PROG_TEST_RUN: %s", strerror(-err));
	flow->sent = seq_read(skel) - seq;
	flow->lost = lost_read(skel) - lost;
	if (r->nr_read + flow->lost != flow->sent)
		return failed("of %llu events %llu were read and %llu lost", flow->sent, r->nr_read,
			      flow->lost);
	return 0;
}

static int round_run(struct ring_bpf *skel, struct reader *r, const char *who)
{
	struct flow full, paced;
	char key[64];

	if (flow_run(skel, r, send_full, &full) || flow_run(skel, r, send_paced, &paced))
		return 1;
	if (r->feed && (r->feed->malformed || r->feed->unknown || r->feed->nr_violations))
		return failed("cocowatch's reader did not understand what was sent");
	snprintf(key, sizeof(key), "ring_rate_%s", who);
	result(key, (double)(full.sent - full.lost) / full.seconds / 1e6);
	snprintf(key, sizeof(key), "ring_lost_%s", who);
	result(key, (double)paced.lost);
	snprintf(key, sizeof(key), "ring_gap_%s", who);
	result(key, (double)r->gap_ns / NSEC_PER_MSEC);
	return 0;
}

/* Milliseconds at the fixed rate after which it is full when nobody reads. */
static double holds_ms(const struct ring_bpf *skel)
{
	double records = (double)bpf_map__max_entries(skel->maps.cw_events) /
			 (sizeof(struct cw_ev_step) + BPF_RINGBUF_HDR_SZ);

	return records * 1e3 / PACED_EVENTS;
}

static int rounds_run(struct ring_bpf *skel, unsigned long rounds)
{
	struct cw_writers writers = { 0 };
	struct reader r = { 0 };
	struct cw_feed feed;
	int err = 1;

	if (cw_feed_init(&feed, &writers, NSEC_PER_SEC))
		return failed("no memory for the reader");
	r.ring = ring_buffer__new(bpf_map__fd(skel->maps.cw_events), on_record, &r, NULL);
	if (!r.ring) {
		failed("cannot map the ring: %s", strerror(errno));
		goto out;
	}
	do {
		r.feed = NULL;
		r.tick_ms = COUNT_TICK_MS;
		err = round_run(skel, &r, "count");
		r.feed = &feed;
		r.tick_ms = FEED_TICK_MS;
		err = err || round_run(skel, &r, "feed");
	} while (!err && --rounds);
	result("ring_holds", holds_ms(skel));
	ring_buffer__free(r.ring);
out:
	cw_feed_exit(&feed);
	return err;
}

int main(int argc, char **argv)
{
	unsigned long rounds = number(argc == 2 ? argv[1] : NULL);
	struct ring_bpf *skel;
	int err;

	if (!rounds)
		return 2;
	libbpf_set_print(NULL);	/* what the verifier says of a refusal fills screens */
	skel = ring_bpf__open_and_load();
	if (!skel)
		return failed("this machine refuses socket-type BPF programs: %s", strerror(errno));
	err = honest_fill(bpf_map__fd(skel->maps.events)) ? failed("cannot fill a map") : rounds_run(skel, rounds);
	ring_bpf__destroy(skel);
	return err;
}
