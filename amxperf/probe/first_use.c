/* The first tile-data instruction of a process and of a thread: #NM, permission check, and a larger buffer for the registers.
   The second one is the same without all that, and a vector instruction is the control. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

#include <pthread.h>

struct arm {
	bool amx, thread, second;
	int id;
};
static struct arm arms[8];

/* Ticks of one instruction and of the two fences around it. */
TILE_CODE static uint64_t tile_ticks(bool second)
{
	tile_configure(&tile_full); /* does not fault: only tile data are disarmed */
	if (second)
		tile_zero(0);
	uint64_t start = tsc();
	tile_zero(0);
	uint64_t end = tsc();
	tile_release();
	return end - start;
}

static uint64_t vector_ticks(bool second)
{
	if (second)
		state_touch(STATE_VECTOR);
	uint64_t start = tsc();
	state_touch(STATE_VECTOR);
	return tsc() - start;
}

struct task {
	const struct arm *arm;
	uint64_t ticks;
};

static void *measure(void *argument)
{
	struct task *task = argument;
	task->ticks = task->arm->amx ? tile_ticks(task->arm->second) : vector_ticks(task->arm->second);
	return NULL;
}

static void work(void *argument, struct result *result)
{
	struct task task = {argument, 0};
	pthread_t thread;
	if (task.arm->amx)
		amx_permit();
	if (!task.arm->thread)
		measure(&task);
	else if (pthread_create(&thread, NULL, measure, &task) == 0)
		pthread_join(thread, NULL);
	result->count = task.ticks ? 1 : 0;
	result->amount = (double)task.ticks * 1e9 / machine.tsc_hz;
}

static void once(int index, int iteration)
{
	struct result result;
	if (in_child(work, &arms[index], &result) && result.count > 0)
		sample(arms[index].id, iteration, result.count, result.amount);
}

void run_first_use(void)
{
	int count = 0;
	if (!machine.amx)
		skip("first-use", "isa=amx: %s", machine.no_amx);
	for (int bits = 0; bits < 8; bits++) {
		struct arm arm = {bits & 1, bits & 2, bits & 4, 0};
		if (arm.amx ? !machine.amx : !machine.avx2 && !machine.avx512)
			continue;
		arm.id = series("first-use", "time", "time", "s", "lower", "isa=%s scope=%s touch=%s", arm.amx ? "amx" : best_vector(),
				arm.thread ? "thread" : "process", arm.second ? "second" : "first");
		arms[count++] = arm;
	}
	rounds(count, plan.iterations * 3, once);
}
