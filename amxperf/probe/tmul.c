/* Compute-bound peak: products of registers only. The frequency comes from a chain of dependent multiplications, three cycles each on
   every x86-64 processor with AMX or AVX2, in slices of 200 us that alternate with slices of the work. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

#include <immintrin.h>

enum { CHAIN = 64, CHAIN_CYCLES = 3, SLICE_NS = 200000, KERNELS = 16 };

static void chain(void *unused, long rounds)
{
	uint64_t x = 3, y = 5;
	(void)unused;
	HIDE_INT(x);
	HIDE_INT(y);
	while (rounds--)
		for (int i = 0; i < CHAIN; i++) {
			x *= y;
			HIDE_INT(x);
		}
}

/* Six accumulators: a product takes 52 cycles and one starts every 16, so four are enough. */
#define SIX(dp) do { dp(0, 6, 7); dp(1, 6, 7); dp(2, 6, 7); dp(3, 6, 7); dp(4, 6, 7); dp(5, 6, 7); } while (0)
#define TILE_KERNEL(name, dp) \
	TILE_CODE static void name(void *unused, long rounds) \
	{ \
		static const unsigned char zeros[TILE_BYTES]; \
		(void)unused; \
		tile_configure(&tile_full); \
		tile_load(6, zeros, ROW); \
		tile_load(7, zeros, ROW); \
		tile_zero(0); tile_zero(1); tile_zero(2); tile_zero(3); tile_zero(4); tile_zero(5); \
		while (rounds--) \
			SIX(dp); \
		tile_release(); \
	}
TILE_KERNEL(tile_int8, tile_dp_int8)
TILE_KERNEL(tile_bf16, tile_dp_bf16)
TILE_KERNEL(tile_fp16, tile_dp_fp16)

enum { LANES = 10 }; /* independent accumulators: two units with a latency of 4 or 5 cycles */

/* Ten accumulators with names, not an array: compilers leave that in memory. The factors are hidden anew for each product, so that none
   is known, shared or moved out of the loop. */
#define ONE(c, hide, step) do { hide(a); hide(b); c = step(c, a, b); hide(c); } while (0)
#define VECTOR_KERNEL(name, isa, factor, nothing, sum, zero, hide, step) \
	isa static void name(void *unused, long rounds) \
	{ \
		factor a = nothing, b = nothing; \
		sum c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero, c8 = zero, c9 = zero; \
		(void)unused; \
		while (rounds--) { \
			ONE(c0, hide, step); ONE(c1, hide, step); ONE(c2, hide, step); ONE(c3, hide, step); ONE(c4, hide, step); \
			ONE(c5, hide, step); ONE(c6, hide, step); ONE(c7, hide, step); ONE(c8, hide, step); ONE(c9, hide, step); \
		} \
	}
#define TARGET(isa) __attribute__((target(isa)))
#define F256 __m256, _mm256_setzero_ps()
#define I256 __m256i, _mm256_setzero_si256()
#define F512 __m512, _mm512_setzero_ps()
#define I512 __m512i, _mm512_setzero_si512()
/* Through one more macro, so that the pairs above become two arguments each. */
#define KERNEL(...) VECTOR_KERNEL(__VA_ARGS__)
#define FMA256(c, a, b) _mm256_fmadd_ps(a, b, c)
#define FMA512(c, a, b) _mm512_fmadd_ps(a, b, c)
#define MADD256(c, a, b) _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)))
#define MADD512(c, a, b) _mm512_add_epi32(c, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)))
#define DPBF16(c, a, b) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))
#define MULADD(c, a, b) ((c) + (a) * (b))
KERNEL(avx2_f32, TARGET("avx2,fma"), F256, F256, HIDE_VEC, FMA256)
KERNEL(avx2_int8, TARGET("avx2"), I256, I256, HIDE_VEC, MADD256)
KERNEL(avx512_f32, TARGET("avx512f"), F512, F512, HIDE_ZMM, FMA512)
KERNEL(avx512_int8, TARGET("avx512f,avx512bw"), I512, I512, HIDE_ZMM, MADD512)
KERNEL(avx512_vnni, TARGET("avx512f,avx512vnni"), I512, I512, HIDE_ZMM, _mm512_dpbusd_epi32)
KERNEL(avx512_bf16, TARGET("avx512f,avx512bf16"), I512, F512, HIDE_ZMM, DPBF16)
KERNEL(scalar_f32, , float, 0, float, 0, HIDE_VEC, MULADD)

struct kernel {
	const char *isa, *dtype;
	void (*work)(void *, long);
	double ops;               /* per round; a product and an addition are two */
	long chain_rounds, rounds;
	int rate, per_cycle, clock;
};
static struct kernel kernels[KERNELS];
static int kernel_count;

static void add(bool possible, const char *isa, const char *dtype, void (*work)(void *, long), double ops)
{
	if (possible)
		kernels[kernel_count++] = (struct kernel){.isa = isa, .dtype = dtype, .work = work, .ops = ops};
}

static void once(int index, int iteration)
{
	struct kernel *k = &kernels[index];
	uint64_t chain_least = UINT64_MAX, work_least = UINT64_MAX, work_ns = 0, pairs = plan.slice_ns / (2 * SLICE_NS);
	pairs = pairs ? pairs : 1;
	for (uint64_t i = 0; i < pairs; i++) {
		uint64_t start = now_ns();
		chain(NULL, k->chain_rounds);
		uint64_t middle = now_ns();
		k->work(NULL, k->rounds);
		uint64_t end = now_ns();
		work_ns += end - middle;
		chain_least = middle - start < chain_least ? middle - start : chain_least;
		work_least = end - middle < work_least ? end - middle : work_least;
	}
	/* Throughput is over all slices. The clock is that of the least disturbed slice, and so are the operations per cycle. */
	double ops = k->ops * (double)k->rounds, cycles = (double)CHAIN * CHAIN_CYCLES * (double)k->chain_rounds;
	sample(k->rate, iteration, ops * (double)pairs, (double)work_ns);
	sample(k->clock, iteration, cycles, (double)chain_least);
	sample(k->per_cycle, iteration, ops, cycles * (double)work_least / (double)chain_least);
}

void run_tmul(void)
{
	const double tile = 6 * 2 * 16 * 16; /* six products of 16 x 16 results */
	bool old = !machine.avx2 && !machine.avx512;
	if (machine.amx)
		amx_permit();
	add(machine.amx_int8, "amx", "int8", tile_int8, tile * 64);
	add(machine.amx_bf16, "amx", "bf16", tile_bf16, tile * 32);
	add(machine.amx_fp16, "amx", "fp16", tile_fp16, tile * 32);
	add(machine.vnni, "avx512", "int8", avx512_vnni, LANES * 128);
	add(machine.avx512 && !machine.vnni, "avx512", "int8", avx512_int8, LANES * 128);
	add(machine.bf16, "avx512", "bf16", avx512_bf16, LANES * 64);
	add(machine.avx512, "avx512", "f32", avx512_f32, LANES * 32);
	add(machine.avx2 && !machine.avx512, "avx2", "int8", avx2_int8, LANES * 64);
	add(machine.avx2 && !machine.avx512, "avx2", "f32", avx2_f32, LANES * 16);
	add(old, "scalar", "f32", scalar_f32, LANES * 2);
	if (!machine.amx)
		skip("tmul", "isa=amx: %s", machine.no_amx);
	else if (!machine.amx_fp16)
		skip("tmul", "isa=amx dtype=fp16: the processor has no AMX-FP16");
	for (int i = 0; i < kernel_count; i++) {
		struct kernel *k = &kernels[i];
		k->chain_rounds = calibrate(chain, NULL, SLICE_NS);
		k->rounds = calibrate(k->work, NULL, SLICE_NS);
		k->rate = series("tmul", "throughput", "rate", "op", "higher", "isa=%s dtype=%s", k->isa, k->dtype);
		k->per_cycle = series("tmul", "per_cycle", "ratio", "op/cycle", "higher", "isa=%s dtype=%s", k->isa, k->dtype);
		k->clock = series("tmul", "clock", "rate", "cycle", "none", "isa=%s dtype=%s", k->isa, k->dtype);
	}
	rounds(kernel_count, plan.iterations, once);
}
