/* A signal to oneself: delivery, an empty handler, return. The registers go to the stack and back; with live tiles that is 8 KiB more.
   SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

struct arm {
	enum state state;
	int id;
};
static struct arm arms[STATES];
static volatile sig_atomic_t delivered;

static void handler(int number)
{
	(void)number;
	delivered++;
}

static void work(void *argument, struct result *result)
{
	const struct arm *arm = argument;
	struct sigaction action = {.sa_handler = handler};
	long pid = getpid(), task = syscall(SYS_gettid);
	int warm = 20, n = plan.quick ? 200 : 1000;
	sigaction(SIGUSR1, &action, NULL);
	state_enter(arm->state);
	uint64_t start = 0;
	for (int i = -warm; i < n; i++) {
		if (i == 0)
			start = now_ns();
		state_touch(arm->state);
		syscall(SYS_tgkill, pid, task, SIGUSR1);
	}
	result->amount = (double)(now_ns() - start);
	result->count = delivered - warm;
}

static void once(int index, int iteration)
{
	struct result result;
	if (in_child(work, &arms[index], &result))
		sample(arms[index].id, iteration, result.count, result.amount);
}

void run_signal(void)
{
	int count = 0;
	if (!machine.amx)
		skip("signal", "state=live: %s", machine.no_amx);
	for (int state = 0; state < STATES; state++)
		if (state_possible((enum state)state)) {
			int id = series("signal", "time", "time", "s", "lower", "state=%s", state_names[state]);
			arms[count++] = (struct arm){(enum state)state, id};
		}
	rounds(count, plan.iterations * 2, once);
}
