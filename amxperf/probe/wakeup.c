/* Waking another CPU: a token between two CPUs, and a barrier of several threads, each asleep (futex: an interrupt to an idle CPU) and
   spinning (the control: cache lines only). SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "token.h"

#include <limits.h>
#include <pthread.h>

enum { MOST = 20 };

struct arm {
	bool barrier, spin;
	int threads, id;
};
static struct arm arms[MOST];

static void *partner(void *argument)
{
	struct token *token = argument;
	pin(machine.other_cpu);
	while (token_wait(token, SECOND))
		token_give(token, FIRST);
	return NULL;
}

static void ping_pong(const struct arm *arm, struct result *result)
{
	struct token token = {FIRST, arm->spin};
	pthread_t thread;
	uint64_t start = 0;
	if (pthread_create(&thread, NULL, partner, &token))
		return;
	for (int i = -10; i < 0 || result->amount < (double)plan.slice_ns; i++) {
		if (i == 0)
			start = now_ns();
		token_give(&token, SECOND);
		if (!token_wait(&token, FIRST))
			break;
		if (i >= 0) {
			result->count += 2;
			result->amount = (double)(now_ns() - start);
		}
	}
	token_give(&token, STOP);
	pthread_join(thread, NULL);
}

/* The last thread to come starts the next round; `round` is what the others wait for, `last` the one after which they go. */
static struct {
	uint32_t come, round, last;
	const struct arm *arm;
} meeting;

/* Returns the number of the round that ended. */
static uint32_t meet(void)
{
	uint32_t round = __atomic_load_n(&meeting.round, __ATOMIC_ACQUIRE);
	if (__atomic_add_fetch(&meeting.come, 1, __ATOMIC_ACQ_REL) == (uint32_t)meeting.arm->threads) {
		__atomic_store_n(&meeting.come, 0, __ATOMIC_RELEASE);
		__atomic_store_n(&meeting.round, round + 1, __ATOMIC_RELEASE);
		if (!meeting.arm->spin)
			wake(&meeting.round, INT_MAX);
		return round;
	}
	while (__atomic_load_n(&meeting.round, __ATOMIC_ACQUIRE) == round)
		if (meeting.arm->spin)
			__builtin_ia32_pause();
		else
			sleep_while(&meeting.round, round);
	return round;
}

static void *member(void *argument)
{
	pin(*(const int *)argument);
	while (meet() != __atomic_load_n(&meeting.last, __ATOMIC_ACQUIRE))
		;
	return NULL;
}

static void barrier(const struct arm *arm, struct result *result)
{
	pthread_t threads[64];
	uint64_t start = 0;
	meeting.come = meeting.round = 0;
	meeting.last = UINT32_MAX;
	meeting.arm = arm;
	for (int i = 1; i < arm->threads; i++)
		if (pthread_create(&threads[i], NULL, member, &machine.cpus[machine.cpu_count - 1 - i]))
			return; /* the process ends, and the members with it */
	for (int i = -10; i < 0 || result->amount < (double)plan.slice_ns; i++) {
		if (i == 0)
			start = now_ns();
		meet();
		if (i >= 0) {
			result->count++;
			result->amount = (double)(now_ns() - start);
		}
	}
	__atomic_store_n(&meeting.last, meeting.round, __ATOMIC_RELEASE);
	meet();
	for (int i = 1; i < arm->threads; i++)
		pthread_join(threads[i], NULL);
}

static void work(void *argument, struct result *result)
{
	const struct arm *arm = argument;
	if (arm->barrier)
		barrier(arm, result);
	else
		ping_pong(arm, result);
}

static void once(int index, int iteration)
{
	struct result result;
	if (in_child(work, &arms[index], &result) && result.count > 0)
		sample(arms[index].id, iteration, result.count, result.amount);
}

static int add(int count, bool is_barrier, int threads)
{
	for (int spin = 0; spin < 2 && count < MOST; spin++) {
		const char *wait = spin ? "spin" : "futex";
		int id = series("wakeup", is_barrier ? "barrier" : "pass", "time", "s", "lower", "wait=%s threads=%d", wait, threads);
		arms[count++] = (struct arm){is_barrier, spin, threads, id};
	}
	return count;
}

void run_wakeup(void)
{
	int count = 0, all = machine.cpu_count;
	if (machine.other_cpu < 0) {
		skip("wakeup", "it needs two CPUs, and the process may use one");
		return;
	}
	count = add(count, false, 2);
	for (int threads = 2; threads < all; threads *= 2)
		count = add(count, true, threads);
	count = add(count, true, all);
	rounds(count, plan.iterations, once);
}
