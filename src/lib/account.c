// SPDX-License-Identifier: GPL-2.0-only
/* The inventory and its owners, one after the other. */
#include "owners.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "judge.h"

#define LOOKS_MAX 4
#define BETWEEN_US 10000

/* The walk comes before the structures are read, and an owner may come or go between. */
static int look_once(struct cw_account *a, struct cw_inventory *inv, const struct cw_ram *ram,
		     bool seed)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct cw_claims claims;

	err = cw_inventory_walk(inv, &a->mode, seed, &a->shared);
	if (err)
		return err;
	err = cw_claims_read(&claims, cw_inventory_kernel(inv), &a->shared,
			     cpus > 0 ? (__u32)cpus : 1);
	a->claims_failed = claims.failed;
	if (!err)
		err = cw_owned_find(&a->owned, &claims, &a->shared, ram, &a->mode);
	cw_claims_free(&claims);
	return err;
}

static bool is_doubtful(const struct cw_ev_owner *ev)
{
	struct cw_out out = { .checked = 0 };

	cw_judge_owner(ev, &out);
	return out.violated || out.warned;
}

/* Marks what is doubtful now and was not before.  Returns how many ranges are doubtful and new. */
size_t cw_owned_confirm(struct cw_owned *now, const struct cw_owned *before)
{
	size_t i, k, nr = 0;

	for (i = 0; i < now->nr; i++) {
		struct cw_ev_owner *ev = &now->ev[i];
		bool seen = !is_doubtful(ev);

		for (k = 0; !seen && before && k < before->nr; k++) {
			const struct cw_ev_owner *old = &before->ev[k];

			seen = old->owner == ev->owner && old->gfn <= ev->gfn &&
			       old->gfn + old->nr_pages >= ev->gfn + ev->nr_pages;
		}
		if (seen)
			continue;
		ev->flags |= CW_OWNER_UNCONFIRMED;
		nr++;
	}
	return nr;
}

/* Nobody is accused by one look: it is repeated until two agree on what is doubtful. */
static int account_fill(struct cw_account *a, struct cw_inventory *inv, const struct cw_ram *ram,
			bool seed)
{
	int err = look_once(a, inv, ram, seed), i;
	size_t doubtful = err ? 0 : cw_owned_confirm(&a->owned, NULL);

	for (i = 1; !err && doubtful && i < LOOKS_MAX; i++) {
		struct cw_owned before = a->owned;

		memset(&a->owned, 0, sizeof(a->owned));
		cw_shared_free(&a->shared);
		usleep(BETWEEN_US);
		err = look_once(a, inv, ram, false);
		if (!err)
			doubtful = cw_owned_confirm(&a->owned, &before);
		cw_owned_free(&before);
	}
	return err;
}

int cw_account_look(struct cw_account *a, struct cw_inventory *inv, const struct cw_platform *p,
		    const struct cw_ram *ram, bool seed, char *why, size_t size)
{
	int err;

	memset(a, 0, sizeof(*a));
	err = cw_mode_read(&a->mode, cw_inventory_kernel(inv), p);
	if (err) {
		snprintf(why, size, "the kernel's mode could not be read: %s", strerror(-err));
		return err;
	}
	if (!cw_mode_tells(&a->mode)) {
		snprintf(why, size, "this is not a confidential VM: nothing is hidden from its host");
		return -ENOTSUP;
	}
	err = account_fill(a, inv, ram, seed);
	if (err)
		snprintf(why, size, "the page tables could not be walked: %s", strerror(-err));
	return err;
}

int cw_account_make(struct cw_account *a, struct cw_inventory *inv, const struct cw_platform *p,
		    bool seed, char *why, size_t size)
{
	struct cw_ram ram;

	memset(a, 0, sizeof(*a));
	if (!cw_ram_read(&ram, "")) {
		snprintf(why, size, "%s", cw_ram_unknown);
		return -EPERM;
	}
	return cw_account_look(a, inv, p, &ram, seed, why, size);
}

void cw_account_free(struct cw_account *a)
{
	cw_owned_free(&a->owned);
	cw_shared_free(&a->shared);
}
