/* XSAVEC and XRSTOR of the tiles, live and in their initial state: a lower bound for what live tiles add to an exit of a TDX guest, whose
   module saves and restores them. The control are the vector registers. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <cpuid.h>
#include <stdlib.h>
#include <string.h>

struct arm {
	bool tiles, live, restore;
	int time_id, ticks_id;
};
static struct arm arms[8];
static unsigned char *area;
static size_t area_size;

static uint64_t mask(const struct arm *arm)
{
	return arm->tiles ? 1u << 17 | 1u << 18 : (machine.xcr0 & (1u << 2 | 1u << 6));
}

static void save(uint64_t bits)
{
	__asm__ volatile("xsavec64 (%0)" :: "r"(area), "a"((uint32_t)bits), "d"((uint32_t)(bits >> 32)) : "memory");
}

static void restore(uint64_t bits)
{
	__asm__ volatile("xrstor64 (%0)" :: "r"(area), "a"((uint32_t)bits), "d"((uint32_t)(bits >> 32))
			 : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
			   "xmm12", "xmm13", "xmm14", "xmm15");
}

__attribute__((target("avx"))) static void clear_vectors(void)
{
	__asm__ volatile("vzeroall" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
			 "xmm12", "xmm13", "xmm14", "xmm15");
}

static void work(void *argument, struct result *result)
{
	const struct arm *arm = argument;
	uint64_t bits = mask(arm), start = 0, ticks = 0;
	int n = plan.quick ? 200 : 1000, warm = 20;
	state_enter(!arm->tiles ? STATE_VECTOR : arm->live ? STATE_LIVE : STATE_RELEASED);
	if (!arm->tiles)
		clear_vectors();
	if (arm->live)
		state_touch(arm->tiles ? STATE_LIVE : STATE_VECTOR);
	save(bits);
	for (int i = -warm; i < n; i++) {
		if (i == 0)
			start = tsc();
		if (!arm->tiles && arm->live && !arm->restore)
			state_touch(STATE_VECTOR);
		if (arm->restore)
			restore(bits);
		else
			save(bits);
	}
	ticks = tsc() - start;
	result->count = n;
	result->amount = (double)ticks;
}

static void once(int index, int iteration)
{
	const struct arm *arm = &arms[index];
	struct result result;
	if (!in_child(work, &arms[index], &result))
		return;
	sample(arm->time_id, iteration, result.count, result.amount * 1e9 / machine.tsc_hz);
	sample(arm->ticks_id, iteration, result.amount, result.count);
}

void run_xsave(void)
{
	unsigned a, b, c = 0, d;
	int count = 0;
	if (!machine.xsavec || !__get_cpuid_count(0xd, 0, &a, &b, &c, &d)) {
		skip("xsave", "the processor has no XSAVEC");
		return;
	}
	area_size = ((size_t)c + 63) / 64 * 64;
	area = aligned_alloc(64, area_size);
	if (!area)
		return;
	memset(area, 0, area_size);
	if (!machine.amx)
		skip("xsave", "component=tiles: %s", machine.no_amx);
	for (int bits = 0; bits < 8; bits++) {
		struct arm arm = {bits & 1, bits & 2, bits & 4, 0, 0};
		const char *op = arm.restore ? "xrstor" : "xsavec", *component = arm.tiles ? "tiles" : "vector";
		const char *state = arm.live ? "live" : "init";
		if (arm.tiles ? !machine.amx : !machine.avx2)
			continue;
		arm.time_id = series("xsave", "time", "time", "s", "lower", "op=%s component=%s state=%s", op, component, state);
		arm.ticks_id = series("xsave", "tsc_ticks", "ratio", "tick", "lower", "op=%s component=%s state=%s", op, component, state);
		arms[count++] = arm;
	}
	rounds(count, plan.iterations * 2, once);
	free(area);
}
