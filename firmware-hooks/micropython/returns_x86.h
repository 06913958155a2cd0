/* SPDX-License-Identifier: MIT
 *
 * The wrap of mp_execute_bytecode for x86: it takes no room on the C stack, so that a recursion gets as deep as without it.
 *
 * The call's return address is kept elsewhere (hs_mp_call), and hs_mp_return takes its place. There the code that ran before
 * becomes the running one again (hs_mp_returned), and what remains is a jump to where the call was made. Where the address
 * cannot be kept the wrap is hs_mp_call_on_stack, which takes a frame.
 */
#ifndef HS_RETURNS_X86_H
#define HS_RETURNS_X86_H

#ifdef __x86_64__
__asm__(".pushsection .text.hs_returns,\"ax\",@progbits\n"
        ".globl __wrap_mp_execute_bytecode\n"
        ".type __wrap_mp_execute_bytecode, @function\n"
        "__wrap_mp_execute_bytecode:\n"
        "pushq %rdi\n"
        "pushq %rsi\n"
        "leaq 16(%rsp), %rsi\n" /* where the return address is */
        "subq $8, %rsp\n"
        "call hs_mp_call\n"
        "addq $8, %rsp\n"
        "popq %rsi\n"
        "popq %rdi\n"
        "testb %al, %al\n"
        "je hs_mp_call_on_stack\n"
        "jmp __real_mp_execute_bytecode\n"
        ".size __wrap_mp_execute_bytecode, . - __wrap_mp_execute_bytecode\n"
        ".globl hs_mp_return\n"
        ".hidden hs_mp_return\n"
        ".type hs_mp_return, @function\n"
        "hs_mp_return:\n"
        "pushq %rax\n" /* where the return address was */
        "movq %rsp, %rdi\n"
        "subq $8, %rsp\n"
        "call hs_mp_returned\n"
        "addq $8, %rsp\n"
        "movq %rax, %rcx\n"
        "popq %rax\n"
        "notrack jmp *%rcx\n"
        ".size hs_mp_return, . - hs_mp_return\n"
        ".popsection\n");
#else
__asm__(".pushsection .text.hs_returns,\"ax\",@progbits\n"
        ".globl __wrap_mp_execute_bytecode\n"
        ".type __wrap_mp_execute_bytecode, @function\n"
        "__wrap_mp_execute_bytecode:\n"
        "movl 4(%esp), %edx\n"
        "movl %esp, %eax\n"
        "subl $12, %esp\n"
        "movl %edx, (%esp)\n"
        "movl %eax, 4(%esp)\n"
        "call hs_mp_call\n"
        "addl $12, %esp\n"
        "testb %al, %al\n"
        "je hs_mp_call_on_stack\n"
        "jmp __real_mp_execute_bytecode\n"
        ".size __wrap_mp_execute_bytecode, . - __wrap_mp_execute_bytecode\n"
        ".globl hs_mp_return\n"
        ".hidden hs_mp_return\n"
        ".type hs_mp_return, @function\n"
        "hs_mp_return:\n"
        "pushl %eax\n"
        "movl %esp, %edx\n"
        "subl $12, %esp\n"
        "movl %edx, (%esp)\n"
        "call hs_mp_returned\n"
        "addl $12, %esp\n"
        "movl %eax, %ecx\n"
        "popl %eax\n"
        "notrack jmp *%ecx\n"
        ".size hs_mp_return, . - hs_mp_return\n"
        ".popsection\n");
#endif

#endif
