/* Time: CLOCK_MONOTONIC_RAW for what lasts, the time-stamp counter for what does not. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <immintrin.h>
#include <stdlib.h>
#include <time.h>

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t tsc(void)
{
	__builtin_ia32_lfence();
	uint64_t value = __builtin_ia32_rdtsc();
	__builtin_ia32_lfence();
	return value;
}

/* Ticks of the TSC per second, over 50 ms; the reading of both clocks that took least time counts at either end. */
static void both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;
	for (int i = 0; i < 20; i++) {
		uint64_t before = tsc(), time = now_ns(), after = tsc();
		if (after - before < best) {
			best = after - before;
			*ticks = before + best / 2;
			*ns = time;
		}
	}
}

double measure_tsc_hz(void)
{
	uint64_t ticks[2] = {0, 0}, ns[2] = {0, 0};
	both(&ticks[0], &ns[0]);
	while (now_ns() - ns[0] < 50000000u)
		;
	both(&ticks[1], &ns[1]);
	return (double)(ticks[1] - ticks[0]) * 1e9 / (double)(ns[1] - ns[0]);
}

/* Ticks of 1024 operations, each of which needs the result of the one before. */
#define CHAIN(operation) \
	uint64_t x = 3, y = 5, start = tsc(); \
	for (int i = 0; i < 16; i++) \
		__asm__ volatile(".rept 64\n\t" operation " %1, %0\n\t.endr" : "+r"(x) : "r"(y)); \
	return (double)(tsc() - start)

static double multiplications(void)
{
	CHAIN("imulq");
}

static double additions(void)
{
	CHAIN("addq");
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

__attribute__((target("avx2,fma"))) static double fused(void)
{
	__m256 x = _mm256_set1_ps(0), y = _mm256_set1_ps(0.5f);
	uint64_t start = tsc();
	for (int i = 0; i < 16; i++)
		__asm__ volatile(".rept 64\n\tvfmadd231ps %1, %1, %0\n\t.endr" : "+x"(x) : "x"(y));
	return (double)(tsc() - start);
}

/* How much longer a chain of these operations takes than one of additions, at any frequency: the median of pairs, each measured at once,
   which neither an interruption nor a frequency that is still rising moves. */
static double over_add(double (*operations)(void))
{
	enum { PAIRS = 31 };
	double ratios[PAIRS];
	for (int i = 0; i < PAIRS; i++) {
		double add = additions(), other = operations();
		ratios[i] = add > 0 ? other / add : 0;
	}
	qsort(ratios, PAIRS, sizeof *ratios, by_size);
	return ratios[PAIRS / 2];
}

double multiply_over_add(void)
{
	return over_add(multiplications);
}

double fma_over_add(void)
{
	return over_add(fused);
}

/* How many rounds of work last about ns; at least 1. Runs the work for about twice that time. */
long calibrate(void (*work)(void *, long), void *argument, uint64_t ns)
{
	long rounds = 1;
	for (;;) {
		uint64_t start = now_ns();
		work(argument, rounds);
		uint64_t took = now_ns() - start;
		if (took * 2 >= ns || rounds > (1L << 40)) {
			double wanted = (double)rounds * (double)ns / (double)(took ? took : 1);
			return wanted < 1 ? 1 : (long)wanted;
		}
		rounds *= took * 8 < ns ? 4 : 2;
	}
}
