/* Memory of a wanted page size. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE ((size_t)2 << 20)

/* Address space for size bytes, at a multiple of 2 MiB, not touched yet; false where there is none. */
bool memory_get(struct memory *memory, size_t size, bool huge)
{
	size_t mapped = (size + HUGE - 1) / HUGE * HUGE + HUGE;
	void *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return false;
	uintptr_t start = ((uintptr_t)map + HUGE - 1) / HUGE * HUGE;
	*memory = (struct memory){(unsigned char *)map + (start - (uintptr_t)map), size, mapped, map};
	madvise(map, mapped, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return true;
}

void memory_touch(struct memory *memory)
{
	memset(memory->base, 1, memory->size);
}

/* Share of the memory that lies in 2 MiB pages, by /proc/self/smaps; -1 where that cannot be read. */
double memory_huge_share(const struct memory *memory)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[512];
	uintptr_t from = 0, to = 0;
	double huge = -1;
	if (!smaps)
		return -1;
	while (fgets(line, sizeof line, smaps)) {
		uintptr_t one, other;
		long kib;
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &one, &other) == 2) {
			from = one;
			to = other;
		} else if (from <= (uintptr_t)memory->base && (uintptr_t)memory->base < to && sscanf(line, "AnonHugePages: %ld", &kib) == 1) {
			huge = (double)kib * 1024 / (double)memory->size;
		}
	}
	fclose(smaps);
	return huge > 1 ? 1 : huge;
}

void memory_put(struct memory *memory)
{
	munmap(memory->map, memory->mapped);
}

/* Bytes that can be had without swapping; 0: unknown. */
size_t memory_available(void)
{
	FILE *info = fopen("/proc/meminfo", "r");
	char line[256];
	long kib = 0;
	if (!info)
		return 0;
	while (fgets(line, sizeof line, info) && sscanf(line, "MemAvailable: %ld", &kib) != 1)
		;
	fclose(info);
	return (size_t)kib * 1024;
}
