/* SPDX-License-Identifier: MIT */
#include "tests/esp-idf/bare_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_cache.h"
#include "esp_memory_utils.h"
#include "esp_private/cache_utils.h"
#include "esp_private/startup_internal.h"
#include "esp_psram.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "tests/cores/machine.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

/* --- the console ------------------------------------------------------------------------------------------- */

static int put_char(char c, FILE *file)
{
    static char line[160];
    static unsigned len;
    (void)file;
    line[len++] = c;
    if (c != '\n' && len < sizeof line - 1)
        return 0;
    line[len] = '\0';
    machine_print(line);
    len = 0;
    return 0;
}
static FILE console = FDEV_SETUP_STREAM(put_char, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;

/* --- start-up ----------------------------------------------------------------------------------------------- */

extern void (*const init_array_start[])(void);
extern void (*const init_array_end[])(void);
extern const struct standin_init __start_standin_init[], __stop_standin_init[];

void bare_constructors(void)
{
    for (void (*const *at)(void) = init_array_end; at-- > init_array_start;)
        (*at)();
}

void bare_init_functions(void)
{
    for (int priority = 0; priority < 1000; priority++)
        for (const struct standin_init *at = __start_standin_init; at < __stop_standin_init; at++)
            if (at->priority == priority)
                at->function();
}

static esp_reset_reason_t reset_reason;
__attribute__((constructor)) static void read_reset_reason(void) { reset_reason = ESP_RST_TASK_WDT; }
esp_reset_reason_t esp_reset_reason(void) { return reset_reason; }

/* --- interrupts ---------------------------------------------------------------------------------------------- */

static volatile uint32_t *const mtime = (uint32_t *)0x0200bff8, *const mtimecmp = (uint32_t *)0x02004000; /* 10 MHz */
static void (*interrupt_handler)(void);
static uint32_t interrupt_ticks;
static volatile bool in_interrupt;
__attribute__((used, aligned(16))) static uint8_t interrupt_stack[8192];

static void next_interrupt(void)
{
    uint32_t low = mtime[0], high = mtime[1];
    mtimecmp[1] = UINT32_MAX;
    mtimecmp[0] = low + interrupt_ticks;
    mtimecmp[1] = high + (low + interrupt_ticks < low);
}

__attribute__((used)) static void on_trap(uint32_t cause)
{
    if (!(cause >> 31))
        machine_exit(MACHINE_FAULT);
    next_interrupt();
    in_interrupt = true;
    interrupt_handler();
    in_interrupt = false;
}

__attribute__((naked, aligned(4))) static void trap(void)
{
    __asm__ volatile(
        ".option arch, +zicsr\n"
        "csrw mscratch, sp\nla sp, interrupt_stack + 8192 - 64\n"
        "sw ra, 0(sp)\nsw t0, 4(sp)\nsw t1, 8(sp)\nsw t2, 12(sp)\nsw a0, 16(sp)\nsw a1, 20(sp)\nsw a2, 24(sp)\nsw a3, 28(sp)\n"
        "sw a4, 32(sp)\nsw a5, 36(sp)\nsw a6, 40(sp)\nsw a7, 44(sp)\nsw t3, 48(sp)\nsw t4, 52(sp)\nsw t5, 56(sp)\nsw t6, 60(sp)\n"
        "csrr a0, mcause\ncall on_trap\n"
        "lw ra, 0(sp)\nlw t0, 4(sp)\nlw t1, 8(sp)\nlw t2, 12(sp)\nlw a0, 16(sp)\nlw a1, 20(sp)\nlw a2, 24(sp)\nlw a3, 28(sp)\n"
        "lw a4, 32(sp)\nlw a5, 36(sp)\nlw a6, 40(sp)\nlw a7, 44(sp)\nlw t3, 48(sp)\nlw t4, 52(sp)\nlw t5, 56(sp)\nlw t6, 60(sp)\n"
        "csrr sp, mscratch\nmret");
}

static void set_interrupts(bool on)
{
    if (on)
        __asm__ volatile(".option arch, +zicsr\ncsrsi mstatus, 8" ::: "memory");
    else
        __asm__ volatile(".option arch, +zicsr\ncsrci mstatus, 8" ::: "memory");
}

static uint32_t depth;

void bare_interrupts(void (*handler)(void), uint32_t microseconds)
{
    set_interrupts(false);
    interrupt_handler = handler;
    interrupt_ticks = microseconds * 10;
    if (!handler)
        return;
    next_interrupt();
    __asm__ volatile(".option arch, +zicsr\ncsrw mtvec, %0\ncsrw mie, %1" ::"r"(trap), "r"(1u << 7));
    set_interrupts(true);
}

static void enter(void)
{
    set_interrupts(false);
    depth++;
}

static void leave(void)
{
    if (!--depth && interrupt_handler && !in_interrupt)
        set_interrupts(true);
}

void portENTER_CRITICAL_SAFE(portMUX_TYPE *mux) { (void)mux, enter(); }
void portEXIT_CRITICAL_SAFE(portMUX_TYPE *mux) { (void)mux, leave(); }

/* Nested calls, and system_lock() in between, find interrupts masked, and leave them so. */
uint32_t portSET_INTERRUPT_MASK_FROM_ISR(void)
{
    uint32_t before = depth;
    enter();
    return before;
}
void portCLEAR_INTERRUPT_MASK_FROM_ISR(uint32_t before)
{
    if (depth != before + 1) /* not the last call's */
        machine_exit(MACHINE_FAULT);
    leave();
}
void system_lock_init(unsigned number) { (void)number; }
void system_lock(unsigned number) { (void)number, enter(); }
void system_unlock(unsigned number) { (void)number, leave(); }
bool xPortInIsrContext(void) { return in_interrupt; }
int xPortGetCoreID(void) { return 0; }

/* --- tasks --------------------------------------------------------------------------------------------------- */

struct context {
    uint32_t ra, sp, tp, s[12];
};
static struct context contexts[BARE_TASKS], before;
static unsigned at_hand;
static bool over[BARE_TASKS];
static void (*const *code)(void);
static uint8_t stacks[BARE_TASKS][8192] __attribute__((aligned(16)));
extern const uint8_t tls_size[]; /* the linker's */

__attribute__((naked, noinline)) static void change(struct context *from, const struct context *to)
{
    __asm__ volatile(
        "sw ra, 0(a0)\nsw sp, 4(a0)\nsw tp, 8(a0)\nsw s0, 12(a0)\nsw s1, 16(a0)\nsw s2, 20(a0)\nsw s3, 24(a0)\nsw s4, 28(a0)\n"
        "sw s5, 32(a0)\nsw s6, 36(a0)\nsw s7, 40(a0)\nsw s8, 44(a0)\nsw s9, 48(a0)\nsw s10, 52(a0)\nsw s11, 56(a0)\n"
        "lw ra, 0(a1)\nlw sp, 4(a1)\nlw tp, 8(a1)\nlw s0, 12(a1)\nlw s1, 16(a1)\nlw s2, 20(a1)\nlw s3, 24(a1)\nlw s4, 28(a1)\n"
        "lw s5, 32(a1)\nlw s6, 36(a1)\nlw s7, 40(a1)\nlw s8, 44(a1)\nlw s9, 48(a1)\nlw s10, 52(a1)\nlw s11, 56(a1)\nret");
}

static bool choose(void)
{
    for (unsigned i = 1; i <= BARE_TASKS; i++) {
        unsigned next = (at_hand + i) % BARE_TASKS;
        if (!over[next]) {
            at_hand = next;
            return true;
        }
    }
    return false;
}

char *pcTaskGetName(TaskHandle_t task)
{
    static char name[BARE_TASKS][24] = {"sensor", "net=work", "a name longer than 16"};
    (void)task;
    system_in_flash();
    return name[at_hand];
}

void bare_yield(void)
{
    struct context *from = &contexts[at_hand];
    if (choose() && &contexts[at_hand] != from)
        change(from, &contexts[at_hand]);
}

static void run_one(void)
{
    struct context last;
    code[at_hand]();
    over[at_hand] = true;
    change(&last, choose() ? &contexts[at_hand] : &before);
}

void bare_run_tasks(void (*const task[BARE_TASKS])(void))
{
    code = task;
    for (unsigned i = 0; i < BARE_TASKS; i++) {
        uint32_t top = (uint32_t)(uintptr_t)&stacks[i][sizeof stacks[i]] - (((uint32_t)(uintptr_t)tls_size + 15) & ~15u);
        contexts[i] = (struct context){.ra = (uint32_t)(uintptr_t)run_one, .sp = top, .tp = top};
        memset((void *)(uintptr_t)top, 0, (uint32_t)(uintptr_t)tls_size);
        over[i] = false;
    }
    at_hand = 0;
    change(&before, &contexts[0]);
}

/* --- memory ---------------------------------------------------------------------------------------------------- */

bool system_cache_off;
extern uint8_t flash_start[], flash_end[];
static uint8_t flash_copy[256 << 10];

void bare_cache(bool on)
{
    uint32_t size = (uint32_t)(flash_end - flash_start);
    if (size > sizeof flash_copy)
        machine_exit(2);
    if (!on) {
        memcpy(flash_copy, flash_start, size);
        memset(flash_start, 0, size); /* no instruction is all zeros */
    } else {
        memcpy(flash_start, flash_copy, size);
    }
    enter();
    __asm__ volatile(".option arch, +zifencei\nfence.i" ::: "memory");
    system_cache_off = !on;
    leave();
}

/* Of FreeRTOS, which ESP-IDF has in internal RAM. */
void *pvPortMalloc(size_t size) { return heap_caps_malloc(size, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT); }
void vPortFree(void *block) { heap_caps_free(block); }
void *xQueueCreateMutex(uint8_t type) { return (void)type, pvPortMalloc(BARE_MUTEX); }
void *xQueueCreateCountingSemaphore(unsigned most, unsigned first) { return (void)most, (void)first, pvPortMalloc(BARE_MUTEX); }
int xTaskCreatePinnedToCore(void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task, int core)
{
    (void)code, (void)name, (void)stack, (void)argument, (void)priority, (void)core;
    return (*(void **)task = pvPortMalloc(BARE_MUTEX)) != NULL;
}
int xTaskCreate(void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task)
{
    return xTaskCreatePinnedToCore(code, name, stack, argument, priority, task, 0);
}

bool spi_flash_cache_enabled(void) { return !system_cache_off; }
void system_in_flash(void)
{
    if (system_cache_off)
        machine_exit(MACHINE_FAULT);
}

struct system_memory system_memory(size_t size, bool alias)
{
    static uint8_t memory[1 << 20] __attribute__((aligned(16)));
    static size_t used;
    (void)alias;
    if (used + size > sizeof memory)
        machine_exit(2);
    used += size;
    return (struct system_memory){.at = memory + used - size};
}

bool esp_ptr_external_ram(const void *address) { return standin_region_of(address) == SYSTEM_PSRAM; }
bool esp_ptr_in_rtc_slow(const void *address) { return (void)address, false; }
bool esp_ptr_in_rtc_dram_fast(const void *address) { return standin_region_of(address) == SYSTEM_RTC; }
bool esp_ptr_in_rtc_iram_fast(const void *address) { return (void)address, false; }
bool esp_ptr_in_iram(const void *address) { return (void)address, false; }
bool esp_psram_is_initialized(void) { return true; }
size_t esp_psram_get_size(void) { return 1u << 18; }
esp_err_t esp_cache_msync(void *address, size_t size, int flags) { return (void)address, (void)size, (void)flags, ESP_OK; }

uint32_t bare_zeros_in_section;

void *memset(void *at, int value, size_t size)
{
    if (depth && size > bare_zeros_in_section)
        bare_zeros_in_section = (uint32_t)size;
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)at)[i] = (uint8_t)value;
    return at;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

void abort(void) { machine_exit(2); }
void esp_restart(void) { machine_exit(2); }
const char *esp_get_idf_version(void) { return "stand-in"; }
int64_t esp_timer_get_time(void) { return (int64_t)(mtime[0] >> 3); }

uint32_t bare_instructions(void)
{
    uint32_t n;
    __asm__ volatile(".option arch, +zicsr\ncsrr %0, minstret" : "=r"(n));
    return n;
}
