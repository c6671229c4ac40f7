// SPDX-License-Identifier: GPL-2.0-only
/* The baseline: conversions at boot precede every tool, so their result is looked up. */
#include "baseline.h"

#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clock.h"
#include "inventory.h"
#include "owners.h"

static int map_fd(const struct cw_loader *loader, const char *name)
{
	const struct bpf_map *map = cw_loader_map(loader, name);

	return map ? bpf_map__fd(map) : -1;
}

/* From here on a frame that is not known to be shared is private (see look.bpf.h). */
static void all_found(const struct cw_loader *loader)
{
	__u32 key = 0, found = 1;
	int fd = map_fd(loader, "cw_all_found");

	if (fd >= 0)
		bpf_map_update_elem(fd, &key, &found, BPF_ANY);
}

static struct cw_inventory *inventory_open(const struct cw_loader *loader, bool seed, char *why,
					   size_t size)
{
	struct cw_inventory_opts opts = { .nr_frames = cw_ram_nr_frames("") };

	if (seed) {
		opts.pages_fd = map_fd(loader, "cw_pages");
		opts.kerns_fd = map_fd(loader, "cw_kerns");
		opts.blocks_fd = map_fd(loader, "cw_blocks");
		opts.losses_fd = map_fd(loader, "cw_losses");
		opts.stats_fd = map_fd(loader, "cw_stats");
	}
	return cw_inventory_open(&opts, why, size);
}

static int places_look(struct cw_baseline *b, const struct cw_inventory *inv, __u64 rules,
		       char *why, size_t size)
{
	int cpus = libbpf_num_possible_cpus();
	int err = cw_places_find(&b->places, cw_inventory_kernel(inv), &b->account.mode,
				 &b->account.shared, cpus > 0 ? (__u32)cpus : 1, rules);

	if (err)
		snprintf(why, size, "%s", strerror(-err));
	return err;
}

/* rules: those that a look feeds and that are asked for */
static int look(struct cw_baseline *b, const struct cw_loader *loader, const struct cw_platform *p,
		__u64 rules, bool seed, char *why, size_t size)
{
	struct cw_inventory *inv = inventory_open(loader, seed, why, size);
	int err;

	if (!inv)
		return -1;
	cw_baseline_free(b);
	err = cw_account_make(&b->account, inv, p, seed, why, size);
	if (!err && seed && !b->account.shared.count.failed && !b->account.shared.count.contended)
		all_found(loader);
	if (!err)
		err = places_look(b, inv, rules, why, size);
	if (err)
		cw_baseline_free(b);
	cw_inventory_close(inv);
	return err;
}

void cw_baseline_take(struct cw_baseline *b, struct cw_arming *arming,
		      const struct cw_loader *loader, const struct cw_platform *p, bool seed)
{
	char why[CW_WHY_LEN] = "";
	__u64 rules = 0;
	size_t i;
	int err;

	for (i = 0; i < arming->source->nr_probes; i++)
		if (arming->source->probes[i].object == CW_OBJ_NONE && cw_arming_wants(arming, i))
			rules |= arming->source->probes[i].rules;
	if (!rules)
		return;
	err = look(b, loader, p, rules & arming->asked, seed, why, sizeof(why));
	b->taken = !err;
	b->ts_ns = cw_clock_ns(CLOCK_MONOTONIC);
	for (i = 0; i < arming->source->nr_probes; i++) {
		if (arming->source->probes[i].object != CW_OBJ_NONE)
			continue;
		if (err)
			cw_arming_failed(arming, i, "%s", why);
		else if (b->account.claims_failed && arming->source->probes[i].event == CW_EV_OWNER)
			cw_arming_failed(arming, i, "%u structures of the kernel could not be read",
					 b->account.claims_failed);
		else
			cw_arming_attached(arming, i);
	}
}

void cw_baseline_feed(struct cw_baseline *b, struct cw_feed *feed)
{
	struct cw_ev_platform ev = b->account.mode.ev;
	size_t i;

	if (!b->taken)
		return;
	b->taken = false;
	ev.hdr = (struct cw_rec_hdr){
		.type = CW_EV_PLATFORM,
		.len = sizeof(ev),
		.ts_ns = b->ts_ns,
	};
	snprintf(ev.comm, sizeof(ev.comm), "cocowatch");
	cw_feed_record(feed, &ev, sizeof(ev));
	for (i = 0; i < b->account.owned.nr; i++) {
		struct cw_ev_owner *owner = &b->account.owned.ev[i];

		owner->hdr.ts_ns = b->ts_ns;
		cw_feed_record(feed, owner, sizeof(*owner));
	}
	for (i = 0; i < b->places.nr; i++) {
		b->places.ev[i].hdr.ts_ns = b->ts_ns;
		cw_feed_mapping(feed, &b->places.fmt, &b->places.ev[i]);
	}
	cw_baseline_free(b);
}

void cw_baseline_free(struct cw_baseline *b)
{
	cw_account_free(&b->account);
	memset(&b->account, 0, sizeof(b->account));
	cw_places_free(&b->places);
}
