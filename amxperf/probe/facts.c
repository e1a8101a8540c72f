/* What the files of the system say about the machine: a fixed list, and never a name, a user or an address.
   SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <cpuid.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define UNKNOWN "unknown"

/* The only keys of the kernel's command line that are recorded. */
static const char *const keys[] = {
	"mitigations", "isolcpus", "nohz_full", "nohz", "idle", "intel_idle.max_cstate", "processor.max_cstate", "cpuidle.off",
	"transparent_hugepage", "hugepages", "hugepagesz", "default_hugepagesz",
};

/* Flags of /proc/cpuinfo that matter here, besides all that begin with amx or avx. */
static const char *const flags[] = {
	"tdx_guest", "hypervisor", "xsavec", "xsaves", "constant_tsc", "nonstop_tsc", "tsc_known_freq", "pdpe1gb", "fma",
};

static const char *const files[][2] = {
	{"thp", "/sys/kernel/mm/transparent_hugepage/enabled"},
	{"thp_defrag", "/sys/kernel/mm/transparent_hugepage/defrag"},
	{"numa_nodes", "/sys/devices/system/node/online"},
	{"cpus_online", "/sys/devices/system/cpu/online"},
	{"smt", "/sys/devices/system/cpu/smt/active"},
	{"governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
	{"frequency_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"},
	{"frequency_max_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq"},
	{"no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
	{"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"cpuidle_driver", "/sys/devices/system/cpu/cpuidle/current_driver"},
	{"haltpoll_ns", "/sys/module/haltpoll/parameters/guest_halt_poll_ns"},
};

static bool read_line(const char *root, const char *path, char *line, int size)
{
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	FILE *file = fopen(full, "r");
	*line = 0;
	if (!file)
		return false;
	bool ok = fgets(line, size, file) != NULL;
	fclose(file);
	line[strcspn(line, "\n")] = 0;
	return ok && *line;
}

static bool listed(const char *word, size_t length, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == length && strncmp(list[i], word, length) == 0)
			return true;
	return false;
}

static void command_line(const char *root)
{
	char line[4096], *rest = line, *word, found[4096] = "";
	if (!read_line(root, "/proc/cmdline", line, sizeof line)) {
		fact("cmdline", UNKNOWN);
		return;
	}
	while ((word = strtok_r(rest, " ", &rest)))
		if (listed(word, strcspn(word, "="), keys, sizeof keys / sizeof *keys)) {
			strncat(found, *found ? " " : "", sizeof found - strlen(found) - 1);
			strncat(found, word, sizeof found - strlen(found) - 1);
		}
	fact("cmdline", "%s", *found ? found : "none of the recorded keys");
}

static void cpu_flags(char *line)
{
	char *rest = line, *word, found[2048] = "";
	while ((word = strtok_r(rest, " \t", &rest)))
		if (!strncmp(word, "amx", 3) || !strncmp(word, "avx", 3) || listed(word, strlen(word), flags, sizeof flags / sizeof *flags)) {
			strncat(found, *found ? " " : "", sizeof found - strlen(found) - 1);
			strncat(found, word, sizeof found - strlen(found) - 1);
		}
	fact("flags", "%s", *found ? found : "none");
}

static void cpuinfo(const char *root)
{
	static const char *const wanted[][2] = {
		{"vendor_id", "cpu_vendor"}, {"cpu family", "cpu_family"}, {"model", "cpu_model"}, {"model name", "cpu"},
		{"stepping", "cpu_stepping"}, {"microcode", "microcode"}, {"flags", "flags"},
	};
	enum { WANTED = sizeof wanted / sizeof *wanted };
	bool seen[WANTED] = {false};
	char path[512], line[8192];
	snprintf(path, sizeof path, "%s/proc/cpuinfo", root);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		char *colon = strchr(line, ':');
		if (*line == '\n')
			break; /* the first processor is enough */
		if (!colon)
			continue;
		char *end = colon, *value = colon + 1;
		while (end > line && isspace((unsigned char)end[-1]))
			end--;
		value += strspn(value, " \t");
		value[strcspn(value, "\n")] = 0;
		for (int i = 0; i < WANTED; i++)
			if (strlen(wanted[i][0]) == (size_t)(end - line) && !strncmp(line, wanted[i][0], (size_t)(end - line)) && *value) {
				seen[i] = true;
				if (!strcmp(wanted[i][1], "flags"))
					cpu_flags(value);
				else
					fact(wanted[i][1], "%s", value);
			}
	}
	if (file)
		fclose(file);
	for (int i = 0; i < WANTED; i++)
		if (!seen[i])
			fact(wanted[i][1], UNKNOWN);
}

static void caches(const char *root)
{
	char found[512] = "";
	for (int index = 0; index < 8; index++) {
		char path[128], level[32], type[32], size[32], one[112];
		const char *const names[] = {"level", "type", "size"};
		char *const values[] = {level, type, size};
		bool ok = true;
		for (int i = 0; i < 3; i++) {
			snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, names[i]);
			ok = read_line(root, path, values[i], 32) && ok;
		}
		if (ok) {
			snprintf(one, sizeof one, "%sL%s %s %s", *found ? ", " : "", level, type, size);
			strncat(found, one, sizeof found - strlen(found) - 1);
		}
	}
	fact("caches", "%s", *found ? found : UNKNOWN);
}

/* The line `wanted` of /proc/meminfo, as the fact `name`. */
static void memory_line(const char *root, const char *wanted, const char *name)
{
	char path[512], line[256];
	long kib = -1;
	snprintf(path, sizeof path, "%s/proc/meminfo", root);
	FILE *file = fopen(path, "r");
	while (kib < 0 && file && fgets(line, sizeof line, file))
		if (!strncmp(line, wanted, strlen(wanted)) && line[strlen(wanted)] == ':')
			kib = strtol(line + strlen(wanted) + 1, NULL, 10);
	if (file)
		fclose(file);
	if (kib < 0)
		fact(name, UNKNOWN);
	else
		fact(name, "%ld", kib);
}

void unaccepted(const char *name)
{
	memory_line("", "Unaccepted", name);
}

static void steal(const char *root, const char *name)
{
	char line[512];
	unsigned long long ticks[8] = {0};
	if (read_line(root, "/proc/stat", line, sizeof line) &&
	    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5],
		   &ticks[6], &ticks[7]) == 8)
		fact(name, "%.2f", (double)ticks[7] / (double)sysconf(_SC_CLK_TCK));
	else
		fact(name, UNKNOWN);
}

static void load(const char *root, const char *name)
{
	char line[128];
	fact(name, "%.4s", read_line(root, "/proc/loadavg", line, sizeof line) ? line : UNKNOWN);
}

/* 64 bits of a random number of 122: enough to tell boots apart, not enough to tell which machine it was. */
static void boot(const char *root)
{
	char line[64];
	uint64_t hash = 0xcbf29ce484222325u;
	if (!read_line(root, "/proc/sys/kernel/random/boot_id", line, sizeof line)) {
		fact("boot", UNKNOWN);
		return;
	}
	for (const char *text = "amxprobe"; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	for (const char *text = line; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	fact("boot", "%016llx", (unsigned long long)hash);
}

static void permissions(void)
{
	uint64_t bits;
	if (syscall(SYS_arch_prctl, 0x1021, &bits) == 0)
		fact("xcomp_supp", "0x%llx", (unsigned long long)bits);
	else
		fact("xcomp_supp", UNKNOWN);
}

void machine_facts(const char *root)
{
	char line[512];
	struct utsname name;
	cpuinfo(root);
	caches(root);
	fact("kernel", "%s", uname(&name) ? UNKNOWN : name.release);
	command_line(root);
	fact("hypervisor", "%s", *machine.hypervisor ? machine.hypervisor : "none");
	fact("tdx_leaf_0x21", "%s", machine.tdx ? "yes" : "no");
	fact("amx", "%s", machine.amx ? "yes" : machine.no_amx);
	fact("xcr0", "0x%llx", (unsigned long long)machine.xcr0);
	permissions();
	fact("tsc_hz", "%.0f", machine.tsc_hz);
	fact("last_level_cache", "%zu", machine.llc);
	fact("cpus_allowed", "%d", machine.cpu_count);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		fact(files[i][0], "%s", read_line(root, files[i][1], line, sizeof line) ? line : UNKNOWN);
	memory_line(root, "MemTotal", "memory_kib");
	memory_line(root, "MemAvailable", "memory_available_kib");
	memory_line(root, "Unaccepted", "unaccepted_kib");
	memory_line(root, "HugePages_Total", "hugepages");
	load(root, "load");
	steal(root, "steal_start_s");
	boot(root);
}

void closing_facts(const char *root)
{
	memory_line(root, "Unaccepted", "unaccepted_end_kib");
	load(root, "load_end");
	steal(root, "steal_end_s");
}
