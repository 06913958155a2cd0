/* SPDX-License-Identifier: MIT
 *
 * Mutated texts of mem_info(): whatever becomes of them, the reader does not crash, runs to an end, and tells of no
 * dump more than there are "GC: " lines and maps. Always compiled with the address and undefined behaviour sanitizers.
 *
 *   HS_MUTATIONS=N   in all (default 10000)
 *   HS_MUTATE_SEED=N
 *   HS_MUTATE_ONLY=N this one alone, left in the file `mutated` of HS_TMP
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/host/meminfo/meminfo.h"

#define TEXTS 16
#define TEXT_MAX 16384

static struct {
    uint8_t bytes[TEXT_MAX];
    size_t len;
} texts[TEXTS];
static unsigned n_texts;

static uint64_t state;
static uint32_t chance(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) * (uint64_t)n >> 31);
}

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* The seeds of the fuzzer are the texts. */
static void load(void)
{
    glob_t found;
    assert_int_equal(glob("tests/fuzz/corpus/fuzz_text/meminfo*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc && n_texts < TEXTS; i++) {
        FILE *f = fopen(found.gl_pathv[i], "rb");
        assert_non_null(f);
        texts[n_texts].len = fread(texts[n_texts].bytes, 1, TEXT_MAX, f);
        fclose(f);
        assert_true(texts[n_texts++].len > 100);
    }
    globfree(&found);
    assert_true(n_texts >= 3);
}

/* --- mutations ---------------------------------------------------------------------------------------- */

struct text {
    uint8_t bytes[2 * TEXT_MAX];
    size_t len;
};

static void replace(struct text *t, size_t at, size_t cut, const void *bytes, size_t n)
{
    if (at > t->len || cut > t->len - at || t->len - cut + n > sizeof t->bytes)
        return;
    memmove(t->bytes + at + n, t->bytes + at + cut, t->len - at - cut);
    memcpy(t->bytes + at, bytes, n);
    t->len += n - cut;
}

static void change_byte(struct text *t)
{
    static const char likely[] = "0123456789abcdef.=hmADFLMST():, \n\r>x\t";
    uint8_t byte = chance(3) ? (uint8_t)likely[chance(sizeof likely - 1)] : (uint8_t)chance(256);
    replace(t, chance((uint32_t)t->len), 1, &byte, 1);
}

static void insert_word(struct text *t)
{
    static const char *const words[] = {
        "GC: total: 128, used: 64, free: 64\n",
        " No. of 1-blocks: 1, 2-blocks: 0, max blk sz: 1, max free sz: 3\n",
        "GC memory layout; from 20000000:\n",
        "       (4294967295 lines all free)\n",
        "       (99999999999999999999 lines all free)\n",
        "00000000: h=..\n",
        "(1 lines all free)",
        ">>> ",
        "soft reboot\n",
        "MicroPython v1.25.0 on x; y\n",
        "stack: 1 out of 2\n",
        "18446744073709551615",
        "0",
        "ffffffff: ",
        "=",
        "\xc2\xa0",
        "\xff\xfe",
    };
    const char *word = words[chance(sizeof words / sizeof *words)];
    replace(t, chance((uint32_t)t->len + 1), 0, word, strlen(word));
}

static void cut_out(struct text *t)
{
    size_t at = chance((uint32_t)t->len), n = chance(chance(4) ? 8 : 2000);
    replace(t, at, n < t->len - at ? n : t->len - at, "", 0);
}

static void double_part(struct text *t)
{
    uint8_t part[2000];
    size_t at = chance((uint32_t)t->len), n = 1 + chance(sizeof part);
    n = n < t->len - at ? n : t->len - at;
    memcpy(part, t->bytes + at, n);
    replace(t, chance((uint32_t)t->len + 1), 0, part, n);
}

static void change_number(struct text *t)
{
    char number[24];
    size_t at = chance((uint32_t)t->len), n = 0;
    while (at < t->len && (t->bytes[at] < '0' || t->bytes[at] > '9'))
        at++;
    while (at + n < t->len && t->bytes[at + n] >= '0' && t->bytes[at + n] <= '9')
        n++;
    snprintf(number, sizeof number, "%llu",
             chance(2) ? (unsigned long long)chance(1000) : (unsigned long long)state >> chance(63));
    replace(t, at, n, number, strlen(number));
}

static void mutate(struct text *t)
{
    static void (*const ways[])(struct text *) = {change_byte, change_byte, insert_word, cut_out, double_part, change_number};
    for (unsigned n = 1 + chance(chance(3) ? 4 : 40); n && t->len > 1; n--)
        ways[chance(sizeof ways / sizeof *ways)](t);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static size_t occurrences(const struct text *t, const char *word)
{
    size_t n = 0;
    const uint8_t *at = t->bytes, *end = t->bytes + t->len;
    while ((at = memmem(at, (size_t)(end - at), word, strlen(word)))) {
        at++;
        n++;
    }
    return n;
}

static struct {
    uint64_t texts, dumps, maps, faults, events, none;
} count;

/* Every area's runs make up its granules, and a map that counts agrees with its figures. */
static void check_map(const struct hs_meminfo_log *log, const struct hs_meminfo *d)
{
    uint64_t granules = 0;
    for (size_t a = 0; a < d->n_areas; a++) {
        const struct hs_meminfo_area *area = &log->area[d->area + a];
        uint64_t sum = 0;
        for (size_t i = 0; i < area->n_runs; i++)
            sum += log->run[area->run + i].granules;
        assert_int_equal(sum, area->granules);
        granules += sum;
    }
    assert_int_equal(granules * d->granule, d->total);
}

static void read_all(const struct hs_meminfo_log *log)
{
    struct hs_error error = {0};
    const struct hs_event *event;
    long n;
    struct hs_reader *reader = hs_reader_of_feed(hs_feed_of_meminfo(log, &error), "mutated", &error);
    assert_non_null(reader);
    uint64_t marks = 0;
    while ((n = hs_reader_next(reader, &event)) > 0)
        for (long i = 0; i < n; i++, count.events++)
            marks += event[i].kind == HS_MARK;
    assert_int_equal(marks, log->n);
    assert_int_equal(hs_reader_info(reader)->damaged_packets, 0);
    assert_int_equal(hs_reader_info(reader)->diverged, 0);
    hs_reader_close(reader);
}

static void take(const struct text *t)
{
    struct hs_meminfo_log log;
    uint8_t *copy = malloc(t->len); /* its end is where the sanitizer looks */
    memcpy(copy, t->bytes, t->len);
    int err = hs_meminfo_read(&log, copy, t->len);
    assert_true(err == HS_OK || err == HS_ERR_KIND || err == HS_ERR_FULL);
    count.texts++;
    count.none += err != HS_OK;
    if (!err) {
        assert_true(log.n && log.n <= occurrences(t, "GC: total:") + occurrences(t, "GC memory layout"));
        for (size_t i = 0; i < log.n; i++) {
            count.dumps++;
            count.faults += log.dump[i].fault != NULL;
            if (!(log.dump[i].has & HS_MEMINFO_MAP))
                continue;
            count.maps++;
            check_map(&log, &log.dump[i]);
        }
        read_all(&log);
    }
    hs_meminfo_free(&log);
    free(copy);
}

static void keep(const struct text *t)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/mutated", getenv("HS_TMP") ? getenv("HS_TMP") : "/tmp");
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(t->bytes, 1, t->len, f);
        fclose(f);
    }
}

static void mutated_texts(void **unused)
{
    (void)unused;
    static struct text t;
    unsigned n = number_of("HS_MUTATIONS", 10000), only = number_of("HS_MUTATE_ONLY", UINT32_MAX),
             seed = number_of("HS_MUTATE_SEED", 1);
    load();
    for (unsigned i = only == UINT32_MAX ? 0 : only; i < (only == UINT32_MAX ? n : only + 1); i++) {
        state = (uint64_t)seed << 32 | i;
        unsigned which = chance(n_texts);
        t.len = texts[which].len;
        memcpy(t.bytes, texts[which].bytes, t.len);
        mutate(&t);
        if (only != UINT32_MAX)
            keep(&t);
        take(&t);
    }
    printf("# %llu texts, %llu without a dump, %llu dumps, %llu maps that count, %llu that do not, %llu events\n",
           (unsigned long long)count.texts, (unsigned long long)count.none, (unsigned long long)count.dumps,
           (unsigned long long)count.maps, (unsigned long long)count.faults, (unsigned long long)count.events);
    assert_true(only != UINT32_MAX || (count.maps > n / 10 && count.faults > n / 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mutated_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
