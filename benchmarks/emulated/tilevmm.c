/* The smallest guest that uses AMX, on KVM: arms XFD as a kernel does, takes #NM at its first tile, and disarms. Between its steps it
   writes the step's number to port 0xe1, so that a trace of kvm_exit shows where each exit belongs. Prints verdicts as tilecheck.c does.
   SPDX-License-Identifier: Apache-2.0. Built with: cc -std=c11 -D_GNU_SOURCE -O2 -static -o tilevmm tilevmm.c */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIZE = 2 << 20, PML4 = 0x1000, PDPT = 0x2000, PD = 0x3000, GDT = 0x4000, IDT = 0x5000, CONFIG = 0x6000, STACK = 0x9000, CODE = 0x10000 };
enum { REQ_GUEST_PERM = 0x1025, GET_GUEST_PERM = 0x1024, TILEDATA = 18, PORT = 0xe1 };

/* Runs in the guest, 64-bit, at CODE. rbx counts the #NM. */
__asm__(".pushsection .rodata\n"
	".globl guest, guest_nm, guest_end\n"
	".macro step n\n mov $\\n, %al\n out %al, $0xe1\n.endm\n"
	".macro wr msr, value\n mov $\\msr, %ecx\n mov $\\value, %eax\n xor %edx, %edx\n wrmsr\n.endm\n"
	"guest:\n"
	" xor %ebx, %ebx\n"
	" mov %cr4, %rax\n or $0x40600, %rax\n mov %rax, %cr4\n"
	" xor %ecx, %ecx\n xgetbv\n mov $0x600e7, %eax\n xor %edx, %edx\n xsetbv\n"
	" step 1\n wr 0x1c4, 0x40000\n"       /* the first value other than 0 */
	" step 2\n wr 0x1c4, 0\n"
	" step 3\n wr 0x1c4, 0x40000\n"
	" step 4\n mov $0x6000, %esi\n .byte 0xc4, 0xe2, 0x78, 0x49, 0x06\n" /* ldtilecfg (%rsi) */
	" step 5\n .byte 0xc4, 0xe2, 0x7b, 0x49, 0xc0\n"                     /* tilezero %tmm0: #NM */
	" step 6\n .byte 0xc4, 0xe2, 0x7b, 0x49, 0xc0\n"                     /* no #NM now */
	" step 7\n .byte 0xc4, 0xe2, 0x78, 0x49, 0xc0\n"                     /* tilerelease */
	" mov %bl, %al\n out %al, $0xe2\n"
	" hlt\n"
	"guest_nm:\n"
	" push %rax\n push %rcx\n push %rdx\n"
	" inc %ebx\n"
	" step 51\n mov $0x1c5, %ecx\n rdmsr\n"
	" shr $16, %eax\n out %al, $0xe3\n"                                  /* bits 16 to 23 of XFD_ERR */
	" step 52\n wr 0x1c5, 0\n"
	" step 53\n wr 0x1c4, 0\n"
	" step 54\n"
	" pop %rdx\n pop %rcx\n pop %rax\n iretq\n"
	"guest_end:\n"
	".popsection\n");
extern const uint8_t guest[], guest_nm[], guest_end[];

static int call(int file, unsigned long request, void *argument, const char *what)
{
	int result = ioctl(file, request, argument);
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void put(uint8_t *memory, int at, uint64_t value)
{
	memcpy(memory + at, &value, 8);
}

static void tables(uint8_t *memory)
{
	put(memory, PML4, PDPT | 3);
	put(memory, PDPT, PD | 3);
	put(memory, PD, 0x83); /* the first 2 MiB */
	put(memory, GDT + 8, 0x00af9b000000ffff);
	put(memory, GDT + 16, 0x00cf93000000ffff);
	uint64_t handler = CODE + (uint64_t)(guest_nm - guest);
	put(memory, IDT + 7 * 16, (handler & 0xffff) | 8ull << 16 | 0x8eull << 40 | (handler >> 16 & 0xffff) << 48);
	memory[CONFIG] = 1; /* palette; eight tiles of 16 rows of 64 bytes */
	for (int i = 0; i < 8; i++) {
		memory[CONFIG + 16 + 2 * i] = 64;
		memory[CONFIG + 48 + i] = 16;
	}
	memcpy(memory + CODE, guest, (size_t)(guest_end - guest));
}

static struct kvm_segment segment(uint16_t selector, int type, int code)
{
	return (struct kvm_segment){.limit = 0xffffffff, .selector = selector, .type = (uint8_t)type, .present = 1, .s = 1, .l = (uint8_t)code,
				    .db = (uint8_t)!code, .g = 1};
}

/* What KVM offers a guest: leaf 0xD of KVM_GET_SUPPORTED_CPUID, bit 18. */
static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[128];
} id;

static int offers_tiles(int kvm)
{
	id.head.nent = 128;
	call(kvm, KVM_GET_SUPPORTED_CPUID, &id, "KVM_GET_SUPPORTED_CPUID");
	for (unsigned i = 0; i < id.head.nent; i++)
		if (id.entries[i].function == 0xd && id.entries[i].index == 0)
			return id.entries[i].eax >> TILEDATA & 1;
	return 0;
}

/* Permission asked for when there is a virtual processor already. */
static int late(int kvm)
{
	puts("[RUN]\tlate: AMX guest permission after the first virtual processor");
	int vm = call(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	call(vm, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	long result = syscall(SYS_arch_prctl, REQ_GUEST_PERM, TILEDATA);
	printf("[%s]\tlate: ARCH_REQ_XCOMP_GUEST_PERM after the first virtual processor returns %ld, errno %d (EBUSY is %d)\n",
	       result && errno == EBUSY ? "OK" : "FAIL", result, errno, EBUSY);
	return !result;
}

int main(int count, char **words)
{
	uint64_t bits = 0;
	int kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0) {
		perror("/dev/kvm");
		return 1;
	}
	if (count == 2 && !strcmp(words[1], "late"))
		return late(kvm);
	puts("[RUN]\tkvm: AMX in a guest");
	int before = offers_tiles(kvm);
	printf("[%s]\tkvm: without guest permission KVM offers no tile data: %d\n", before ? "FAIL" : "OK", before);
	syscall(SYS_arch_prctl, GET_GUEST_PERM, &bits);
	printf("[INFO]\tkvm: ARCH_GET_XCOMP_GUEST_PERM 0x%llx\n", (unsigned long long)bits);
	printf("[INFO]\tkvm: ARCH_REQ_XCOMP_GUEST_PERM returns %ld\n", syscall(SYS_arch_prctl, REQ_GUEST_PERM, TILEDATA));
	syscall(SYS_arch_prctl, GET_GUEST_PERM, &bits);
	printf("[INFO]\tkvm: ARCH_GET_XCOMP_GUEST_PERM 0x%llx\n", (unsigned long long)bits);
	int vm = call(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	uint8_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {.memory_size = SIZE, .userspace_addr = (uint64_t)memory};
	call(vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	tables(memory);
	int cpu = call(vm, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	errno = 0;
	long again = syscall(SYS_arch_prctl, REQ_GUEST_PERM, TILEDATA);
	printf("[INFO]\tkvm: ARCH_REQ_XCOMP_GUEST_PERM once more, after the first virtual processor, returns %ld, errno %d\n", again, errno);
	long other = syscall(SYS_arch_prctl, REQ_GUEST_PERM, TILEDATA - 1);
	printf("[INFO]\tkvm: ARCH_REQ_XCOMP_GUEST_PERM for component 17 returns %ld, errno %d\n", other, errno);
	int after = offers_tiles(kvm);
	printf("[%s]\tkvm: with guest permission KVM offers tile data: %d\n", after ? "OK" : "FAIL", after);
	for (unsigned i = 0; i < id.head.nent; i++) {
		struct kvm_cpuid_entry2 *e = &id.entries[i];
		if (e->function == 0xd && (e->index < 2 || e->index == 17 || e->index == 18))
			printf("[INFO]\tkvm: KVM_GET_SUPPORTED_CPUID 0xD.%u: EAX 0x%x EBX 0x%x ECX 0x%x\n", e->index, e->eax, e->ebx, e->ecx);
	}
	call(cpu, KVM_SET_CPUID2, &id, "KVM_SET_CPUID2");
	struct kvm_sregs s;
	call(cpu, KVM_GET_SREGS, &s, "KVM_GET_SREGS");
	s.cs = segment(8, 11, 1);
	s.ds = s.es = s.ss = s.fs = s.gs = segment(16, 3, 0);
	s.gdt = (struct kvm_dtable){.base = GDT, .limit = 23};
	s.idt = (struct kvm_dtable){.base = IDT, .limit = 0xfff};
	s.cr3 = PML4;
	s.cr4 = 0x20;               /* PAE */
	s.cr0 = 0x80000033;         /* PG, NE, ET, MP, PE */
	s.efer = 0x500;             /* LME, LMA */
	call(cpu, KVM_SET_SREGS, &s, "KVM_SET_SREGS");
	struct kvm_regs r = {.rip = CODE, .rsp = STACK, .rflags = 2};
	call(cpu, KVM_SET_REGS, &r, "KVM_SET_REGS");
	size_t size = (size_t)call(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	for (;;) {
		call(cpu, KVM_RUN, NULL, "KVM_RUN");
		const uint8_t *data = (const uint8_t *)run + run->io.data_offset;
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT)
			continue;
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == 0xe2) {
			printf("[%s]\tkvm: the guest took #NM %u times\n", *data == 1 ? "OK" : "FAIL", *data);
		} else if (run->exit_reason == KVM_EXIT_IO && run->io.port == 0xe3) {
			printf("[%s]\tkvm: the guest read XFD_ERR 0x%x\n", *data == 4 ? "OK" : "FAIL", *data << 16);
		} else {
			printf("[%s]\tkvm: the guest ended with exit reason %u (HLT is %u)\n", run->exit_reason == KVM_EXIT_HLT ? "OK" : "FAIL", run->exit_reason, KVM_EXIT_HLT);
			return run->exit_reason != KVM_EXIT_HLT;
		}
	}
}
