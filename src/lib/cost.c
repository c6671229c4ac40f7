// SPDX-License-Identifier: GPL-2.0-only
/* What this process costs, as the kernel counts it. */
#include "cost.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "file.h"

static __u64 timeval_ns(const struct timeval *tv)
{
	return (__u64)tv->tv_sec * 1000000000ULL + (__u64)tv->tv_usec * 1000;
}

void cw_cost_read(struct cw_cost *cost, const char *root)
{
	unsigned long long pages, resident;
	struct rusage usage;
	char line[128];

	cost->cpu_ns = 0;
	cost->rss_kib = 0;
	if (!getrusage(RUSAGE_SELF, &usage))
		cost->cpu_ns = timeval_ns(&usage.ru_utime) + timeval_ns(&usage.ru_stime);
	if (!cw_file_line(root, "/proc/self/statm", line, sizeof(line)) &&
	    sscanf(line, "%llu %llu", &pages, &resident) == 2)
		cost->rss_kib = resident * (__u64)sysconf(_SC_PAGESIZE) / 1024;
}

int cw_bpf_stats_open(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}
