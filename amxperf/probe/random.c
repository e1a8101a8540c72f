/* Random numbers from a recorded seed (splitmix64). SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

static uint64_t state;

void random_start(uint64_t seed)
{
	state = seed;
}

uint64_t random_bits(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t random_below(uint32_t n)
{
	return (uint32_t)((random_bits() >> 32) * n >> 32);
}

void shuffle(int *items, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = (int)random_below((uint32_t)i + 1), item = items[i];
		items[i] = items[j];
		items[j] = item;
	}
}
