/* The lines of the log; amxperf/formats/probe.py describes and reads them. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <stdarg.h>
#include <stdio.h>

static int next_id;

void record_start(int first_id)
{
	next_id = first_id;
}

void fact(const char *name, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	printf("fact %s ", name);
	vprintf(format, list);
	putchar('\n');
	va_end(list);
}

void skip(const char *experiment, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	printf("skip %s ", experiment);
	vprintf(format, list);
	putchar('\n');
	va_end(list);
}

int series(const char *benchmark, const char *metric, const char *kind, const char *unit, const char *better,
	   const char *factors, ...)
{
	va_list list;
	va_start(list, factors);
	printf("series %d %s %s %s %s %s ", next_id, benchmark, metric, kind, unit, better);
	vprintf(factors, list);
	putchar('\n');
	va_end(list);
	return next_id++;
}

void sample(int id, int iteration, double count, double amount)
{
	printf("%d %d %.10g %.10g\n", id, iteration, count, amount);
}
