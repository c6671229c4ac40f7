// SPDX-License-Identifier: GPL-2.0-only
/* One JSON object a line, with the field names of cocowatch/event.h: "session"
 * first, then "violation", "warning" and "observation", "summary" last.
 */
#include "out.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "guid.h"
#include "judge.h"
#include "names.h"
#include "pte.h"

static void set_u64(json_t *o, const char *key, __u64 value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

/* Names and arguments are bytes that somebody chose: where they are no UTF-8, what is not ASCII
 * becomes "?".
 */
static json_t *text_json(const char *value)
{
	json_t *text = json_string(value);
	char *clean, *c;

	if (text)
		return text;
	clean = strdup(value);
	for (c = clean; c && *c; c++)
		if (!isascii((unsigned char)*c))
			*c = '?';
	text = json_string(clean ? clean : "?");
	free(clean);
	return text;
}

static void set_text(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, text_json(value));
}

/* "END_OWN_BIT" -> "end_own_bit" */
static void set_lower(json_t *o, const char *key, const char *value)
{
	char lower[64];
	size_t i;

	for (i = 0; i < sizeof(lower) - 1 && value[i]; i++)
		lower[i] = (char)tolower((unsigned char)value[i]);
	lower[i] = '\0';
	set_text(o, key, lower);
}

static void set_hex(json_t *o, const char *key, __u64 value)
{
	char hex[24];

	snprintf(hex, sizeof(hex), "0x%llx", value);
	set_text(o, key, hex);
}

static void set_wall(json_t *o, const struct cw_start *start, __u64 ts_ns)
{
	set_u64(o, "ts_ns", ts_ns);
	set_u64(o, "wall_ns", ts_ns + start->wall_offset_ns);
}

static void print(struct cw_writer *w, json_t *o)
{
	json_dumpf(o, w->file, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', w->file);
	json_decref(o);
}

static json_t *rules_armed(const struct cw_start *start)
{
	json_t *armed = json_array();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (start->arming->armed & CW_RULE_BIT(i))
			json_array_append_new(armed, json_string(cw_rule_info(i)->id));
	return armed;
}

static json_t *rules_not_armed(const struct cw_start *start)
{
	json_t *o = json_object();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (!(start->arming->armed & CW_RULE_BIT(i)))
			set_text(o, cw_rule_info(i)->id, start->arming->why_rule[i]);
	return o;
}

static json_t *rules_waived(const struct cw_policy *policy)
{
	json_t *o = json_object();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (policy->waived & CW_RULE_BIT(i))
			set_text(o, cw_rule_info(i)->id, policy->reason[i]);
	return o;
}

static void ndjson_start(struct cw_writer *w, const struct cw_start *start)
{
	bool module = start->arming->source == &cw_source_module;
	json_t *o = json_object(), *command;
	size_t i;

	set_text(o, "type", "session");
	set_u64(o, "abi_major", CW_ABI_MAJOR);
	set_u64(o, "abi_minor", CW_ABI_MINOR);
	set_wall(o, start, start->ts_ns);
	set_text(o, "kernel", start->platform->release);
	set_text(o, "mode", cw_platform_watched_mode(start->platform, module));
	json_object_set_new(o, "emulated", json_boolean(module && start->platform->module.emulate[0]));
	set_text(o, "source", start->arming->source->name);
	json_object_set_new(o, "armed", rules_armed(start));
	json_object_set_new(o, "not_armed", rules_not_armed(start));
	json_object_set_new(o, "waived", rules_waived(start->policy));
	if (start->command) {
		command = json_array();
		for (i = 0; start->command[i]; i++)
			json_array_append_new(command, text_json(start->command[i]));
		json_object_set_new(o, "command", command);
	}
	print(w, o);
}

static void ndjson_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	json_t *o = json_object(), *armed = json_array();
	__u32 i;

	set_text(o, "type", "armed");
	set_wall(o, w->start, ts_ns);
	for (i = 0; i < CW_RULE_NR; i++)
		if (rules & CW_RULE_BIT(i))
			json_array_append_new(armed, json_string(cw_rule_info(i)->id));
	json_object_set_new(o, "armed", armed);
	print(w, o);
}

/* A PTE in words that a program can read; the value itself only when addresses were asked for. */
static json_t *pte_object(const struct cw_start *start, __u64 pte)
{
	json_t *o = json_object();

	json_object_set_new(o, "empty", json_boolean(cw_pte_is_none(pte)));
	json_object_set_new(o, "present", json_boolean(cw_pte_is_present(pte)));
	json_object_set_new(o, "shared", json_boolean(!cw_pte_is_none(pte) &&
						      cw_pte_is_shared(&start->fmt, pte)));
	set_u64(o, "gfn", cw_pte_gfn(&start->fmt, pte));
	json_object_set_new(o, "writable", json_boolean(pte & CW_PTE_WRITABLE));
	json_object_set_new(o, "nx", json_boolean(pte & CW_PTE_NX));
	if (start->include_addresses)
		set_hex(o, "raw", pte);
	return o;
}

static json_t *mode_sources(__u64 mask)
{
	json_t *list = json_array();
	__u32 i;

	for (i = 0; i < CW_MODE_SOURCE_NR; i++)
		if (mask & (1ULL << i))
			json_array_append_new(list, json_string(cw_mode_source_name(i)));
	return list;
}

static json_t *task_object(__u64 task)
{
	json_t *o = json_object();

	set_u64(o, "tgid", task >> 32);
	set_u64(o, "tid", (__u32)task);
	return o;
}

static void set_values(json_t *o, const struct cw_start *start, const struct cw_report *r)
{
	const struct cw_detail *d = r->detail;

	switch (r->finding->values) {
	case CW_VALUES_PTE:
		json_object_set_new(o, "seen", pte_object(start, d->seen));
		break;
	case CW_VALUES_MASK:
		if (d->finding == CW_FIND_MODE_MIXED) {
			json_object_set_new(o, "want", mode_sources(d->want));
			json_object_set_new(o, "seen", mode_sources(d->seen));
			break;
		}
		set_hex(o, "want", d->want);
		set_hex(o, "seen", d->seen);
		break;
	case CW_VALUES_TASK:
		json_object_set_new(o, "want", task_object(d->want));
		json_object_set_new(o, "seen", task_object(d->seen));
		break;
	default:
		set_u64(o, "want", d->want);
		set_u64(o, "seen", d->seen);
		break;
	}
}

static void set_step(json_t *o, const struct cw_start *start, const struct cw_ev_step *ev)
{
	json_t *before = json_object();
	__u32 i;

	if (start->include_addresses)
		set_hex(o, "vaddr", ev->vaddr);
	set_u64(o, "gfn", ev->gfn);
	set_u64(o, "gfn_min", ev->gfn_min);
	set_u64(o, "gfn_max", ev->gfn_max);
	set_u64(o, "nr_pages", ev->nr_pages);
	set_u64(o, "nr_unwalked", ev->nr_unwalked);
	if (ev->flags & CW_STEP_RET)
		set_u64(o, "ret", (__u64)(__s64)ev->ret);
	set_u64(o, "to_shared", ev->to_shared);
	set_u64(o, "depth", ev->depth);
	for (i = 0; i < 4; i++)
		set_u64(before, cw_state_name(i), ev->before[i]);
	json_object_set_new(o, "before", before);
}

static void set_platform(json_t *o, const struct cw_ev_platform *ev)
{
	set_hex(o, "cc_mask", ev->cc_mask);
	set_hex(o, "physical_mask", ev->physical_mask);
	set_hex(o, "sev_status", ev->sev_status);
	set_hex(o, "boundary", ev->boundary);
	set_hex(o, "pte_mask", ev->pte_mask);
	set_text(o, "isolation", cw_isolation_name(ev->isolation));
	set_u64(o, "paravisor", ev->paravisor);
	set_text(o, "vendor", cw_vendor_name(ev->vendor));
	set_text(o, "callbacks", cw_callbacks_name(ev->callbacks));
}

static __u32 set_ring_write(json_t *o, const struct cw_ev_ring_write *ev)
{
	set_u64(o, "relid", ev->relid);
	set_u64(o, "ring_bytes", ev->ring_bytes);
	if (ev->flags & CW_RING_RET)
		set_u64(o, "ret", (__u64)(__s64)ev->ret);
	set_u64(o, "vec_bytes", ev->vec_bytes);
	set_u64(o, "pkt_bytes", ev->pkt_bytes);
	set_u64(o, "pkt_offset", ev->pkt_offset);
	set_u64(o, "pkt_type", ev->pkt_type);
	set_u64(o, "pad_bytes", ev->pad_bytes);
	set_u64(o, "pad_set", ev->pad_set);
	set_u64(o, "write_before", ev->write_before);
	set_u64(o, "read_before", ev->read_before);
	set_u64(o, "write_after", ev->write_after);
	set_u64(o, "read_after", ev->read_after);
	set_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_ring_read(json_t *o, const struct cw_ev_ring_read *ev)
{
	set_u64(o, "relid", ev->relid);
	set_u64(o, "ring_bytes", ev->ring_bytes);
	set_u64(o, "read_at", ev->read_at);
	set_u64(o, "write_before", ev->write_before);
	set_u64(o, "write_after", ev->write_after);
	json_object_set_new(o, "returned", json_boolean(ev->flags & CW_RING_RETURNED));
	set_u64(o, "pkt_bytes", ev->pkt_bytes);
	set_u64(o, "pkt_offset", ev->pkt_offset);
	set_u64(o, "pkt_type", ev->pkt_type);
	set_u64(o, "buf_bytes", ev->buf_bytes);
	set_u64(o, "gfn", ev->gfn);
	set_text(o, "state", cw_state_name(ev->state));
	set_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_device(json_t *o, const struct cw_ev_device *ev)
{
	char text[CW_GUID_TEXT_LEN];

	set_u64(o, "relid", ev->relid);
	set_text(o, "guid_type", cw_guid_text(text, sizeof(text), ev->type));
	set_text(o, "guid_instance", cw_guid_text(text, sizeof(text), ev->instance));
	set_u64(o, "chn_flags", ev->chn_flags);
	set_u64(o, "listed", ev->listed);
	set_u64(o, "allowed", ev->allowed);
	return ev->space;
}

static __u32 set_completion(json_t *o, const struct cw_ev_completion *ev)
{
	set_u64(o, "relid", ev->relid);
	set_u64(o, "id", ev->id);
	set_u64(o, "nr_ids", ev->nr_ids);
	return ev->space;
}

static __u32 set_config(json_t *o, const struct cw_ev_config *ev)
{
	set_u64(o, "slot", ev->slot);
	set_u64(o, "where", ev->where);
	set_u64(o, "size", ev->size);
	set_u64(o, "write", ev->write);
	if (ev->calls != CW_NO_INDEX)
		set_u64(o, "calls", ev->calls);
	set_u64(o, "by_calls", ev->by_calls);
	return ev->space;
}

static __u32 set_handover(json_t *o, const struct cw_ev_handover *ev)
{
	set_text(o, "kind", cw_handover_name(ev->kind));
	set_u64(o, "relid", ev->relid);
	set_u64(o, "gpadl", ev->gpadl);
	set_u64(o, "gfn", ev->gfn);
	set_u64(o, "nr_named", ev->nr_named);
	set_u64(o, "looked", ev->look.looked);
	set_u64(o, "shared", ev->look.shared);
	set_u64(o, "priv", ev->look.priv);
	set_u64(o, "unknown", ev->look.unknown);
	set_u64(o, "untold", ev->look.untold);
	set_u64(o, "repaired", ev->look.repaired);
	set_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_hypercall(json_t *o, const struct cw_ev_hypercall *ev)
{
	set_u64(o, "code", ev->code);
	set_text(o, "via", cw_via_name(ev->via));
	set_u64(o, "len_bytes", ev->len_bytes);
	set_u64(o, "payload_bytes", ev->payload_bytes);
	set_u64(o, "tail_set", ev->tail_set);
	if (ev->tail_set)
		set_u64(o, "tail_first", ev->tail_first);
	set_u64(o, "reserved_set", ev->reserved_set);
	if (ev->reserved_set)
		set_u64(o, "reserved_first", ev->reserved_first);
	return ev->space;
}

static __u32 set_mapping(json_t *o, const struct cw_start *start, const struct cw_ev_mapping *ev)
{
	if (start->include_addresses)
		set_hex(o, "vaddr", ev->vaddr);
	set_text(o, "kind", cw_mapping_name(ev->kind));
	set_hex(o, "phys", ev->phys);
	set_u64(o, "nr_pages", ev->nr_pages);
	set_u64(o, "nr_unwalked", ev->nr_unwalked);
	set_u64(o, "relid", ev->relid);
	set_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_bounce(json_t *o, const struct cw_ev_bounce *ev)
{
	set_text(o, "op", ev->op == CW_BOUNCE_MAP ? "map" : "unmap");
	set_hex(o, "phys", ev->phys);
	set_u64(o, "bytes", ev->bytes);
	set_u64(o, "owner_bytes", ev->owner_bytes);
	set_u64(o, "age_ns", ev->age_ns);
	return ev->space;
}

static __u32 set_owner(json_t *o, const struct cw_ev_owner *ev)
{
	set_u64(o, "gfn", ev->gfn);
	set_u64(o, "nr_pages", ev->nr_pages);
	set_text(o, "owner", cw_owner_name(ev->owner));
	if (ev->relid)
		set_u64(o, "relid", ev->relid);
	if (ev->owner_cpu != CW_NO_INDEX)
		set_u64(o, "owner_cpu", ev->owner_cpu);
	set_u64(o, "flags", ev->flags);
	return ev->space;
}

static __u32 set_event(json_t *o, const struct cw_start *start, const struct cw_rec_hdr *ev)
{
	const struct cw_ev_free *f = (const struct cw_ev_free *)ev;
	const struct cw_ev_zeropad *z = (const struct cw_ev_zeropad *)ev;

	switch (ev->type) {
	case CW_EV_PAGE_FREE:
		set_u64(o, "gfn", f->gfn);
		set_u64(o, "nr_pages", f->nr_pages);
		set_u64(o, "bad_gfn", f->bad_gfn);
		set_u64(o, "nr_bad", f->nr_bad);
		set_text(o, "state", cw_state_name(f->state));
		return f->space;
	case CW_EV_ZEROPAD:
		set_u64(o, "gfn", z->gfn);
		set_u64(o, "trapnr", z->trapnr);
		set_u64(o, "fixed", z->fixed);
		set_text(o, "state", cw_state_name(z->state));
		return z->space;
	case CW_EV_PLATFORM:
		set_platform(o, (const struct cw_ev_platform *)ev);
		return ((const struct cw_ev_platform *)ev)->space;
	case CW_EV_HANDOVER:
		return set_handover(o, (const struct cw_ev_handover *)ev);
	case CW_EV_HYPERCALL:
		return set_hypercall(o, (const struct cw_ev_hypercall *)ev);
	case CW_EV_MAPPING:
	case CW_EV_KEPT:
		return set_mapping(o, start, (const struct cw_ev_mapping *)ev);
	case CW_EV_BOUNCE:
		return set_bounce(o, (const struct cw_ev_bounce *)ev);
	case CW_EV_RING_WRITE:
		return set_ring_write(o, (const struct cw_ev_ring_write *)ev);
	case CW_EV_RING_READ:
		return set_ring_read(o, (const struct cw_ev_ring_read *)ev);
	case CW_EV_DEVICE:
		return set_device(o, (const struct cw_ev_device *)ev);
	case CW_EV_COMPLETION:
		return set_completion(o, (const struct cw_ev_completion *)ev);
	case CW_EV_CONFIG:
		return set_config(o, (const struct cw_ev_config *)ev);
	case CW_EV_OWNER:
		return set_owner(o, (const struct cw_ev_owner *)ev);
	default:
		set_step(o, start, (const struct cw_ev_step *)ev);
		return ((const struct cw_ev_step *)ev)->space;
	}
}

static void set_past(json_t *o, const struct cw_report *r)
{
	const struct cw_past *p = r->past;
	json_t *past;

	if (!p)
		return;
	past = json_object();
	set_u64(past, "ts_ns", p->ts_ns);
	set_u64(past, "seq", p->seq);
	set_u64(past, "cpu", p->cpu);
	set_u64(past, "tgid", p->task >> 32);
	set_u64(past, "tid", (__u32)p->task);
	set_text(past, "comm", p->comm);
	set_u64(past, "to_shared", p->to_shared);
	set_u64(past, "ret", (__u64)(__s64)p->ret);
	set_u64(past, "gfn_min", p->gfn_min);
	set_u64(past, "gfn_max", p->gfn_max);
	set_u64(past, "nr_pages", p->nr_pages);
	json_object_set_new(past, "certain", json_boolean(cw_past_is_certain(p, r->detail->gfn)));
	json_object_set_new(o, "previous", past);
}

static json_t *stack_array(const struct cw_start *start, const struct cw_report *r)
{
	json_t *stack = json_array();
	char text[CW_SYMBOL_LEN];
	__u32 i;

	for (i = 0; i < r->nr_stack; i++)
		json_array_append_new(stack, json_string(cw_symbol_text(start->symbols, r->stack[i],
									text, sizeof(text))));
	return stack;
}

static void ndjson_report(struct cw_writer *w, const struct cw_report *r)
{
	const struct cw_start *start = w->start;
	json_t *o = json_object();

	set_text(o, "type", cw_sev_name(r->finding->sev));
	set_text(o, "rule", r->rule->id);
	set_text(o, "name", r->rule->name);
	set_lower(o, "finding", r->finding->id);
	set_text(o, "event", cw_event_name(r->event->type));
	set_wall(o, start, r->event->ts_ns);
	set_u64(o, "seq", r->event->seq);
	set_u64(o, "cpu", r->event->cpu);
	set_u64(o, "tgid", r->event->task >> 32);
	set_u64(o, "tid", (__u32)r->event->task);
	set_text(o, "comm", r->comm);
	set_text(o, "space", cw_space_name(set_event(o, start, r->event)));
	set_text(o, "expected", r->finding->expected);
	set_text(o, "found", r->finding->seen);
	if (r->detail->index != CW_NO_INDEX)
		set_u64(o, "index", r->detail->index);
	if (r->detail->gfn != ~0ULL)
		set_u64(o, "detail_gfn", r->detail->gfn);
	set_values(o, start, r);
	set_past(o, r);
	json_object_set_new(o, "stack", stack_array(start, r));
	set_u64(o, "nr_untold", r->nr_untold);
	if (start->policy->waived & CW_RULE_BIT(r->detail->rule))
		set_text(o, "waived", start->policy->reason[r->detail->rule]);
	print(w, o);
}

static json_t *rule_object(const struct cw_start *start, const struct cw_finish *f, __u32 rule)
{
	const struct cw_count *c = &f->totals->rule[rule];
	json_t *o = json_object();

	set_text(o, "rule", cw_rule_info(rule)->id);
	set_text(o, "name", cw_rule_info(rule)->name);
	set_text(o, "outcome", cw_outcome_name(f->verdict->outcome[rule]));
	set_u64(o, "checked", c->checked);
	set_u64(o, "violated", c->violated);
	set_u64(o, "warned", c->warned);
	set_u64(o, "observed", c->observed);
	set_u64(o, "no_evidence", c->no_evidence);
	set_u64(o, "shown", f->told->shown[rule]);
	if (f->verdict->note[rule][0])
		set_text(o, "note", f->verdict->note[rule]);
	if (start->policy->waived & CW_RULE_BIT(rule))
		set_text(o, "waived", start->policy->reason[rule]);
	return o;
}

static json_t *loss_list(const struct cw_totals *t)
{
	json_t *list = json_array(), *o;
	__u32 event, loss;

	for (event = 0; event < CW_EV_NR; event++) {
		for (loss = 0; loss < CW_LOSS_NR; loss++) {
			if (!t->loss[event][loss])
				continue;
			o = json_object();
			set_text(o, "event", cw_event_name(event));
			set_lower(o, "loss", cw_loss_name(loss));
			set_u64(o, "count", t->loss[event][loss]);
			json_array_append_new(list, o);
		}
	}
	return list;
}

static json_t *stat_object(const struct cw_totals *t)
{
	json_t *o = json_object();
	char key[32];
	__u32 i;
	size_t k;

	for (i = 0; i < CW_STAT_NR; i++) {
		snprintf(key, sizeof(key), "%s", cw_stat_name(i));
		for (k = 0; key[k]; k++)
			key[k] = (char)tolower((unsigned char)key[k]);
		set_u64(o, key, t->stat[i]);
	}
	set_u64(o, "malformed", t->malformed);
	set_u64(o, "unknown_types", t->unknown);
	set_u64(o, "unreadable", t->unreadable);
	return o;
}

static void ndjson_finish(struct cw_writer *w, const struct cw_finish *f)
{
	const struct cw_start *start = w->start;
	json_t *o = json_object(), *rules = json_array();
	__u32 i;

	set_text(o, "type", "summary");
	set_text(o, "verdict", cw_exit_name(f->verdict->exit));
	set_text(o, "why", f->verdict->why);
	set_u64(o, "exit", (__u64)f->verdict->exit);
	set_u64(o, "duration_ns", f->duration_ns);
	for (i = 0; i < CW_RULE_NR; i++)
		json_array_append_new(rules, rule_object(start, f, i));
	json_object_set_new(o, "rules", rules);
	json_object_set_new(o, "losses", loss_list(f->totals));
	json_object_set_new(o, "stats", stat_object(f->totals));
	json_object_set_new(o, "waived", rules_waived(start->policy));
	if (f->ending->has_command)
		set_u64(o, "command_status", (__u64)f->ending->command_status);
	print(w, o);
}

const struct cw_writer_ops cw_out_ndjson = {
	.name = "ndjson",
	.help = "one JSON object a line",
	.start = ndjson_start,
	.armed = ndjson_armed,
	.report = ndjson_report,
	.finish = ndjson_finish,
};
