/* A measurement in a process of its own: registers and permissions start fresh. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool in_child(void (*work)(void *, struct result *), void *argument, struct result *result)
{
	struct result *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	*shared = (struct result){0, 0, false};
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives an interrupted launch */
		work(argument, shared);
		shared->ok = true;
		_exit(0);
	}
	int status = 1;
	bool ok = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && shared->ok;
	if (!ok && current && pid > 0 && WIFSIGNALED(status))
		skip(current, "the process of a case died by signal %d, and its iteration is missing", WTERMSIG(status));
	else if (!ok && current)
		skip(current, "the process of a case failed with status %d, and its iteration is missing", pid > 0 ? WEXITSTATUS(status) : -1);
	*result = *shared;
	munmap(shared, sizeof *shared);
	return ok;
}
