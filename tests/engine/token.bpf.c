// SPDX-License-Identifier: GPL-2.0-only
/* The questions that two programs on one hook ask, in a program type that needs no tracing rights;
 * the test says which of them runs, for which call and in which task.
 */
#include "token.bpf.h"
#include "token.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct token_io);
} token_ios SEC(".maps");

SEC("socket")
int run_token(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct token_io *io = bpf_map_lookup_elem(&token_ios, &key);
	enum token_second said;
	__u64 token;

	(void)skb;
	if (!io)
		return 0;
	token = token_of(io->call, io->jiffies);
	switch (io->op) {
	case TOKEN_FIRST:
		io->acts = token_first(io->pair, token, io->task) == TOKEN_ACT;
		break;
	case TOKEN_FIRST_DONE:
		token_first_done(io->pair);
		break;
	case TOKEN_SECOND:
		said = token_second(io->pair, token, io->task);
		if (said == TOKEN_DOUBT)
			token_second_doubts(io->pair, io->ns);
		io->acts = said == TOKEN_TAKE;
		break;
	case TOKEN_BEGINS:
		token_second_begins(io->pair);
		break;
	case TOKEN_DONE:
		token_second_done(io->pair, io->ns);
		break;
	case TOKEN_CROWDED:
		io->acts = token_crowded(io->pair, io->ns);
		break;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
