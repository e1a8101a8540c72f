/* amxprobe: what AMX costs on this machine. Usage: amxprobe [options] [experiment...]; --help lists them.
   SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef AMXPROBE_SOURCE
#define AMXPROBE_SOURCE "unknown"
#endif

/* A new experiment is one file and one line here. */
const struct experiment experiments[] = {
	{"tmul", run_tmul},
	{"tileload", run_tileload},
	{"gemm", run_gemm},
	{"first-use", run_first_use},
	{"ctxsw", run_ctxsw},
	{"signal", run_signal},
	{"exit", run_exit},
	{"xsave", run_xsave},
	{"wakeup", run_wakeup},
	{"jitter", run_jitter},
	{"fault", run_fault},
};
enum { EXPERIMENTS = sizeof experiments / sizeof *experiments, IDS = 10000 };

const char *current;
struct plan plan = {.iterations = 12, .slice_ns = 5000000};

static const char help[] =
	"Usage: amxprobe [options] [experiment...]\n"
	"Measures what AMX costs here and writes one log to standard output. Experiments: all, in an order drawn from the seed.\n"
	"  --seed N         seed of every random order (the time if left out; it is recorded)\n"
	"  --quick          fewer and shorter iterations, working sets up to 1 GiB\n"
	"  --iterations N   iterations of each case, the first is warm-up\n"
	"  --slice-us N     length of a timed slice\n"
	"  --largest BYTES  largest working set\n"
	"  --limit S        end an experiment that takes longer than this, 120 s if left out\n"
	"  --facts          only say what machine this is\n"
	"  --list           only list the experiments\n";

static int limit_s = 120;

static int wrong(const char *what, const char *value)
{
	fprintf(stderr, "amxprobe: %s %s; try --help\n", what, value);
	return 64;
}

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most;
}

/* A process of its own for each: one that dies costs no other, and no permission is inherited. */
static void run_one(int index)
{
	const struct experiment *experiment = &experiments[index];
	uint64_t start = now_ns();
	printf("begin %s\n", experiment->name);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		current = experiment->name;
		random_start(plan.seed * 1000003u + (uint64_t)index);
		record_start(index * IDS);
		alarm((unsigned)limit_s);
		experiment->run();
		_exit(fflush(stdout) ? 73 : 0);
	}
	int status = 0;
	bool ended = pid > 0 && waitpid(pid, &status, 0) == pid;
	const char *word = !ended ? "not-started" : WIFSIGNALED(status) ? "signal" : WEXITSTATUS(status) ? "exit" : "ok";
	int code = !ended ? errno : WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (ended && WIFSIGNALED(status) && code == SIGALRM)
		word = "limit";
	if (strcmp(word, "ok"))
		putchar('\n'); /* its last line may be cut */
	printf("end %s %.3f %s %d\n", experiment->name, (double)(now_ns() - start) / 1e9, word, code);
	fflush(stdout);
}

static int find(const char *name)
{
	for (int i = 0; i < EXPERIMENTS; i++)
		if (!strcmp(experiments[i].name, name))
			return i;
	return -1;
}

static void header(const int *order, int count)
{
	char date[32] = "unknown";
	time_t now = time(NULL);
	struct tm utc;
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof date, "%Y-%m-%d", &utc);
	puts(PROGRAM);
	fact("date", "%s", date);
	fact("started", "%lld", (long long)now); /* seconds since 1970, UTC: the order of the launches */
	fact("source", "%s", AMXPROBE_SOURCE);
	fact("compiler", "%s", __VERSION__);
	if (*machine.emulated)
		fact("emulated", "yes: %s, and nothing here is a measurement", machine.emulated);
	else
		fact("emulated", "no");
	fact("multiply_over_add", "%.2f", machine.multiply_over_add);
	fact("fma_over_add", "%.2f", machine.fma_over_add);
	fact("seed", "%llu", (unsigned long long)plan.seed);
	fact("quick", "%s", plan.quick ? "yes" : "no");
	fact("iterations", "%d", plan.iterations);
	fact("slice_ns", "%llu", (unsigned long long)plan.slice_ns);
	fact("largest_working_set", "%zu", plan.largest);
	fact("pinned_to_cpu", "%d", machine.cpu);
	printf("fact order");
	for (int i = 0; i < count; i++)
		printf(" %s", experiments[order[i]].name);
	putchar('\n');
}

/* Twice eight times the last-level cache must fit into half of the free memory. */
static size_t largest(void)
{
	size_t wanted = 8 * (machine.llc ? machine.llc : (size_t)32 << 20), room = memory_available() / 4;
	if (plan.quick && wanted > (size_t)1 << 30)
		wanted = (size_t)1 << 30;
	return room && room < wanted ? room : wanted;
}

int main(int count, char **words)
{
	int order[EXPERIMENTS], chosen = 0;
	bool facts_only = false, seeded = false;
	uint64_t value;
	for (int i = 1; i < count; i++) {
		const char *word = words[i], *next = i + 1 < count ? words[i + 1] : "";
		if (!strcmp(word, "--help")) {
			fputs(help, stdout);
			return 0;
		} else if (!strcmp(word, "--list")) {
			for (int e = 0; e < EXPERIMENTS; e++)
				puts(experiments[e].name);
			return 0;
		} else if (!strcmp(word, "--facts")) {
			facts_only = true;
		} else if (!strcmp(word, "--quick")) {
			plan.quick = true;
			plan.iterations = 6;
			plan.slice_ns = 2000000;
		} else if (!strncmp(word, "--", 2)) {
			if (!strcmp(word, "--seed") && number(next, 0, UINT64_MAX, &value)) {
				plan.seed = value;
				seeded = true;
			} else if (!strcmp(word, "--iterations") && number(next, 1, 100000, &value)) {
				plan.iterations = (int)value;
			} else if (!strcmp(word, "--slice-us") && number(next, 1, 1000000, &value)) {
				plan.slice_ns = value * 1000;
			} else if (!strcmp(word, "--largest") && number(next, 16384, SIZE_MAX / 16, &value)) {
				plan.largest = value;
			} else if (!strcmp(word, "--limit") && number(next, 1, 86400, &value)) {
				limit_s = (int)value;
			} else {
				return wrong("not an option with a value it can take:", word);
			}
			i++;
		} else if (find(word) < 0) {
			return wrong("there is no experiment", word);
		} else {
			bool twice = false;
			for (int e = 0; e < chosen; e++)
				twice = twice || order[e] == find(word);
			if (!twice)
				order[chosen++] = find(word);
		}
	}
	if (!chosen)
		while (chosen < EXPERIMENTS) {
			order[chosen] = chosen;
			chosen++;
		}
	if (!seeded)
		plan.seed = now_ns();
	machine_find();
	if (!plan.largest)
		plan.largest = largest();
	random_start(plan.seed);
	shuffle(order, chosen);
	header(order, chosen);
	machine_facts("");
	if (facts_only)
		return fflush(stdout) || ferror(stdout) ? 73 : 0;
	pin(machine.cpu);
	for (int i = 0; i < chosen && !ferror(stdout); i++)
		run_one(order[i]);
	closing_facts("");
	puts("done");
	if (fflush(stdout) || ferror(stdout)) {
		fputs("amxprobe: the log cannot be written; free some space\n", stderr);
		return 73;
	}
	return 0;
}
