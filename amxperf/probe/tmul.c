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

/* A loop over LANES accumulators; `a` and `b` are hidden anew for each product, so that none is shared or moved out of the loop. */
#define VECTOR_KERNEL(name, isa, vector, hide, zero, step) \
	__attribute__((target(isa))) static void name(void *unused, long rounds) \
	{ \
		vector a = zero, b = zero, c[LANES]; \
		(void)unused; \
		for (int i = 0; i < LANES; i++) \
			c[i] = zero; \
		while (rounds--) \
			_Pragma("GCC unroll 10") for (int i = 0; i < LANES; i++) { \
				hide(a); \
				c[i] = step(c[i], a, b); \
				hide(c[i]); \
			} \
	}
#define FMA256(c, a, b) _mm256_fmadd_ps(a, b, c)
#define FMA512(c, a, b) _mm512_fmadd_ps(a, b, c)
#define MADD256(c, a, b) _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)))
#define MADD512(c, a, b) _mm512_add_epi32(c, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)))
#define DPBF16(c, a, b) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))
VECTOR_KERNEL(avx2_f32, "avx2,fma", __m256, HIDE_VEC, _mm256_setzero_ps(), FMA256)
VECTOR_KERNEL(avx2_int8, "avx2", __m256i, HIDE_VEC, _mm256_setzero_si256(), MADD256)
VECTOR_KERNEL(avx512_f32, "avx512f", __m512, HIDE_ZMM, _mm512_setzero_ps(), FMA512)
VECTOR_KERNEL(avx512_int8, "avx512f,avx512bw", __m512i, HIDE_ZMM, _mm512_setzero_si512(), MADD512)
VECTOR_KERNEL(avx512_vnni, "avx512f,avx512vnni", __m512i, HIDE_ZMM, _mm512_setzero_si512(), _mm512_dpbusd_epi32)

__attribute__((target("avx512f,avx512bf16"))) static void avx512_bf16(void *unused, long rounds)
{
	__m512 c[LANES];
	__m512i a = _mm512_setzero_si512(), b = a;
	(void)unused;
	for (int i = 0; i < LANES; i++)
		c[i] = _mm512_setzero_ps();
	while (rounds--)
		_Pragma("GCC unroll 10") for (int i = 0; i < LANES; i++) {
			HIDE_ZMM(a);
			c[i] = DPBF16(c[i], a, b);
			HIDE_ZMM(c[i]);
		}
}

static void scalar_f32(void *unused, long rounds)
{
	float a = 0, b = 0, c[LANES] = {0};
	(void)unused;
	while (rounds--)
		_Pragma("GCC unroll 10") for (int i = 0; i < LANES; i++) {
			HIDE_VEC(a);
			c[i] += a * b;
			HIDE_VEC(c[i]);
		}
}

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
