/* amxprobe: what the experiments share. SPDX-License-Identifier: Apache-2.0 */
#ifndef AMXPROBE_H
#define AMXPROBE_H

#if !defined(__x86_64__) || !defined(__linux__)
#error "amxprobe measures x86-64 processors on Linux, and this compiler builds for another system"
#endif
#if !defined(__has_include)
#error "this compiler is too old for AMX; use gcc 11, clang 12 or later"
#elif !__has_include(<amxtileintrin.h>) && !__has_include(<amxintrin.h>)
#error "this compiler is too old for AMX; use gcc 11, clang 12 or later"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM "amxprobe 1"
#ifdef AMXPROBE_EMULATE
#define EMULATED 1
#else
#define EMULATED 0
#endif
#define TILE_BYTES 1024
#define ROW 64
#define WIDE 4160 /* bytes from row to row of a matrix 65 tiles wide: no power of two, which would alias cache sets */

/* Hide a value from the optimiser: it must be computed, and what follows cannot be known in advance. */
#define HIDE_INT(x) __asm__ volatile("" : "+r"(x))
#define HIDE_VEC(x) __asm__ volatile("" : "+x"(x))
#define HIDE_ZMM(x) __asm__ volatile("" : "+v"(x))
#define BARRIER() __asm__ volatile("" ::: "memory")

/* What the machine can do (machine.c). */
struct machine {
	bool avx2, avx512, vnni, bf16;            /* usable vector extensions */
	bool amx, amx_int8, amx_bf16, amx_fp16;   /* usable tiles: CPU, kernel and permission */
	const char *no_amx;                       /* why tiles are not usable; "" where they are */
	bool xsavec, tdx;
	char hypervisor[13];                      /* CPUID 0x40000000; "" on bare metal */
	uint64_t xcr0;
	double tsc_hz;
	double multiply_over_add, fma_over_add;   /* ticks of such an operation over those of an addition; 0: there is none */
	const char *emulated;                     /* why this is no processor whose times count; "" where it is one */
	size_t llc;                               /* bytes of the last-level cache; 0: unknown */
	int cpu, other_cpu;                       /* where the experiments run; other_cpu -1: only one */
	int cpus[64], cpu_count;                  /* the CPUs that the process may use, at most 64 of them */
};

/* What the caller asked for (main.c). */
struct plan {
	uint64_t seed;
	int iterations;                           /* per case, the first of them warm-up */
	uint64_t slice_ns;                        /* length of a timed slice */
	size_t largest;                           /* most bytes of a working set */
	bool quick;
};

extern struct machine machine;
extern struct plan plan;

struct experiment {
	const char *name;
	void (*run)(void);
};
extern const struct experiment experiments[];
extern const char *current;                       /* name of the experiment that runs; NULL: none */

/* clock.c */
uint64_t now_ns(void);                            /* CLOCK_MONOTONIC_RAW */
uint64_t tsc(void);                               /* time-stamp counter, after everything before it */
double measure_tsc_hz(void);
double multiply_over_add(void);                   /* 3 or more on every x86-64 processor since 2008 */
double fma_over_add(void);                        /* 4 to 6, of vectors with AVX2 */
long calibrate(void (*work)(void *, long), void *argument, uint64_t ns);

/* random.c */
uint64_t random_bits(void);
uint32_t random_below(uint32_t n);
void random_start(uint64_t seed);
void shuffle(int *items, int n);

/* record.c: the lines of the log */
void fact(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *experiment, const char *format, ...) __attribute__((format(printf, 2, 3)));
void record_start(int first_id);
int series(const char *benchmark, const char *metric, const char *kind, const char *unit, const char *better,
	   const char *factors, ...) __attribute__((format(printf, 6, 7)));
void sample(int id, int iteration, double count, double amount);

/* rounds.c: every case once per round, in a new random order each round */
void rounds(int cases, int count, void (*once)(int index, int iteration));

/* machine.c, facts.c */
void machine_find(void);
void machine_facts(const char *root);
void closing_facts(const char *root);
void unaccepted(const char *name);
bool pin(int cpu);

/* memory.c */
struct memory {
	unsigned char *base;
	size_t size, mapped;
	void *map;
};
bool memory_get(struct memory *memory, size_t size, bool huge);
void memory_touch(struct memory *memory);
double memory_huge_share(const struct memory *memory);
void memory_put(struct memory *memory);
size_t memory_available(void);

/* state.c: what a task carries in its registers */
enum state { STATE_NONE, STATE_VECTOR, STATE_RELEASED, STATE_LIVE, STATES };
extern const char *const state_names[STATES];
bool state_possible(enum state state);
void state_enter(enum state state);               /* once, in a process of its own */
void state_touch(enum state state);               /* before each operation */

/* child.c: one measurement in a process of its own */
struct result {
	double count, amount;
	bool ok;
};
bool in_child(void (*work)(void *, struct result *), void *argument, struct result *result);

const char *best_vector(void);                    /* avx512, avx2 or scalar */
bool amx_permit(void);                            /* arch_prctl(ARCH_REQ_XCOMP_PERM, XTILEDATA) for this process */

/* One experiment, one file. */
void run_tmul(void);
void run_tileload(void);
void run_gemm(void);
void run_first_use(void);
void run_ctxsw(void);
void run_signal(void);
void run_exit(void);
void run_xsave(void);
void run_wakeup(void);
void run_jitter(void);
void run_fault(void);

#endif
