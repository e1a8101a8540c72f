/* What a task carries in its registers: nothing, vectors, released tiles, live tiles. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

const char *const state_names[STATES] = {"none", "vector", "released", "live"};

bool state_possible(enum state state)
{
	return state == STATE_NONE || (state == STATE_VECTOR && (machine.avx2 || machine.avx512)) || machine.amx;
}

__attribute__((target("avx512f"))) static void fill_avx512(void)
{
	__asm__ volatile("vpternlogd $0xff, %%zmm16, %%zmm16, %%zmm16\n\tvpternlogd $0xff, %%zmm0, %%zmm0, %%zmm0"
			 ::: "xmm0"); /* no caller keeps a value in zmm16: the program is built without AVX-512 */
}

__attribute__((target("avx2"))) static void fill_avx2(void)
{
	__asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
}

TILE_CODE static void fill_tiles(void)
{
	static const unsigned char bytes[TILE_BYTES] = {1};
	tile_configure(&tile_full);
	tile_load(0, bytes, ROW);
	tile_load(1, bytes, ROW);
	tile_load(2, bytes, ROW);
	tile_load(3, bytes, ROW);
	tile_load(4, bytes, ROW);
	tile_load(5, bytes, ROW);
	tile_load(6, bytes, ROW);
	tile_load(7, bytes, ROW);
}

TILE_CODE static void release_tiles(void)
{
	tile_release();
}

void state_enter(enum state state)
{
	if (state == STATE_RELEASED || state == STATE_LIVE) {
		amx_permit();
		fill_tiles();
		if (state == STATE_RELEASED)
			release_tiles();
	}
}

void state_touch(enum state state)
{
	if (state == STATE_VECTOR) {
		if (machine.avx512)
			fill_avx512();
		else
			fill_avx2();
	}
}
