/* Packed matrices and the blocks that multiply them. SPDX-License-Identifier: Apache-2.0 */
#ifndef AMXPROBE_GEMM_H
#define AMXPROBE_GEMM_H

#include "probe.h"

struct gemm {
	size_t n, depth, row;         /* rows and columns; tiles along the sum; bytes of a row of C */
	unsigned char *a, *b, *c;
	struct memory memory;
};

/* Rows i and columns j of C, as many as `across` in gemm.c says. */
typedef void (*gemm_block)(const struct gemm *g, size_t i, size_t j);

void amx_int8_block(const struct gemm *g, size_t i, size_t j);
void amx_bf16_block(const struct gemm *g, size_t i, size_t j);
void avx512_int8_block(const struct gemm *g, size_t i, size_t j);
void avx512_bf16_block(const struct gemm *g, size_t i, size_t j);
void avx2_int8_block(const struct gemm *g, size_t i, size_t j);
void avx2_bf16_block(const struct gemm *g, size_t i, size_t j);
void scalar_int8_block(const struct gemm *g, size_t i, size_t j);

void gemm_start(const char *isa); /* tiles are configured before products, and released after them */
void gemm_stop(const char *isa);

#endif
