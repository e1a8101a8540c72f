/* Handing over: by futex, through the kernel, or by spinning on a cache line. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "token.h"

#include <linux/futex.h>
#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 20000000000u /* ns after which the other task is taken for dead */

void sleep_while(uint32_t *word, uint32_t value)
{
	const struct timespec second = {1, 0};
	syscall(SYS_futex, word, FUTEX_WAIT, value, &second, NULL, 0);
}

void wake(uint32_t *word, int tasks)
{
	syscall(SYS_futex, word, FUTEX_WAKE, tasks, NULL, NULL, 0);
}

bool token_wait(struct token *token, uint32_t mine)
{
	uint64_t since = 0;
	uint32_t holder;
	for (unsigned turns = 1; (holder = __atomic_load_n(&token->holder, __ATOMIC_ACQUIRE)) != mine; turns++) {
		if (holder == STOP)
			return false;
		if (!token->spin)
			sleep_while(&token->holder, holder);
		else
			__builtin_ia32_pause();
		if (turns % (token->spin ? 1u << 20 : 4) == 0) {
			if (!since)
				since = now_ns();
			else if (now_ns() - since > PATIENCE)
				return false;
		}
	}
	return true;
}

void token_give(struct token *token, uint32_t to)
{
	__atomic_store_n(&token->holder, to, __ATOMIC_RELEASE);
	if (!token->spin)
		wake(&token->holder, INT_MAX);
}
