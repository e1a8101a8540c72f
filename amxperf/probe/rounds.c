/* Interleaving: drift falls on all cases alike. SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <stdlib.h>

void rounds(int cases, int count, void (*once)(int index, int iteration))
{
	int *order = malloc((size_t)(cases > 0 ? cases : 1) * sizeof *order);
	if (!order)
		return;
	for (int i = 0; i < cases; i++)
		order[i] = i;
	for (int iteration = 0; iteration < count; iteration++) {
		shuffle(order, cases);
		for (int i = 0; i < cases; i++)
			once(order[i], iteration);
	}
	free(order);
}
