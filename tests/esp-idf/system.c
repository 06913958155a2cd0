/* SPDX-License-Identifier: MIT
 *
 * The rest of ESP-IDF and FreeRTOS that the component calls, over threads of the host.
 */
#include <pthread.h>
#include <stdio.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "esp_cache.h"
#include "esp_memory_utils.h"
#include "esp_private/cache_utils.h"
#include "esp_psram.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

bool system_without_order, system_cache_off;
__thread bool system_in_interrupt;
__thread int system_core;
__thread const char *system_task_name = "worker";
int64_t system_clock_ahead;

struct system_memory system_memory(size_t size, bool alias)
{
    int fd = memfd_create("region", 0);
    if (ftruncate(fd, (off_t)size))
        abort();
    struct system_memory memory = {.at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)};
    if (alias)
        memory.alias = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory;
}

static pthread_mutex_t locks[16];
void system_lock_init(unsigned number) { pthread_mutex_init(&locks[number], NULL); }
void system_lock(unsigned number) { pthread_mutex_lock(&locks[number]); }
void system_unlock(unsigned number) { pthread_mutex_unlock(&locks[number]); }

void system_in_flash(void)
{
    if (system_cache_off) {
        fprintf(stderr, "code in flash while the cache is off\n");
        abort();
    }
}

/* A spin lock that its owner may take again. Without order only the recorder's own sections are kept apart, so that a
 * test can see that it would see it. */
static __thread unsigned depth;
static __thread char me;

static void take(portMUX_TYPE *mux)
{
    uintptr_t mine = (uintptr_t)&me, nobody = 0;
    if (__atomic_load_n(&mux->owner, __ATOMIC_ACQUIRE) != mine)
        while (!__atomic_compare_exchange_n(&mux->owner, &nobody, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            nobody = 0;
            sched_yield();
        }
    mux->count++;
}

static void give(portMUX_TYPE *mux)
{
    if (!--mux->count)
        __atomic_store_n(&mux->owner, 0, __ATOMIC_RELEASE);
}

void portENTER_CRITICAL_SAFE(portMUX_TYPE *mux)
{
    if (depth++ || !system_without_order)
        take(mux);
}

void portEXIT_CRITICAL_SAFE(portMUX_TYPE *mux)
{
    if (--depth || !system_without_order)
        give(mux);
}

/* A task that waits with interrupts masked stops its core: the one that has the mutex may never run again. */
void system_may_wait(void)
{
    if (depth || system_in_interrupt) {
        fprintf(stderr, "waits for a mutex while interrupts are masked\n");
        abort();
    }
}

_Static_assert(sizeof(StaticSemaphore_t) >= sizeof(pthread_mutex_t), "a mutex of the host has room");

SemaphoreHandle_t xSemaphoreCreateRecursiveMutexStatic(StaticSemaphore_t *memory)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init((pthread_mutex_t *)memory, &kind);
    return (SemaphoreHandle_t)memory;
}

int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, uint32_t ticks)
{
    (void)ticks;
    system_may_wait();
    return !pthread_mutex_lock((pthread_mutex_t *)mutex);
}

int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex) { return !pthread_mutex_unlock((pthread_mutex_t *)mutex); }
int xTaskGetSchedulerState(void) { return taskSCHEDULER_RUNNING; }

bool xPortInIsrContext(void) { return system_in_interrupt; }
int xPortGetCoreID(void) { return system_core; }

char *pcTaskGetName(TaskHandle_t task)
{
    (void)task;
    system_in_flash();
    return (char *)system_task_name;
}

int64_t esp_timer_get_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return system_clock_ahead + (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

esp_reset_reason_t esp_reset_reason(void) { return ESP_RST_POWERON; }
void esp_restart(void) { abort(); }
const char *esp_get_idf_version(void) { return "stand-in"; }
esp_err_t esp_cache_msync(void *address, size_t size, int flags) { return (void)address, (void)size, (void)flags, ESP_OK; }
bool spi_flash_cache_enabled(void) { return !system_cache_off; }

bool esp_psram_is_initialized(void) { return true; }
size_t esp_psram_get_size(void) { return 1u << 20; }

bool esp_ptr_external_ram(const void *address) { return standin_region_of(address) == SYSTEM_PSRAM; }
bool esp_ptr_in_rtc_slow(const void *address) { return (void)address, false; }
bool esp_ptr_in_rtc_dram_fast(const void *address) { return standin_region_of(address) == SYSTEM_RTC; }
bool esp_ptr_in_rtc_iram_fast(const void *address) { return (void)address, false; }
bool esp_ptr_in_iram(const void *address) { return (void)address, false; }
