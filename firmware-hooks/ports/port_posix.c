/* SPDX-License-Identifier: MIT
 *
 * Port for processes, configured by environment variables:
 *
 *   HEAPSTRATA_OUT=FILE          stream everything from boot to exit into FILE
 *   HEAPSTRATA_RING=FILE:SIZE    a ring in FILE, like memory that survives a reset: it survives kill -9, and the
 *                                next process continues it (SIZE: 64k, 1M, ...); one process at a time
 *   HEAPSTRATA_PACKET=BYTES      size of a packet
 *   HEAPSTRATA_TIME_SCALE=N      the clock runs N times faster, so time stamps look like those of a slower machine
 *   HEAPSTRATA_STACKS=1          sites have the Python stack (report --call-graph)
 *   HEAPSTRATA_REFS=mark,fail    record the reference graph after every mark, and after a failed allocation (the default
 *                                is "fail"; an empty value turns it off)
 *   HEAPSTRATA_COLLECT_EVERY=N   gc.threshold(N) from the start: shows within N bytes when blocks became garbage
 *   HEAPSTRATA_LEVEL=LEVEL       full, sampled[:INTERVAL[:SEED]] or summary
 *
 * Without the first two, the image is 256 KB of the process's memory and recording waits for heapstrata.start().
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"

bool hs_posix_threads;
volatile bool hs_posix_locked;

static FILE *out;
static unsigned scale = 1;

void hs_port_threads(void) { hs_posix_threads = true; }
uint8_t hs_port_memory_kind(const void *address) { return (void)address, HS_MEMORY_HOST; }

uint32_t hs_port_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) * scale / 1000u);
}

/* --- the memory of the image ------------------------------------------------------------------------- */

static void complain(const char *what, const char *name)
{
    fprintf(stderr, "heapstrata: %s: ", what);
    perror(name);
}

/* A signal may interrupt a write to a pipe: the rest is written then. */
static bool write_all(const char *data, size_t len)
{
    while (len) {
        size_t n = fwrite(data, 1, len, out);
        data += n;
        len -= n;
        if (len && errno != EINTR)
            return false;
        clearerr(out);
    }
    return true;
}

bool hs_port_write(const void *data, uint32_t len)
{
    if (!out || write_all(data, len))
        return true;
    complain("the trace is cut short", "HEAPSTRATA_OUT");
    fclose(out);
    out = NULL;
    return false;
}

void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

static void finish(void)
{
    if (hs_state != HS_STATE_OFF)
        hs_stop();
    if (out && fclose(out))
        complain("the trace is cut short", "HEAPSTRATA_OUT");
    out = NULL;
}

#define RING_MOST (63ul << 20) /* bytes, which a reader takes for an image */

static unsigned long number(const char *text, unsigned long otherwise)
{
    char *end;
    if (!text || !*text)
        return otherwise;
    unsigned long value = strtoul(text, &end, 0);
    unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20 : 0;
    return value > ULONG_MAX >> shift ? ULONG_MAX : value << shift;
}

/* Returns false if another process uses the ring. The lock is released when the process ends, so the file stays open. On a
 * file system without locks the ring is used unlocked. */
static bool lock_ring(int fd, const char *name)
{
    if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
        return true;
    fprintf(stderr, "heapstrata: the ring %s belongs to another process that runs: nothing is recorded. Give each its own\n",
            name);
    return false;
}

/* Makes the file `size` bytes long and allocates all of it on the disk: a store into a mapped page without disk space would
 * end the program (SIGBUS). */
static bool make_room(int fd, const char *name, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && ((size_t)st.st_size == size || ftruncate(fd, (off_t)size) == 0)) {
        errno = posix_fallocate(fd, 0, (off_t)size);
        if (errno == 0)
            return true;
        int why = errno;
        if (ftruncate(fd, st.st_size) == 0 && st.st_size == 0)
            unlink(name);
        errno = why;
    }
    complain("no room for the ring, nothing is recorded", name);
    return false;
}

/* Maps the file after make_room(); its content is kept. NULL after an error message. */
static void *map_ring(const char *name, size_t size)
{
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        complain("cannot open the ring, nothing is recorded", name);
        return NULL;
    }
    void *memory = MAP_FAILED;
    if (lock_ring(fd, name) && make_room(fd, name, size)) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            complain("cannot map the ring, nothing is recorded", name);
    }
    if (memory == MAP_FAILED)
        close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool use_ring(struct hs_config *config, const char *spec)
{
    const char *colon = strrchr(spec, ':');
    char name[4096];
    unsigned long size = number(colon ? colon + 1 : NULL, 256 << 10);
    config->memory_size = size <= RING_MOST ? (uint32_t)size : 0;
    snprintf(name, sizeof name, "%.*s", (int)(colon ? colon - spec : (long)strlen(spec)), spec);
    if (config->memory_size < HS_IMAGE_MIN) {
        fprintf(stderr, "heapstrata: HEAPSTRATA_RING=%s: a ring has %u bytes to %u MB, nothing is recorded\n", spec, HS_IMAGE_MIN,
                (unsigned)(RING_MOST >> 20));
        return false;
    }
    config->memory = map_ring(name, config->memory_size);
    if (!config->memory)
        config->memory_size = 0; /* hs_port_image then uses the default */
    return config->memory != NULL;
}

static bool use_stream(struct hs_config *config, const char *name)
{
    out = fopen(name, "wb");
    if (!out) {
        complain("cannot write the trace", name);
        return false;
    }
    setvbuf(out, NULL, _IONBF, 0); /* so that a crash loses only the open packet */
    config->flags |= HS_RING_STREAM;
    config->memory_size = 64 << 10;
    config->packet_size = 16384;
    return true;
}

static void choose_packet(struct hs_config *config)
{
    unsigned long size = number(getenv("HEAPSTRATA_PACKET"), config->packet_size);
    if (config->flags & HS_RING_STREAM && size > config->memory_size / 4 && size <= HS_PACKET_MAX)
        config->memory_size = (uint32_t)size * 4;
    unsigned long most = config->memory_size / 4 < HS_PACKET_MAX ? config->memory_size / 4 : HS_PACKET_MAX;
    if (size && (size < HS_PACKET_MIN || size > most || size % 4))
        fprintf(stderr, "heapstrata: HEAPSTRATA_PACKET=%lu: a packet of this trace has %u to %lu bytes, a multiple of 4\n", size,
                HS_PACKET_MIN, most);
    else
        config->packet_size = (uint32_t)size;
}

/* Parses [:INTERVAL[:SEED]] after the level's name; false if it is malformed. */
static bool get_numbers(const char *text, struct hs_level_choice *choice)
{
    char *end;
    if (*text != ':')
        return !*text;
    choice->interval = (uint32_t)strtoul(text + 1, &end, 0);
    if (*end == ':')
        choice->seed = (uint32_t)strtoul(end + 1, &end, 0);
    return !*end && choice->interval && choice->interval <= HS_LEVEL_INTERVAL_MAX;
}

static void choose_level(struct hs_config *config)
{
    static const char *const names[] = {[HS_LEVEL_FULL] = "full", [HS_LEVEL_SAMPLED] = "sampled", [HS_LEVEL_SUMMARY] = "summary"};
    const char *text = getenv("HEAPSTRATA_LEVEL");
    if (!text || !*text)
        return;
    for (uint8_t level = HS_LEVEL_FULL; level <= HS_LEVEL_SUMMARY; level++) {
        struct hs_level_choice choice = {.level = level, .interval = config->level.interval};
        size_t len = strlen(names[level]);
        if (strncmp(text, names[level], len) == 0 && get_numbers(text + len, &choice)) {
            config->level = choice;
            return;
        }
    }
    fprintf(stderr,
            "heapstrata: HEAPSTRATA_LEVEL=%s: there are full, sampled, sampled:INTERVAL and summary; an interval "
            "is 1 to %u bytes\n",
            text, HS_LEVEL_INTERVAL_MAX);
}

bool hs_port_image(struct hs_config *config)
{
    const char *stream = getenv("HEAPSTRATA_OUT"), *ring = getenv("HEAPSTRATA_RING");
    bool record = stream && *stream ? use_stream(config, stream) : ring && *ring && use_ring(config, ring);
    scale = (unsigned)number(getenv("HEAPSTRATA_TIME_SCALE"), 1);
    config->hz = 1000000;
    if (number(getenv("HEAPSTRATA_STACKS"), 0))
        config->flags |= HS_RING_CONTEXT;
    if (!config->memory_size)
        config->memory_size = 256 << 10;
    choose_packet(config);
    choose_level(config);
    if (!config->memory)
        config->memory = calloc(1, config->memory_size);
    atexit(finish);
    return record;
}

/* Whether a setting names moments at which references are recorded, or none. */
static bool names_moments(const char *words)
{
    while (*words) {
        size_t len = strcspn(words, ", ");
        if (len && (len != 4 || (strncmp(words, "mark", len) && strncmp(words, "fail", len))))
            return false;
        words += len + strspn(words + len, ", ");
    }
    return true;
}

static const char *choose_refs(const char *words)
{
    if (!words || names_moments(words))
        return words;
    fprintf(stderr, "heapstrata: HEAPSTRATA_REFS=%s: there are mark, fail and mark,fail; an empty value records none\n", words);
    return NULL;
}

const char *hs_port_setting(const char *name)
{
    const char *value = getenv(name);
    return strcmp(name, "HEAPSTRATA_REFS") ? value : choose_refs(value);
}

/* --- facts -------------------------------------------------------------------------------------------- */

static char facts[HS_FACTS_MAX];
static uint32_t facts_len;

/* Adds a fact; one that does not fit is omitted. */
static void fact(const char *key, const char *value)
{
    int len = snprintf(facts + facts_len, sizeof facts - facts_len, "%s=%s", key, value);
    if (len > 0 && (size_t)len < sizeof facts - facts_len)
        facts_len += (uint32_t)len + 1;
}

struct hs_text hs_port_facts(struct hs_text base)
{
    char path[HS_FACTS_MAX];
    memcpy(facts, base.data, base.len);
    facts_len = base.len;
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len > 0) {
        path[len] = 0;
        fact("exe", path);
    }
    if (scale != 1)
        fact("time-scale", getenv("HEAPSTRATA_TIME_SCALE"));
    if (number(getenv("HEAPSTRATA_COLLECT_EVERY"), 0))
        fact("collect-every", getenv("HEAPSTRATA_COLLECT_EVERY"));
    return (struct hs_text){facts, facts_len};
}
