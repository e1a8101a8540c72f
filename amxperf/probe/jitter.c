/* A loop that only reads the TSC: where it stands still, something took the processor away. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#define GAP_S 1e-6 /* a gap is longer than this; the loop itself takes some 20 ns */

void run_jitter(void)
{
	uint64_t window = (plan.quick ? 8 : 16) * plan.slice_ns, least = (uint64_t)(GAP_S * machine.tsc_hz);
	int available = series("jitter", "available", "ratio", "1", "higher", "gap=1us");
	int longest = series("jitter", "longest_gap", "time", "s", "lower", "gap=1us");
	int rate = series("jitter", "gaps", "rate", "op", "lower", "gap=1us");
	uint64_t ticks = (uint64_t)((double)window * machine.tsc_hz / 1e9);
	for (int iteration = 0; iteration < plan.iterations; iteration++) {
		uint64_t start = tsc(), last = start, lost = 0, most = 0, gaps = 0, time;
		do {
			time = __builtin_ia32_rdtsc();
			uint64_t gap = time > last ? time - last : 0; /* the TSC of another processor may lag a little */
			if (gap > least) {
				gaps++;
				lost += gap;
			}
			if (gap > most)
				most = gap;
			last = time;
		} while (time - start < ticks);
		double whole = (double)(time - start), ns = 1e9 / machine.tsc_hz;
		sample(available, iteration, (whole - (double)lost) * ns, whole * ns);
		sample(longest, iteration, 1, (double)most * ns);
		sample(rate, iteration, (double)gaps, whole * ns);
	}
}
