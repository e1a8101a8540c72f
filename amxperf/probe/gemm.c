/* A blocked matrix product C = A B of n x n integers or bfloat16 numbers: tiles against the best vector instructions, on the same packed
   matrices, checked against a scalar result. The packing is not timed. SPDX-License-Identifier: Apache-2.0 */
#include "gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 16, CHECKED = 64, WHOLE = 256, SLOWEST = 40 };

struct arm {
	const char *isa, *dtype;
	gemm_block block;
	size_t across;        /* columns and rows of C that one call of block makes */
	struct gemm *matrices;
	double last_ns;       /* of one product of the size before */
	long rounds;
	int id;
	bool wrong;
};
static struct arm arms[MOST];
static int arm_count;
static int active[MOST], active_count;

/* Small numbers, so that sums are exact in 32-bit integers and in single precision. A has none below 0: the vector instructions take it
   for unsigned. */
static int a_at(size_t i, size_t k)
{
	return (int)((i * 7 + k * 3 + i * k % 11) % 5);
}

static int b_at(size_t k, size_t j)
{
	return (int)((k * 5 + j * 13 + k * j % 7) % 16) - 8;
}

static void put(unsigned char *place, size_t bytes, int value)
{
	if (bytes == 1) {
		*place = (unsigned char)value;
		return;
	}
	float number = (float)value;
	uint32_t bits;
	memcpy(&bits, &number, 4);
	place[0] = (unsigned char)(bits >> 16);
	place[1] = (unsigned char)(bits >> 24);
}

/* A as tiles of 16 rows, row by row; B as tiles of 16 columns in which one row holds the 4 bytes of each column that are multiplied at
   a time. C has rows of n numbers and 64 bytes more, no power of two. */
static bool make(struct gemm *g, size_t n, size_t bytes)
{
	size_t deep = ROW / bytes, group = 4 / bytes;
	g->n = n;
	g->depth = n / deep;
	g->row = n * 4 + ROW;
	if (!memory_get(&g->memory, 2 * n * n * bytes + n * g->row, true))
		return false;
	g->a = g->memory.base;
	g->b = g->a + n * n * bytes;
	g->c = g->b + n * n * bytes;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			put(g->a + (i / 16 * g->depth + k / deep) * TILE_BYTES + i % 16 * ROW + k % deep * bytes, bytes, a_at(i, k));
	for (size_t k = 0; k < n; k++)
		for (size_t j = 0; j < n; j++)
			put(g->b + (j / 16 * g->depth + k / deep) * TILE_BYTES + k % deep / group * ROW + j % 16 * 4 + k % group * bytes,
			    bytes, b_at(k, j));
	return true;
}

static bool right_at(const struct gemm *g, bool integer, size_t i, size_t j)
{
	long sum = 0;
	int32_t whole;
	float real;
	for (size_t k = 0; k < g->n; k++)
		sum += a_at(i, k) * b_at(k, j);
	memcpy(&whole, g->c + i * g->row + j * 4, 4);
	memcpy(&real, &whole, 4);
	return integer ? whole == sum : real == (float)sum;
}

/* Every entry of a small product; random ones of a large product. */
static bool right(const struct gemm *g, bool integer)
{
	if (g->n > WHOLE) {
		for (int i = 0; i < CHECKED; i++)
			if (!right_at(g, integer, random_below((uint32_t)g->n), random_below((uint32_t)g->n)))
				return false;
		return true;
	}
	for (size_t i = 0; i < g->n; i++)
		for (size_t j = 0; j < g->n; j++)
			if (!right_at(g, integer, i, j))
				return false;
	return true;
}

static void product(void *argument, long rounds)
{
	struct arm *arm = argument;
	const struct gemm *g = arm->matrices;
	gemm_start(arm->isa);
	while (rounds--)
		for (size_t j = 0; j < g->n; j += arm->across)
			for (size_t i = 0; i < g->n; i += arm->across)
				arm->block(g, i, j);
	gemm_stop(arm->isa);
}

static void once(int index, int iteration)
{
	struct arm *arm = &arms[active[index]];
	uint64_t start = now_ns();
	product(arm, arm->rounds);
	double n = (double)arm->matrices->n, took = (double)(now_ns() - start);
	sample(arm->id, iteration, 2 * n * n * n * (double)arm->rounds, took);
}

static void add(bool possible, const char *isa, const char *dtype, gemm_block block, size_t across)
{
	if (possible && arm_count < MOST)
		arms[arm_count++] = (struct arm){.isa = isa, .dtype = dtype, .block = block, .across = across};
}

/* The arms that can do a product of this size in reasonable time, and whose result is right. */
static void choose(size_t n, size_t before, struct gemm *whole, struct gemm *half)
{
	double growth = before ? (double)n / (double)before : 0;
	active_count = 0;
	for (int i = 0; i < arm_count; i++) {
		struct arm *arm = &arms[i];
		bool integer = !strcmp(arm->dtype, "int8");
		arm->matrices = integer ? whole : half;
		if (arm->last_ns * growth * growth * growth > (double)(SLOWEST * plan.slice_ns)) {
			skip("gemm", "isa=%s dtype=%s size=%zu: one product would last longer than %d slices", arm->isa, arm->dtype, n, SLOWEST);
			continue;
		}
		memset(arm->matrices->c, 0xff, n * arm->matrices->row);
		product(arm, 1);
		if (!right(arm->matrices, integer)) {
			skip("gemm", "isa=%s dtype=%s size=%zu: the result is not that of the scalar product", arm->isa, arm->dtype, n);
			arm->wrong = true;
			continue;
		}
		arm->rounds = calibrate(product, arm, plan.slice_ns);
		arm->last_ns = (double)plan.slice_ns / (double)arm->rounds;
		if (arm->rounds == 1) {
			uint64_t start = now_ns();
			product(arm, 1);
			arm->last_ns = (double)(now_ns() - start);
		}
		arm->id = series("gemm", "throughput", "rate", "op", "higher", "isa=%s dtype=%s size=%zu", arm->isa, arm->dtype, n);
		active[active_count++] = i;
	}
}

void run_gemm(void)
{
	static const size_t sizes[] = {64, 256, 1024, 2048, 4096};
	size_t before = 0;
	bool wrong = false;
	if (machine.amx)
		amx_permit();
	else
		skip("gemm", "isa=amx: %s", machine.no_amx);
	add(machine.amx_int8, "amx", "int8", amx_int8_block, 32);
	add(machine.amx_bf16, "amx", "bf16", amx_bf16_block, 32);
	add(machine.vnni, "avx512", "int8", avx512_int8_block, 16);
	add(machine.bf16, "avx512", "bf16", avx512_bf16_block, 16);
	add(!machine.vnni && machine.avx2, "avx2", "int8", avx2_int8_block, 16);
	add(!machine.bf16 && machine.avx2, "avx2", "bf16", avx2_bf16_block, 16);
	add(!machine.vnni && !machine.avx2, "scalar", "int8", scalar_int8_block, 16);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct gemm whole, half;
		size_t n = sizes[s];
		if (10 * n * n > plan.largest || (plan.quick && n > 2048))
			break;
		if (!make(&whole, n, 1))
			break;
		if (!make(&half, n, 2)) {
			memory_put(&whole.memory);
			break;
		}
		choose(n, before, &whole, &half);
		rounds(active_count, plan.iterations, once);
		memory_put(&whole.memory);
		memory_put(&half.memory);
		before = n;
	}
	for (int i = 0; i < arm_count; i++)
		wrong = wrong || arms[i].wrong;
	if (wrong) {
		fflush(stdout);
		_exit(1);
	}
}
