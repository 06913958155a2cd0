/* SPDX-License-Identifier: MIT
 *
 * Small traces that ask for much memory: 32 KB that unpack to a gigabyte of facts, a region of 8 GB. A reader takes them with little
 * memory and reports damage. The memory is limited by the system, so that a missing bound fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/model/model.h"
#include "lib/host/input/checksum.h"
#include "lib/host/replay/packets.h"
#include "lib/host/writer.h"

#define LIMIT (48u << 20) /* bytes that reading may take beyond what the process has */
#define HEADERS 20000u
#define FACTS_EACH 128u /* in a header: a letter or two and a NUL */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITED false /* a sanitizer reserves addresses beyond any limit */
#else
#define LIMITED true
#endif

static void limit_memory(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu", &pages) != 1)
        _exit(3);
    fclose(f);
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + LIMIT;
    if (LIMITED && setrlimit(RLIMIT_AS, &(struct rlimit){most, most}))
        _exit(3);
}

/* Reads a trace in a child, with little memory. Returns the first error. */
static int read_limited(struct hs_reader *reader)
{
    int how;
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        const struct hs_event *events;
        long n;
        limit_memory();
        struct hs_model *model = hs_model_new(NULL);
        while (model && (n = hs_reader_next(reader, &events)) > 0 && !hs_model_feed(model, events, n))
            ;
        const struct hs_error *error = hs_reader_error(reader);
        _exit(!model || model->error ? -HS_ERR_MEMORY : error ? -error->code : 0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return -WEXITSTATUS(how);
}

/* ---- regions ---- */

static int read_region(uint32_t first, uint32_t granules)
{
    struct hs_packets p = {.bytes = NULL};
    struct hs_error error = {0};
    hs_packets_header(&p, &(struct hs_packets_config){.hz = 1000, .shift = 4});
    hs_packets_boot(&p);
    hs_packets_put(&p, &(struct hs_record){.kind = HS_REGION,
                                           .region = {.first = first,
                                                      .granules = granules,
                                                      .shift = 4,
                                                      .memory = HS_MEMORY_INTERNAL,
                                                      .placement = HS_PLACE_EXPLICIT,
                                                      .base = 0x20000000,
                                                      .least = 16,
                                                      .name = {"gc", 2}}});
    struct hs_feed *feed = hs_feed_of_packets(&p);
    assert_non_null(feed);
    struct hs_reader *reader = hs_reader_of_feed(feed, "region", &error);
    assert_non_null(reader);
    int err = read_limited(reader);
    hs_reader_close(reader);
    return err;
}

static void usual_region(void **state)
{
    (void)state;
    assert_int_equal(read_region(0, 1u << 16), HS_OK);
}

static void large_region(void **state)
{
    (void)state;
    assert_int_equal(read_region(0, 1u << 29), HS_ERR_FULL); /* 8 GB */
}

static void far_region(void **state)
{
    (void)state;
    assert_int_equal(read_region(0xfff00000, 1u << 12), HS_ERR_FULL);
}

/* ---- facts ---- */

struct facts {
    bool differ; /* each header has its own */
    struct hs_ring_header header;
};

static size_t put_header(uint8_t *at, const struct facts *facts, unsigned number)
{
    struct hs_ring_header h = facts->header;
    char *text = (char *)at + sizeof h;
    h.header_size = sizeof h + HS_FACTS_MAX;
    h.total_size = h.header_size + h.packet_size;
    h.boot = 1 + number;
    memset(text, 0, HS_FACTS_MAX);
    for (unsigned i = 0; i < FACTS_EACH; i++, text += 4) {
        unsigned n = facts->differ ? number * FACTS_EACH + i : i;
        for (unsigned k = 0; k < 3; k++, n /= 90)
            text[k] = (char)(33 + n % 90 + (33 + n % 90 >= '='));
    }
    memcpy(at, &h, sizeof h);
    uint8_t *whole = at;
    h.check = hs_header_sum((const struct hs_ring_header *)(const void *)whole);
    memcpy(at, &h, sizeof h);
    return h.header_size;
}

static int read_facts(struct facts facts, off_t *size)
{
    static uint64_t buffer[(sizeof(struct hs_ring_header) + HS_FACTS_MAX) / 8 + 1];
    char path[] = "/tmp/hs-bounds-XXXXXX";
    struct hs_error error = {0};
    struct stat file;
    int fd = mkstemp(path);
    struct hs_packets p = {.bytes = NULL};
    hs_packets_header(&p, &(struct hs_packets_config){.hz = 1000, .shift = 4});
    memcpy(&facts.header, p.bytes, sizeof facts.header);
    free(p.bytes);
    struct hs_writer *w = hs_writer_of_fd(fd, path, NULL, &error);
    assert_non_null(w);
    for (unsigned i = 0; i < HEADERS; i++)
        hs_writer_put(w, buffer, put_header((uint8_t *)buffer, &facts, i));
    assert_int_equal(hs_writer_close(w, &error), HS_OK);
    assert_int_equal(fstat(fd, &file), 0);
    *size = file.st_size;
    close(fd);
    struct hs_reader *reader = hs_reader_open(path, &error);
    unlink(path);

    assert_non_null(reader);
    int err = read_limited(reader);
    hs_reader_close(reader);
    return err;
}

/* Each header of a stream has the facts again: they are kept once. */
static void facts_again_and_again(void **state)
{
    off_t size;
    (void)state;
    assert_int_equal(read_facts((struct facts){.differ = false}, &size), HS_OK);
    assert_true(size < 200000);
}

static void facts_without_end(void **state)
{
    off_t size;
    (void)state;
    assert_int_equal(read_facts((struct facts){.differ = true}, &size), HS_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_region),          cmocka_unit_test(large_region),      cmocka_unit_test(far_region),
        cmocka_unit_test(facts_again_and_again), cmocka_unit_test(facts_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
