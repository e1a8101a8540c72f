/* What the processor and the kernel allow. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"
#include "tile.h"

#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XTILEDATA 18
#define XCR0_TILES (1u << 17 | 1u << 18)

struct machine machine;

bool amx_permit(void)
{
	return EMULATED || syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0;
}

__attribute__((target("xsave"))) static uint64_t read_xcr0(void)
{
	return __builtin_ia32_xgetbv(0);
}

/* In a child, so that this process stays without permission and a signal costs nothing. */
TILE_CODE static void try_tiles(void *unused, struct result *result)
{
	(void)unused;
	result->count = amx_permit() ? 0 : errno;
	if (result->count)
		return;
	tile_configure(&tile_full);
	tile_zero(0);
	tile_release();
}

static void find_amx(unsigned features, unsigned more)
{
	struct result result;
	machine.amx_int8 = EMULATED || features >> 25 & 1;
	machine.amx_bf16 = EMULATED || features >> 22 & 1;
	machine.amx_fp16 = EMULATED || more >> 21 & 1;
	if (!EMULATED && !(features >> 24 & 1))
		machine.no_amx = "the processor has no AMX (CPUID leaf 7, EDX bit 24), or the hypervisor hides it";
	else if (!EMULATED && (machine.xcr0 & XCR0_TILES) != XCR0_TILES)
		machine.no_amx = "the processor has AMX and the kernel does not enable its state (XCR0 bits 17 and 18); Linux 5.16 or later does";
	else if (!in_child(try_tiles, NULL, &result))
		machine.no_amx = "a tile instruction died in a process that has permission";
	else if (result.count != 0)
		machine.no_amx = "the kernel refuses permission for AMX (arch_prctl ARCH_REQ_XCOMP_PERM)";
	else
		machine.no_amx = "";
	machine.amx = !*machine.no_amx;
	machine.amx_int8 = machine.amx_int8 && machine.amx;
	machine.amx_bf16 = machine.amx_bf16 && machine.amx;
	machine.amx_fp16 = machine.amx_fp16 && machine.amx;
}

static void find_hypervisor(void)
{
	unsigned a, b, c, d;
	__cpuid(1, a, b, c, d);
	if (!(c >> 31))
		return;
	__cpuid(0x40000000, a, b, c, d);
	memcpy(machine.hypervisor, &b, 4);
	memcpy(machine.hypervisor + 4, &c, 4);
	memcpy(machine.hypervisor + 8, &d, 4);
	__cpuid(0, a, b, c, d);
	if (a >= 0x21) {
		char vendor[13] = "";
		__cpuid_count(0x21, 0, a, b, c, d);
		memcpy(vendor, &b, 4);
		memcpy(vendor + 4, &d, 4);
		memcpy(vendor + 8, &c, 4);
		machine.tdx = strcmp(vendor, "IntelTDX    ") == 0;
	}
}

/* Is the processor a program? QEMU says so where it does not hide its name; others give themselves away by their times. One that interprets
   instructions takes as long for a multiplication as for an addition; one that translates them calls a function for each fused one. */
static const char *find_emulator(void)
{
	if (EMULATED)
		return "the tile instructions are emulated";
	if (!strcmp(machine.hypervisor, "TCGTCGTCGTCG"))
		return "QEMU translates the instructions (TCG)";
	if (machine.multiply_over_add < 2)
		return "multiplications take as long as additions, so a program emulates this processor";
	if (machine.fma_over_add > 20)
		return "fused multiplications take more than twenty times as long as additions, so a program emulates this processor";
	return "";
}

/* CPUs that the process may use; the experiments take the last, since interrupts prefer the first. */
static void find_cpus(void)
{
	cpu_set_t set;
	machine.cpu = machine.other_cpu = -1;
	if (sched_getaffinity(0, sizeof set, &set))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		machine.other_cpu = machine.cpu;
		machine.cpu = cpu;
		if (machine.cpu_count < 64)
			machine.cpus[machine.cpu_count++] = cpu;
	}
}

static size_t find_llc(void)
{
	size_t largest = 0;
	for (int index = 0; index < 8; index++) {
		char path[96];
		unsigned long kib;
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
		FILE *file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%luK", &kib) == 1 && kib * 1024 > largest)
			largest = kib * 1024;
		fclose(file);
	}
	return largest;
}

void machine_find(void)
{
	unsigned a = 0, b = 0, c = 0, d = 0, more = 0;
	__builtin_cpu_init();
	machine.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	machine.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	machine.vnni = machine.avx512 && __builtin_cpu_supports("avx512vnni");
	machine.bf16 = machine.avx512 && __builtin_cpu_supports("avx512bf16");
	__cpuid(1, a, b, c, d);
	machine.xcr0 = c >> 27 & 1 ? read_xcr0() : 0;
	if (__get_cpuid_count(0xd, 1, &a, &b, &c, &d))
		machine.xsavec = a >> 1 & 1 && machine.xcr0;
	find_hypervisor();
	find_cpus();
	machine.llc = find_llc();
	if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
		more = a;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		d = 0;
	find_amx(d, more);
	machine.tsc_hz = measure_tsc_hz();
	machine.multiply_over_add = multiply_over_add();
	machine.fma_over_add = machine.avx2 ? fma_over_add() : 0;
	machine.emulated = find_emulator();
}

const char *best_vector(void)
{
	return machine.avx512 ? "avx512" : machine.avx2 ? "avx2" : "scalar";
}

bool pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return false;
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof set, &set) == 0;
}
