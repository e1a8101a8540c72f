/* CPUID round trips: on a guest each is a VM exit. Leaf 0 is answered by the TDX module in a TDX guest; leaf 0x40000000 goes to the
   VMM there (#VE, TDVMCALL), an exit that saves and restores extended state. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

enum { LEAVES = 2, CASES = LEAVES * STATES };
static const unsigned leaves[LEAVES] = {0, 0x40000000};

struct arm {
	unsigned leaf;
	enum state state;
	int id;
};
static struct arm arms[CASES];

static void trips(unsigned leaf, enum state state, int n)
{
	for (int i = 0; i < n; i++) {
		unsigned a = leaf, c = 0;
		state_touch(state);
		__asm__ volatile("cpuid" : "+a"(a), "+c"(c) :: "ebx", "edx"); /* <cpuid.h> lets clang move it out of the loop */
	}
}

static void work(void *argument, struct result *result)
{
	const struct arm *arm = argument;
	int n = plan.quick ? 100 : 400;
	state_enter(arm->state);
	trips(arm->leaf, arm->state, n / 10);
	uint64_t start = now_ns();
	trips(arm->leaf, arm->state, n);
	result->amount = (double)(now_ns() - start);
	result->count = n;
}

static void once(int index, int iteration)
{
	struct result result;
	if (in_child(work, &arms[index], &result))
		sample(arms[index].id, iteration, result.count, result.amount);
}

void run_exit(void)
{
	int count = 0;
	for (int leaf = 0; leaf < LEAVES; leaf++)
		for (int state = 0; state < STATES; state++) {
			if (!state_possible((enum state)state))
				continue;
			int id = series("exit", "time", "time", "s", "lower", "leaf=0x%x state=%s", leaves[leaf], state_names[state]);
			arms[count++] = (struct arm){leaves[leaf], (enum state)state, id};
		}
	rounds(count, plan.iterations * 2, once);
}
