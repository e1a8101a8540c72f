/* The inner loops of the matrix products. SPDX-License-Identifier: Apache-2.0 */
#include "gemm.h"
#include "tile.h"

#include <immintrin.h>
#include <string.h>

#define A_TILES(g, i) ((g)->a + (i) / 16 * (g)->depth * TILE_BYTES)
#define B_TILES(g, j) ((g)->b + (j) / 16 * (g)->depth * TILE_BYTES)
#define C_AT(g, i, j) ((g)->c + (i) * (g)->row + (j) * 4)

TILE_CODE static void configure(void)
{
	tile_configure(&tile_full);
}

TILE_CODE static void release(void)
{
	tile_release();
}

void gemm_start(const char *isa)
{
	if (!strcmp(isa, "amx"))
		configure();
}

void gemm_stop(const char *isa)
{
	if (!strcmp(isa, "amx"))
		release();
}

/* 32 x 32: four accumulators, and each load serves two products. */
#define TILE_BLOCK(name, dp) \
	TILE_CODE void name(const struct gemm *g, size_t i, size_t j) \
	{ \
		const unsigned char *a0 = A_TILES(g, i), *a1 = A_TILES(g, i + 16), *b0 = B_TILES(g, j), *b1 = B_TILES(g, j + 16); \
		long row = (long)g->row; \
		tile_zero(0); tile_zero(1); tile_zero(2); tile_zero(3); \
		for (size_t k = 0; k < g->depth * TILE_BYTES; k += TILE_BYTES) { \
			tile_load(4, a0 + k, ROW); \
			tile_load(6, b0 + k, ROW); \
			tile_load(5, a1 + k, ROW); \
			tile_load(7, b1 + k, ROW); \
			dp(0, 4, 6); \
			dp(1, 4, 7); \
			dp(2, 5, 6); \
			dp(3, 5, 7); \
		} \
		tile_store(0, C_AT(g, i, j), row); \
		tile_store(1, C_AT(g, i, j + 16), row); \
		tile_store(2, C_AT(g, i + 16, j), row); \
		tile_store(3, C_AT(g, i + 16, j + 16), row); \
	}
TILE_BLOCK(amx_int8_block, tile_dp_int8)
TILE_BLOCK(amx_bf16_block, tile_dp_bf16)

static inline int32_t four_bytes(const unsigned char *place)
{
	int32_t value;
	memcpy(&value, place, 4);
	return value;
}

/* 16 x 16, eight rows at a time: four bytes of a row of A, spread over a vector, with a vector of columns of B. */
#define WIDE_BLOCK(name, isa, vector, zero, step, store) \
	__attribute__((target(isa))) void name(const struct gemm *g, size_t i, size_t j) \
	{ \
		for (size_t top = 0; top < 16; top += 8) { \
			const unsigned char *a = A_TILES(g, i) + top * ROW, *b = B_TILES(g, j); \
			vector c[8] = {zero, zero, zero, zero, zero, zero, zero, zero}; \
			for (size_t k = 0; k < g->depth; k++, a += TILE_BYTES, b += TILE_BYTES) \
				for (size_t r = 0; r < 16; r++) { \
					__m512i right = _mm512_loadu_si512(b + r * ROW); \
					_Pragma("GCC unroll 8") for (size_t line = 0; line < 8; line++) { \
						__m512i left = _mm512_set1_epi32(four_bytes(a + line * ROW + r * 4)); \
						c[line] = step(c[line], left, right); \
					} \
				} \
			for (size_t line = 0; line < 8; line++) \
				store(C_AT(g, i + top + line, j), c[line]); \
		} \
	}
#define STEP_BF16(c, a, b) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))
WIDE_BLOCK(avx512_int8_block, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32, _mm512_storeu_si512)
WIDE_BLOCK(avx512_bf16_block, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), STEP_BF16, _mm512_storeu_ps)

/* The same with half as wide vectors, four rows at a time. */
#define NARROW_BLOCK(name, isa, vector, zero, step, store) \
	__attribute__((target(isa))) void name(const struct gemm *g, size_t i, size_t j) \
	{ \
		for (size_t top = 0; top < 16; top += 4) { \
			const unsigned char *a = A_TILES(g, i) + top * ROW, *b = B_TILES(g, j); \
			vector c[4] = {zero, zero, zero, zero}, d[4] = {zero, zero, zero, zero}; \
			for (size_t k = 0; k < g->depth; k++, a += TILE_BYTES, b += TILE_BYTES) \
				for (size_t r = 0; r < 16; r++) { \
					__m256i right = _mm256_loadu_si256((const void *)(b + r * ROW)); \
					__m256i more = _mm256_loadu_si256((const void *)(b + r * ROW + 32)); \
					_Pragma("GCC unroll 4") for (size_t line = 0; line < 4; line++) { \
						__m256i left = _mm256_set1_epi32(four_bytes(a + line * ROW + r * 4)); \
						c[line] = step(c[line], left, right); \
						d[line] = step(d[line], left, more); \
					} \
				} \
			for (size_t line = 0; line < 4; line++) { \
				store((void *)C_AT(g, i + top + line, j), c[line]); \
				store((void *)C_AT(g, i + top + line, j + 8), d[line]); \
			} \
		} \
	}
#define STEP_INT8(c, a, b) _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)))
/* Without instructions for bfloat16: both halves of each pair become single precision. */
#define LOW(x) _mm256_castsi256_ps(_mm256_slli_epi32(x, 16))
#define HIGH(x) _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32((int)0xffff0000)))
#define STEP_PAIR(c, a, b) _mm256_fmadd_ps(HIGH(a), HIGH(b), _mm256_fmadd_ps(LOW(a), LOW(b), c))
NARROW_BLOCK(avx2_int8_block, "avx2", __m256i, _mm256_setzero_si256(), STEP_INT8, _mm256_storeu_si256)
NARROW_BLOCK(avx2_bf16_block, "avx2,fma", __m256, _mm256_setzero_ps(), STEP_PAIR, _mm256_storeu_ps)

void scalar_int8_block(const struct gemm *g, size_t i, size_t j)
{
	for (size_t line = 0; line < 16; line++)
		for (size_t column = 0; column < 16; column++) {
			const unsigned char *a = A_TILES(g, i) + line * ROW, *b = B_TILES(g, j) + column * 4;
			int32_t sum = 0;
			for (size_t k = 0; k < g->depth; k++, a += TILE_BYTES, b += TILE_BYTES)
				for (size_t r = 0; r < ROW; r++)
					sum += (int8_t)a[r] * (int8_t)b[r / 4 * ROW + r % 4];
			memcpy(C_AT(g, i + line, j + column), &sum, 4);
		}
}
