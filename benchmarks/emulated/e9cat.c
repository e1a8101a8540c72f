/* Copies standard input to I/O port 0xE9, which Bochs prints on its own output (port_e9_hack). Needs root. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/io.h>

int main(void)
{
	int c;
	if (ioperm(0xe9, 1, 1)) {
		perror("ioperm");
		return 1;
	}
	while ((c = getchar()) != EOF)
		outb((unsigned char)c, 0xe9);
	return 0;
}
