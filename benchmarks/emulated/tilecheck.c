/* What a kernel does with the tiles of AMX, apart from time: permission, #NM, fork, exec, threads, signals, switches, XSAVE.
   Prints verdicts in the form of the kernel's own selftests, which `amxperf parse` reads. SPDX-License-Identifier: Apache-2.0
   Usage: tilecheck [case...]; without a case all of them, each in a process of its own; `--list` names them.
   Built with: cc -std=c11 -D_GNU_SOURCE -O2 -static -pthread -o tilecheck tilecheck.c */
#include <cpuid.h>
#include <errno.h>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define TILES __attribute__((target("amx-tile,amx-int8,amx-bf16"), noinline))
enum { GET_SUPP = 0x1021, GET_PERM, REQ_PERM, CFG = 17, DATA = 18, BYTES = 1024, MINSIGSTKSZ_KEY = 51 };

static const char *current;
static int failures;

static void say(const char *state, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	printf("[%s]\t%s: ", state, current);
	vprintf(format, list);
	putchar('\n');
	va_end(list);
	fflush(stdout);
}

#define EXPECT(condition, ...) do { bool good_ = (condition); failures += !good_; say(good_ ? "OK" : "FAIL", __VA_ARGS__); } while (0)
#define NOTE(...) say("INFO", __VA_ARGS__)

static uint64_t permission(int what)
{
	uint64_t bits = 0;
	return syscall(SYS_arch_prctl, what, &bits) ? 0 : bits;
}

static int request(long component)
{
	return syscall(SYS_arch_prctl, REQ_PERM, component) ? errno : 0;
}

struct config {
	uint8_t palette, start_row, reserved[14];
	uint16_t colsb[16];
	uint8_t rows[16];
};

static void *page(size_t size)
{
	void *got = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (got == MAP_FAILED)
		exit(2);
	return got;
}

TILES static void configure(void)
{
	struct config config = {.palette = 1};
	for (int i = 0; i < 8; i++) {
		config.colsb[i] = 64;
		config.rows[i] = 16;
	}
	__asm__ volatile("" ::: "memory");
	_tile_loadconfig(&config);
}

TILES static int palette(void)
{
	struct config config;
	memset(&config, 0xff, sizeof config);
	_tile_storeconfig(&config);
	__asm__ volatile("" ::: "memory");
	return config.palette;
}

TILES static void load(uint8_t seed)
{
	static __thread uint8_t bytes[8][BYTES] __attribute__((aligned(64)));
	for (int t = 0; t < 8; t++)
		for (int i = 0; i < BYTES; i++)
			bytes[t][i] = (uint8_t)(seed + t * 31 + i * 7);
	__asm__ volatile("" ::: "memory");
	_tile_loadd(0, bytes[0], 64); _tile_loadd(1, bytes[1], 64); _tile_loadd(2, bytes[2], 64); _tile_loadd(3, bytes[3], 64);
	_tile_loadd(4, bytes[4], 64); _tile_loadd(5, bytes[5], 64); _tile_loadd(6, bytes[6], 64); _tile_loadd(7, bytes[7], 64);
}

TILES static void store(uint8_t bytes[8][BYTES])
{
	_tile_stored(0, bytes[0], 64); _tile_stored(1, bytes[1], 64); _tile_stored(2, bytes[2], 64); _tile_stored(3, bytes[3], 64);
	_tile_stored(4, bytes[4], 64); _tile_stored(5, bytes[5], 64); _tile_stored(6, bytes[6], 64); _tile_stored(7, bytes[7], 64);
	__asm__ volatile("" ::: "memory");
}

TILES static void release(void)
{
	_tile_release();
}

TILES static void zero(void)
{
	_tile_zero(0);
}

/* Bytes of the eight tiles that are not what load(seed) put there; with seed -1: that are not zero. */
static int wrong(int seed)
{
	static __thread uint8_t bytes[8][BYTES] __attribute__((aligned(64)));
	int count = 0;
	store(bytes);
	for (int t = 0; t < 8; t++)
		for (int i = 0; i < BYTES; i++)
			count += bytes[t][i] != (seed < 0 ? 0 : (uint8_t)(seed + t * 31 + i * 7));
	return count;
}

/* Does it end in a signal, and with which code? */
static sigjmp_buf back;
static volatile int signal_code, signal_number;

static void catch(int number, siginfo_t *info, void *context)
{
	(void)context;
	signal_number = number;
	signal_code = info->si_code;
	siglongjmp(back, 1);
}

static int dies(void (*work)(void))
{
	struct sigaction action = {.sa_sigaction = catch, .sa_flags = SA_SIGINFO}, old[2];
	sigaction(SIGILL, &action, &old[0]);
	sigaction(SIGSEGV, &action, &old[1]);
	signal_number = signal_code = 0;
	if (!sigsetjmp(back, 1))
		work();
	sigaction(SIGILL, &old[0], NULL);
	sigaction(SIGSEGV, &old[1], NULL);
	return signal_number;
}

/* Run in a child; its exit status, or 1000 and its signal. */
static int child(int (*work)(void *), void *argument)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int code = work(argument);
		fflush(stdout);
		_exit(code);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- cases ---- */

static void sizes(void)
{
	unsigned a, b, c, d;
	printf("\tAT_MINSIGSTKSZ = %lu\n", getauxval(MINSIGSTKSZ_KEY));
	__cpuid_count(0xd, 0, a, b, c, d);
	NOTE("CPUID 0xD.0: XCR0 can be 0x%x, area for XCR0 as it is %u bytes, for all %u", a, b, c);
	__cpuid_count(0xd, 1, a, b, c, d);
	NOTE("CPUID 0xD.1: EAX 0x%x, compacted area for XCR0 | XSS as they are %u bytes", a, b);
	__cpuid_count(0xd, CFG, a, b, c, d);
	NOTE("CPUID 0xD.17: %u bytes at %u, ECX 0x%x", a, b, c);
	__cpuid_count(0xd, DATA, a, b, c, d);
	NOTE("CPUID 0xD.18: %u bytes at %u, ECX 0x%x", a, b, c);
	EXPECT(c & 4, "tile data can be disarmed by XFD (CPUID 0xD.18 ECX bit 2)");
}

static void ask(void)
{
	uint64_t before = permission(GET_PERM), supported = permission(GET_SUPP);
	NOTE("ARCH_GET_XCOMP_SUPP 0x%llx", (unsigned long long)supported);
	EXPECT(supported >> DATA & 1, "the kernel supports XTILEDATA");
	EXPECT(!(before >> DATA & 1), "no permission at the start: 0x%llx", (unsigned long long)before);
	NOTE("request of component 17: errno %d", request(CFG));
	NOTE("request of component 19: errno %d", request(19));
	NOTE("request of component 64: errno %d", request(64));
	EXPECT(permission(GET_PERM) == before, "refused requests change nothing");
	EXPECT(request(DATA) == 0, "ARCH_REQ_XCOMP_PERM is successful");
	EXPECT(permission(GET_PERM) == (before | 1 << DATA), "permission 0x%llx", (unsigned long long)permission(GET_PERM));
	EXPECT(request(DATA) == 0, "a second ARCH_REQ_XCOMP_PERM is successful");
}

static void load_any(void)
{
	load(1);
}

static void refuse(void)
{
	EXPECT(dies(configure) == 0, "LDTILECFG passes without permission");
	EXPECT(palette() == 1, "STTILECFG passes without permission");
	EXPECT(dies(load_any) == SIGILL && signal_code == ILL_ILLOPC, "TILELOADD without permission: signal %d, code %d, Valid signal code (ILL_ILLOPC)",
	       signal_number, signal_code);
	EXPECT(palette() == 0, "the handler of that signal starts without a tile configuration, and leaving it by a jump keeps that");
	EXPECT(dies(zero) == SIGILL && signal_code == ILL_ILLOPN, "TILEZERO without a configuration: signal %d, code %d, an invalid opcode", signal_number,
	       signal_code);
	configure();
	EXPECT(dies(zero) == SIGILL && signal_code == ILL_ILLOPC, "TILEZERO without permission: signal %d, code %d", signal_number, signal_code);
	EXPECT(dies(release) == 0, "TILERELEASE passes without permission");
	EXPECT(palette() == 0, "palette 0 after TILERELEASE");
}

static void first(void)
{
	request(DATA);
	configure();
	EXPECT(dies(load_any) == 0, "Load tiledata succeeded.");
	EXPECT(wrong(1) == 0, "the tiles hold what was loaded");
	release();
	configure();
	EXPECT(wrong(-1) == 0, "LDTILECFG zeroes the tiles");
	release();
}

static void *thread_refused(void *unused)
{
	(void)unused;
	configure();
	return (void *)(long)dies(load_any);
}

static void *thread_uses(void *seed)
{
	configure();
	load((uint8_t)(long)seed);
	for (int i = 0; i < 20; i++)
		sched_yield();
	long count = wrong((int)(long)seed);
	release();
	return (void *)count;
}

static void threads(void)
{
	pthread_t one, two;
	void *a, *b;
	pthread_create(&one, NULL, thread_refused, NULL);
	pthread_join(one, &a);
	EXPECT((long)a == SIGILL, "a thread without permission: signal %ld", (long)a);
	request(DATA);
	pthread_create(&one, NULL, thread_uses, (void *)5L);
	pthread_create(&two, NULL, thread_uses, (void *)90L);
	pthread_join(one, &a);
	pthread_join(two, &b);
	EXPECT((long)a == 0 && (long)b == 0, "permission holds for threads, and two threads keep their tiles: %ld and %ld bytes wrong", (long)a, (long)b);
}

static void *thread_asks(void *unused)
{
	(void)unused;
	return (void *)(long)request(DATA);
}

static void thread_request(void)
{
	pthread_t one;
	void *a;
	pthread_create(&one, NULL, thread_asks, NULL);
	pthread_join(one, &a);
	EXPECT((long)a == 0 && permission(GET_PERM) >> DATA & 1, "what a thread asks for holds for its process: 0x%llx",
	       (unsigned long long)permission(GET_PERM));
}

static int child_permission(void *unused)
{
	(void)unused;
	return permission(GET_PERM) >> DATA & 1;
}

static int child_tiles(void *unused)
{
	(void)unused;
	int found = palette();
	if (found == 0)
		configure();
	int bad = wrong(-1); /* its own #NM */
	NOTE("in the child after fork: palette %d, %d bytes of the tiles not zero", found, bad);
	return found << 1 | (bad != 0);
}

static void forks(void)
{
	EXPECT(child(child_permission, NULL) == 0, "a child of a process without permission has none");
	request(DATA);
	EXPECT(child(child_permission, NULL) == 1, "a child inherits the permission at fork");
	configure();
	load(3);
	int found = child(child_tiles, NULL);
	EXPECT(!(found & 1), "the child of a process with live tiles finds its tile data zero");
	NOTE("the child of a process with live tiles finds palette %d", found >> 1);
	EXPECT(wrong(3) == 0, "the parent keeps its tiles over the fork");
	release();
}

static char self[4096];

static int child_exec(void *unused)
{
	(void)unused;
	execl(self, self, "--permission", (char *)NULL);
	return 99;
}

static void execs(void)
{
	request(DATA);
	int found = child(child_exec, NULL);
	EXPECT(found == 0, "exec drops the permission (bit 18 is %d afterwards)", found);
}

static void altstack(void)
{
	size_t least = getauxval(MINSIGSTKSZ_KEY);
	stack_t small = {.ss_sp = page(65536), .ss_size = 4096}, large = {.ss_sp = small.ss_sp, .ss_size = least + 4096};
	stack_t off = {.ss_flags = SS_DISABLE};
	EXPECT(sigaltstack(&small, NULL) == 0, "sigaltstack of %zu bytes before permission", small.ss_size);
	int code = request(DATA);
	EXPECT(code != 0, "permission is refused with a sigaltstack of %zu bytes: errno %d (ENOSPC is %d, ENOTSUP %d)", small.ss_size, code, ENOSPC, ENOTSUP);
	sigaltstack(&off, NULL);
	EXPECT(request(DATA) == 0, "permission is granted once it is gone");
	code = sigaltstack(&small, NULL) ? errno : 0;
	EXPECT(code == ENOMEM, "then a sigaltstack of %zu bytes: errno %d (ENOMEM is %d)", small.ss_size, code, ENOMEM);
	EXPECT(sigaltstack(&large, NULL) == 0, "and one of AT_MINSIGSTKSZ + 4096 = %zu bytes is taken", large.ss_size);
}

/* What the frame of a signal holds; the layout of struct _fpx_sw_bytes and of the XSAVE header. */
static struct {
	uint32_t magic, extended_size;
	uint64_t features;
	uint32_t xstate_size;
	uint64_t xstate_bv;
	long span;
	int palette;
	bool flip;
} frame;
static char *stack_top;

static void look(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	uint8_t *area = (uint8_t *)u->uc_mcontext.fpregs;
	char here;
	(void)number;
	(void)info;
	memcpy(&frame.magic, area + 464, 4);
	memcpy(&frame.extended_size, area + 468, 4);
	memcpy(&frame.features, area + 472, 8);
	memcpy(&frame.xstate_size, area + 480, 4);
	memcpy(&frame.xstate_bv, area + 512, 8);
	frame.span = stack_top - &here;
	frame.palette = palette();
	if (frame.flip) {
		unsigned a, b, c, d;
		__cpuid_count(0xd, DATA, a, b, c, d);
		area[b] ^= 0xff; /* the first byte of tile 0 */
	}
}

static void deliver(const char *what)
{
	char here;
	struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &action, NULL);
	memset(&frame, 0, sizeof frame);
	stack_top = &here;
	raise(SIGUSR1);
	NOTE("frame %s: xstate_size %u, extended_size %u, features 0x%llx, XSTATE_BV 0x%llx, %ld bytes of stack, palette in the handler %d", what,
	     frame.xstate_size, frame.extended_size, (unsigned long long)frame.features, (unsigned long long)frame.xstate_bv, frame.span, frame.palette);
}

static void signals(void)
{
	uint32_t none, unused, released, live;
	deliver("without permission");
	none = frame.xstate_size;
	request(DATA);
	deliver("with permission, before first use");
	unused = frame.xstate_size;
	configure();
	deliver("with permission, configured, before first use");
	load(9);
	deliver("with live tiles");
	live = frame.xstate_size;
	EXPECT(frame.xstate_bv >> DATA & 1, "XSTATE_BV of the frame has bit 18 with live tiles");
	EXPECT(frame.palette == 0, "the handler starts with tiles in their initial state");
	EXPECT(wrong(9) == 0, "live tiles come back after the handler");
	EXPECT(live - none >= 8192, "the frame grew by %u bytes for live tiles", live - none);
	release();
	deliver("after TILERELEASE");
	released = frame.xstate_size;
	EXPECT(!(frame.xstate_bv >> CFG & 3), "XSTATE_BV of the frame has neither bit 17 nor 18 after TILERELEASE");
	NOTE("xstate_size: %u without permission, %u before first use, %u live, %u released", none, unused, live, released);
}

static void changed_frame(void)
{
	request(DATA);
	configure();
	load(9);
	frame.flip = true;
	struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &action, NULL);
	stack_top = (char *)&action;
	raise(SIGUSR1);
	int bad = wrong(9);
	EXPECT(bad == 1, "one byte of tile 0 changed in the frame is changed after the return: %d bytes differ", bad);
	release();
}

/* Two processes on one CPU, each with tiles of its own. */
static int keeps(void *argument)
{
	int seed = *(int *)argument, bad = 0;
	configure();
	load((uint8_t)seed);
	for (int i = 0; i < 40; i++) {
		sched_yield();
		bad += wrong(seed);
	}
	release();
	return bad ? 1 : 0;
}

static void switches(void)
{
	cpu_set_t set;
	int seeds[2] = {11, 200}, status, good = 0;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof set, &set);
	request(DATA);
	NOTE("check context switches, %d iterations, 2 processes", 40);
	fflush(stdout);
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(keeps(&seeds[i]));
	while (wait(&status) > 0)
		good += status == 0;
	EXPECT(good == 2, "No incorrect case was found.");
}

static uint64_t xinuse(void)
{
	uint32_t low, high;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
	return (uint64_t)high << 32 | low;
}

static uint8_t area[16384] __attribute__((aligned(64)));

static void xsave(uint64_t mask, bool compact)
{
	memset(area, 0, sizeof area);
	if (compact)
		__asm__ volatile("xsavec64 %0" : "+m"(area) : "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
	else
		__asm__ volatile("xsave64 %0" : "+m"(area) : "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}

static uint64_t word(int at)
{
	uint64_t value;
	memcpy(&value, area + at, 8);
	return value;
}

static void restore_tiles(void)
{
	__asm__ volatile("xrstor64 %0" :: "m"(area), "a"(1u << CFG | 1u << DATA), "d"(0) : "memory");
}

static void state(void)
{
	const uint64_t tiles = 3u << CFG;
	xsave(tiles, true);
	EXPECT((word(512) & tiles) == 0, "XSAVEC without tiles in use: XSTATE_BV 0x%llx, XCOMP_BV 0x%llx", (unsigned long long)word(512), (unsigned long long)word(520));
	request(DATA);
	configure();
	NOTE("XGETBV(1) after LDTILECFG, before first use: 0x%llx", (unsigned long long)xinuse());
	load(7);
	EXPECT((xinuse() & tiles) == tiles, "XGETBV(1) with live tiles: 0x%llx", (unsigned long long)xinuse());
	xsave(tiles, true);
	EXPECT((word(512) & tiles) == tiles, "XSAVEC with live tiles: XSTATE_BV 0x%llx, XCOMP_BV 0x%llx", (unsigned long long)word(512), (unsigned long long)word(520));
	release();
	EXPECT((xinuse() & tiles) == 0, "XGETBV(1) after TILERELEASE: 0x%llx", (unsigned long long)xinuse());
	restore_tiles();
	EXPECT(palette() == 1 && wrong(7) == 0, "XRSTOR brings configuration and tiles back");
	release();
	xsave(tiles, true);
	EXPECT((word(512) & tiles) == 0, "XSAVEC after TILERELEASE: XSTATE_BV 0x%llx", (unsigned long long)word(512));
	restore_tiles();
	EXPECT((xinuse() & tiles) == 0, "XRSTOR of the initial state: XGETBV(1) 0x%llx", (unsigned long long)xinuse());
}

/* XRSTOR of tile data in a task without permission. */
static void disarmed(void)
{
	uint64_t header[2] = {1u << DATA, 0x8000000000000000u | 1u << DATA};
	memset(area, 1, sizeof area);
	memset(area + 512, 0, 64);
	memcpy(area + 512, header, sizeof header);
	EXPECT(dies(restore_tiles) == SIGILL, "XRSTOR of tile data without permission: signal %d, code %d", signal_number, signal_code);
}

/* Products against plain C, with the extreme values. */
TILES static void products(void)
{
	static uint8_t a[16][64] __attribute__((aligned(64))), b[16][64] __attribute__((aligned(64)));
	static int32_t c[16][16] __attribute__((aligned(64)));
	static const int8_t extremes[] = {-128, 127, -1, 1, 0, -127, 64, 3};
	request(DATA);
	for (int i = 0; i < BYTES; i++) {
		a[i / 64][i % 64] = (uint8_t)extremes[i * 5 % 8];
		b[i / 64][i % 64] = (uint8_t)extremes[(i * 3 + i / 64) % 8];
	}
	configure();
	int bad[4] = {0};
	for (int kind = 0; kind < 4; kind++) {
		__asm__ volatile("" ::: "memory");
		_tile_zero(0);
		_tile_loadd(1, a, 64);
		_tile_loadd(2, b, 64);
		if (kind == 0)
			_tile_dpbssd(0, 1, 2);
		else if (kind == 1)
			_tile_dpbsud(0, 1, 2);
		else if (kind == 2)
			_tile_dpbusd(0, 1, 2);
		else
			_tile_dpbuud(0, 1, 2);
		_tile_stored(0, c, 64);
		__asm__ volatile("" ::: "memory");
		for (int m = 0; m < 16; m++)
			for (int n = 0; n < 16; n++) {
				int32_t sum = 0;
				for (int k = 0; k < 64; k++) {
					int x = a[m][k], y = b[k / 4][n * 4 + k % 4];
					if (kind < 2)
						x = (int8_t)x;
					if (kind == 0 || kind == 2)
						y = (int8_t)y;
					sum += x * y;
				}
				bad[kind] += sum != c[m][n];
			}
	}
	release();
	EXPECT(!bad[0], "AMX TDPBSSD: %d of 256 results wrong", bad[0]);
	EXPECT(!bad[1], "AMX TDPBSUD: %d of 256 results wrong", bad[1]);
	EXPECT(!bad[2], "AMX TDPBUSD: %d of 256 results wrong", bad[2]);
	EXPECT(!bad[3], "AMX TDPBUUD: %d of 256 results wrong", bad[3]);
}

/* No handler: the task dies, and the kernel log may say so. */
static int unhandled(void *unused)
{
	(void)unused;
	configure();
	load(1);
	return 0;
}

static void killed(void)
{
	int found = child(unhandled, NULL);
	EXPECT(found == 1000 + SIGILL, "a process that handles no signal dies at its first tile instruction without permission: %d", found);
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *title;
} cases[] = {
	{"sizes", sizes, "sizes of the state"},
	{"ask", ask, "ARCH_REQ_XCOMP_PERM"},
	{"refuse", refuse, "tile instructions without permission"},
	{"killed", killed, "no permission and no handler"},
	{"disarmed", disarmed, "XRSTOR of tile data without permission"},
	{"first", first, "first use"},
	{"threads", threads, "permission and threads"},
	{"thread-request", thread_request, "a thread asks"},
	{"fork", forks, "permission and tiles over fork"},
	{"exec", execs, "permission over exec"},
	{"altstack", altstack, "sigaltstack and permission"},
	{"signal", signals, "frames of signals"},
	{"sigreturn", changed_frame, "tile data changed in a frame"},
	{"switch", switches, "two processes on one CPU"},
	{"xsave", state, "XSAVEC, XRSTOR and XGETBV(1)"},
	{"products", products, "products of int8"},
};
enum { CASES = sizeof cases / sizeof *cases };

static int run_case(void *argument)
{
	int index = *(int *)argument;
	current = cases[index].name;
	printf("[RUN]\t%s: AMX, %s\n", current, cases[index].title);
	cases[index].run();
	return failures ? 1 : 0;
}

int main(int count, char **words)
{
	int bad = 0;
	if (count == 2 && !strcmp(words[1], "--permission"))
		return (int)(permission(GET_PERM) >> DATA & 1);
	if (count == 2 && !strcmp(words[1], "--list")) {
		for (int i = 0; i < CASES; i++)
			puts(cases[i].name);
		return 0;
	}
	snprintf(self, sizeof self, "/proc/self/exe");
	for (int i = 0; i < CASES; i++) {
		bool chosen = count == 1;
		for (int w = 1; w < count; w++)
			chosen = chosen || !strcmp(words[w], cases[i].name);
		if (!chosen)
			continue;
		int status = child(run_case, &i);
		if (status > 1) {
			current = cases[i].name;
			say("FAIL", "AMX case ended with %d", status);
		}
		bad += status != 0;
	}
	return bad ? 1 : 0;
}
