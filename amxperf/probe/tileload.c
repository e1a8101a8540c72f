/* Bandwidth of tile loads and stores over working sets from 16 KiB to several times the last-level cache, and of vector loads and stores
   at the same addresses: what both lose is memory, what only tiles lose is AMX. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

#include <immintrin.h>

enum { COLUMNS = WIDE / ROW, PANEL = 16 * WIDE, MOST = 32, SMALLEST = 16384 };

/* Where the tiles of a working set lie: side by side (stride 64), or as 16 rows of a wide matrix (stride 4160). */
struct arm {
	unsigned char *base;
	size_t tiles, next;         /* tiles in the working set; the one that the next slice starts with */
	long stride, per_slice;
	uint64_t dice;              /* xorshift: a few cycles per number */
	bool random, warm;          /* warm: one untimed pass before each slice, since the set fits the caches */
	void (*work)(void *, long);
	int id;
};

static inline unsigned char *place(const struct arm *arm, size_t i)
{
	if (arm->stride == ROW)
		return arm->base + i * TILE_BYTES;
	return arm->base + i / COLUMNS * PANEL + i % COLUMNS * ROW;
}

static inline unsigned char *advance(struct arm *arm)
{
	size_t i = arm->next;
	if (arm->random) {
		arm->dice ^= arm->dice << 13;
		arm->dice ^= arm->dice >> 7;
		arm->dice ^= arm->dice << 17;
		i = (size_t)((arm->dice >> 32) * arm->tiles >> 32);
	} else {
		arm->next = i + 1 == arm->tiles ? 0 : i + 1;
	}
	return place(arm, i);
}

TILE_CODE static void load_amx(void *argument, long n)
{
	struct arm at = *(const struct arm *)argument; /* in registers, whatever the loop writes */
	long stride = at.stride;
	tile_configure(&tile_full);
	for (; n > 0; n -= 8) {
		tile_load(0, advance(&at), stride);
		tile_load(1, advance(&at), stride);
		tile_load(2, advance(&at), stride);
		tile_load(3, advance(&at), stride);
		tile_load(4, advance(&at), stride);
		tile_load(5, advance(&at), stride);
		tile_load(6, advance(&at), stride);
		tile_load(7, advance(&at), stride);
	}
	tile_release();
	((struct arm *)argument)->next = at.next;
	((struct arm *)argument)->dice = at.dice;
}

TILE_CODE static void store_amx(void *argument, long n)
{
	struct arm at = *(const struct arm *)argument; /* in registers, whatever the loop writes */
	tile_configure(&tile_full);
	tile_zero(0);
	tile_zero(1);
	for (; n > 0; n -= 8) {
		tile_store(0, advance(&at), ROW);
		tile_store(1, advance(&at), ROW);
		tile_store(0, advance(&at), ROW);
		tile_store(1, advance(&at), ROW);
		tile_store(0, advance(&at), ROW);
		tile_store(1, advance(&at), ROW);
		tile_store(0, advance(&at), ROW);
		tile_store(1, advance(&at), ROW);
	}
	tile_release();
	((struct arm *)argument)->next = at.next;
	((struct arm *)argument)->dice = at.dice;
}

/* The 16 rows of a tile, written out: a loop around one or two loads would cost as much as they do. */
#define FOUR(step) step step step step
#define SIXTEEN(step) FOUR(step) FOUR(step) FOUR(step) FOUR(step)
#define TAKE(sink, value) __asm__ volatile("" :: sink(value)); /* loaded, and not used */
#define VECTOR_LOAD(name, isa, take_row) \
	isa static void name(void *argument, long n) \
	{ \
		struct arm at = *(const struct arm *)argument; \
		for (; n > 0; n--) { \
			const unsigned char *row = advance(&at); \
			SIXTEEN(take_row row += at.stride;) \
		} \
		((struct arm *)argument)->next = at.next; \
		((struct arm *)argument)->dice = at.dice; \
	}
#define VECTOR_STORE(name, isa, put_row) \
	isa static void name(void *argument, long n) \
	{ \
		struct arm at = *(const struct arm *)argument; \
		for (; n > 0; n--) { \
			unsigned char *row = advance(&at); \
			SIXTEEN(put_row row += ROW;) \
			BARRIER(); \
		} \
		((struct arm *)argument)->next = at.next; \
		((struct arm *)argument)->dice = at.dice; \
	}
#define AVX512 __attribute__((target("avx512f")))
#define AVX2 __attribute__((target("avx2")))
#define HALF(row, k) ((void *)((row) + 32 * (k)))
#define WORD(row, k) (*(uint64_t *)((row) + 8 * (k)))
#define READ(row, k) (*(const uint64_t *)((row) + 8 * (k)))
VECTOR_LOAD(load_avx512, AVX512, TAKE("v", _mm512_load_si512(row)))
VECTOR_LOAD(load_avx2, AVX2, TAKE("x", _mm256_load_si256((const void *)row)) TAKE("x", _mm256_load_si256((const void *)(row + 32))))
VECTOR_LOAD(load_scalar, , TAKE("r", READ(row, 0)) TAKE("r", READ(row, 1)) TAKE("r", READ(row, 2)) TAKE("r", READ(row, 3))
	    TAKE("r", READ(row, 4)) TAKE("r", READ(row, 5)) TAKE("r", READ(row, 6)) TAKE("r", READ(row, 7)))
VECTOR_STORE(store_avx512, AVX512, _mm512_store_si512(row, _mm512_setzero_si512());)
VECTOR_STORE(store_avx2, AVX2, _mm256_store_si256(HALF(row, 0), _mm256_setzero_si256());
	     _mm256_store_si256(HALF(row, 1), _mm256_setzero_si256());)
VECTOR_STORE(store_scalar, , WORD(row, 0) = 0; WORD(row, 1) = 0; WORD(row, 2) = 0; WORD(row, 3) = 0;
	     WORD(row, 4) = 0; WORD(row, 5) = 0; WORD(row, 6) = 0; WORD(row, 7) = 0;)

static struct arm arms[MOST];
static int arm_count;

static void once(int index, int iteration)
{
	struct arm *arm = &arms[index];
	if (arm->warm) {
		struct arm pass = *arm; /* in order, whatever the arm's own order is */
		pass.random = false;
		pass.work(&pass, (long)arm->tiles);
	}
	uint64_t start = now_ns();
	arm->work(arm, arm->per_slice);
	uint64_t took = now_ns() - start;
	sample(arm->id, iteration, (double)arm->per_slice * TILE_BYTES, (double)took);
}

static void add(const struct memory *memory, const char *pages, const char *op, const char *isa, void (*work)(void *, long),
		long stride, bool random)
{
	size_t tiles = stride == ROW ? memory->size / TILE_BYTES : memory->size / PANEL * COLUMNS;
	struct arm *arm = &arms[arm_count];
	if (arm_count == MOST || tiles < 16)
		return;
	arm_count++;
	*arm = (struct arm){.base = memory->base, .tiles = tiles, .stride = stride, .random = random, .work = work,
			    .dice = random_bits() | 1};
	arm->warm = memory->size <= 2 * machine.llc;
	arm->per_slice = (calibrate(work, arm, plan.slice_ns) + 7) / 8 * 8;
	arm->id = series("tileload", "bandwidth", "rate", "B", "higher", "isa=%s op=%s access=%s pages=%s stride=%ld size=%zu", isa, op,
			 random ? "random" : "sequential", pages, stride, memory->size);
}

static void add_all(const struct memory *memory, const char *pages)
{
	const char *vector = best_vector();
	void (*load)(void *, long) = machine.avx512 ? load_avx512 : machine.avx2 ? load_avx2 : load_scalar;
	void (*store)(void *, long) = machine.avx512 ? store_avx512 : machine.avx2 ? store_avx2 : store_scalar;
	for (int random = 0; random < 2; random++)
		for (long stride = ROW; stride <= WIDE; stride += WIDE - ROW) {
			add(memory, pages, "load", vector, load, stride, random);
			if (machine.amx)
				add(memory, pages, "load", "amx", load_amx, stride, random);
		}
	add(memory, pages, "store", vector, store, ROW, false);
	if (machine.amx)
		add(memory, pages, "store", "amx", store_amx, ROW, false);
}

static void one_size(size_t size)
{
	static const char *const names[] = {"4k", "2m"};
	struct memory memory[2];
	bool have[2] = {false, false};
	arm_count = 0;
	for (int huge = 0; huge < 2; huge++) {
		if (huge && size < (size_t)2 << 20)
			continue;
		if (!memory_get(&memory[huge], size, huge)) {
			skip("tileload", "size=%zu pages=%s: no memory", size, names[huge]);
			continue;
		}
		have[huge] = true;
		memory_touch(&memory[huge]);
		double share = memory_huge_share(&memory[huge]);
		if (huge && share < 0.9)
			skip("tileload", "size=%zu pages=2m: the kernel gave 2 MiB pages for %.0f %% of it", size, share < 0 ? 0 : 100 * share);
		else if (!huge && share > 0.1)
			skip("tileload", "size=%zu pages=4k: the kernel gave 2 MiB pages for %.0f %% of it", size, 100 * share);
		else
			add_all(&memory[huge], names[huge]);
	}
	rounds(arm_count, plan.iterations, once);
	for (int huge = 0; huge < 2; huge++)
		if (have[huge])
			memory_put(&memory[huge]);
}

void run_tileload(void)
{
	if (machine.amx)
		amx_permit();
	else
		skip("tileload", "isa=amx: %s", machine.no_amx);
	for (size_t size = SMALLEST; size < plan.largest; size *= 4)
		one_size(size);
	one_size(plan.largest / TILE_BYTES * TILE_BYTES);
}
