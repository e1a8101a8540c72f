/* First touch of fresh memory, by page size; the second touch is the control. A TDX guest pays for the acceptance of memory here only as
   long as the kernel has memory that was never accepted: `Unaccepted` before and after says so. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

struct arm {
	bool huge;
	int ids[2];
};
static struct arm arms[2];

static void touch(const struct memory *memory, size_t page)
{
	for (size_t at = 0; at < memory->size; at += page)
		((volatile unsigned char *)memory->base)[at] = 1;
}

static void once(int index, int iteration)
{
	const struct arm *arm = &arms[index];
	size_t page = arm->huge ? (size_t)2 << 20 : 4096, size = plan.quick ? (size_t)16 << 20 : (size_t)64 << 20;
	struct memory memory;
	if (size > plan.largest)
		size = plan.largest;
	if (size < page || !memory_get(&memory, size / page * page, arm->huge))
		return;
	for (int second = 0; second < 2; second++) {
		uint64_t start = now_ns();
		touch(&memory, page);
		uint64_t took = now_ns() - start;
		if (!second && (memory_huge_share(&memory) > 0.5) != arm->huge) {
			skip("fault", "pages=%s: the kernel gave pages of another size", arm->huge ? "2m" : "4k");
			break;
		}
		sample(arm->ids[second], iteration, (double)(memory.size / page), (double)(took ? took : 1));
	}
	memory_put(&memory);
}

void run_fault(void)
{
	for (int huge = 0; huge < 2; huge++) {
		arms[huge].huge = huge;
		for (int second = 0; second < 2; second++)
			arms[huge].ids[second] = series("fault", "time", "time", "s", "lower", "pages=%s touch=%s", huge ? "2m" : "4k",
							second ? "second" : "first");
	}
	unaccepted("fault_unaccepted_start_kib");
	rounds(2, plan.iterations, once);
	unaccepted("fault_unaccepted_end_kib");
}
