/* A token that two tasks pass to and fro. SPDX-License-Identifier: Apache-2.0 */
#ifndef AMXPROBE_TOKEN_H
#define AMXPROBE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

enum holder { FIRST, SECOND, STOP };

struct token {
	uint32_t holder;
	bool spin;                    /* wait in a loop, or asleep in the kernel */
};

bool token_wait(struct token *token, uint32_t mine);   /* false where it was stopped, or lost */
void token_give(struct token *token, uint32_t to);
void sleep_while(uint32_t *word, uint32_t value);      /* until another task wakes it, a second at most */
void wake(uint32_t *word, int tasks);

#endif
