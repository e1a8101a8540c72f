/* The tile instructions, or an emulation of them for tests (-DAMXPROBE_EMULATE). SPDX-License-Identifier: Apache-2.0 */
#ifndef AMXPROBE_TILE_H
#define AMXPROBE_TILE_H

#include <stdint.h>

struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t colsb[16];
	uint8_t rows[16];
};

#ifdef AMXPROBE_EMULATE
#define TILE_CODE
void tile_configure(const struct tile_config *config);
void tile_load(int tile, const void *base, long stride);
void tile_store(int tile, void *base, long stride);
void tile_zero(int tile);
void tile_release(void);
void tile_dp_int8(int c, int a, int b);
void tile_dp_bf16(int c, int a, int b);
void tile_dp_fp16(int c, int a, int b);
#else
#include <immintrin.h>
#define TILE_CODE __attribute__((target("amx-tile,amx-int8,amx-bf16")))
/* gcc's tile loads do not say that they read memory: the empty statements keep stores before them. */
#define TILE_FENCE() __asm__ volatile("" ::: "memory")
#define tile_configure(config) do { TILE_FENCE(); _tile_loadconfig(config); } while (0)
#define tile_load(tile, base, stride) do { TILE_FENCE(); _tile_loadd(tile, base, stride); } while (0)
#define tile_store(tile, base, stride) do { _tile_stored(tile, base, stride); TILE_FENCE(); } while (0)
#define tile_zero(tile) _tile_zero(tile)
#define tile_release() _tile_release()
#define tile_dp_int8(c, a, b) _tile_dpbssd(c, a, b)
#define tile_dp_bf16(c, a, b) _tile_dpbf16ps(c, a, b)
/* TDPFP16PS tmm C, tmm6, tmm7, for assemblers that do not know it: VEX.128.F2.0F38.W0 5C /r, vvvv = 7, reg = C, rm = 6. */
#define tile_dp_fp16(c, a, b) __asm__ volatile(".byte 0xc4, 0xe2, 0x43, 0x5c, 0xc6 + 8 * " #c)
#endif

/* All eight tiles as 16 rows of 64 bytes. */
extern const struct tile_config tile_full;

#endif
