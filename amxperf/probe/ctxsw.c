/* Context switches: two processes on one CPU pass a token; each pass is one switch and two futex calls. With live tiles 8 KiB more are
   saved and restored. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "token.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct arm {
	enum state state;
	int id;
};
static struct arm arms[STATES];

static void partner(struct token *token, enum state state)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	state_enter(state);
	while (token_wait(token, SECOND)) {
		state_touch(state);
		token_give(token, FIRST);
	}
	_exit(0);
}

static void pass(struct token *token, enum state state, int n)
{
	for (int i = 0; i < n; i++) {
		state_touch(state);
		token_give(token, SECOND);
		if (!token_wait(token, FIRST))
			_exit(1);
	}
}

static void work(void *argument, struct result *result)
{
	const struct arm *arm = argument;
	struct token *token = mmap(NULL, sizeof *token, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (token == MAP_FAILED || !pin(machine.cpu))
		_exit(1);
	token->holder = FIRST;
	pid_t pid = fork();
	if (pid < 0)
		_exit(1);
	if (pid == 0)
		partner(token, arm->state);
	state_enter(arm->state);
	pass(token, arm->state, 10);
	uint64_t start = now_ns();
	do {
		pass(token, arm->state, 10);
		result->count += 20;
		result->amount = (double)(now_ns() - start);
	} while (result->amount < (double)plan.slice_ns);
	token_give(token, STOP);
	waitpid(pid, NULL, 0);
}

static void once(int index, int iteration)
{
	struct result result;
	if (in_child(work, &arms[index], &result))
		sample(arms[index].id, iteration, result.count, result.amount);
}

void run_ctxsw(void)
{
	int count = 0;
	if (!machine.amx)
		skip("ctxsw", "state=live: %s", machine.no_amx);
	for (int state = 0; state < STATES; state++)
		if (state_possible((enum state)state)) {
			int id = series("ctxsw", "time", "time", "s", "lower", "state=%s", state_names[state]);
			arms[count++] = (struct arm){(enum state)state, id};
		}
	rounds(count, plan.iterations * 2, once);
}
