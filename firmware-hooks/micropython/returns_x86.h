/* SPDX-License-Identifier: MIT
 *
 * The wrap of mp_execute_bytecode for x86. It uses no C stack, so a recursion can be as deep as without it.
 *
 * hs_mp_call saves the call's return address in an array and replaces it by hs_mp_return. When the call returns there,
 * hs_mp_returned restores the code that ran before, and hs_mp_return jumps to the saved address. If the address cannot be
 * saved, the wrap is hs_mp_call_on_stack, which uses a stack frame.
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
        "leaq 16(%rsp), %rsi\n" /* the address of the return address */
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
        "pushq %rax\n" /* into the word of the return address */
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
