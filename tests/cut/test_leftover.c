/* SPDX-License-Identifier: MIT
 *
 * What a boot can find in its memory, case by case. A ring of several boots is spoilt as the case says; then the host
 * reads it, and the recorder is started on it. Each case says how much the host must salvage and whether the boot
 * goes on or begins anew. Whatever it is: no record is read that was not put, and all of the new boot's are.
 */
#include "tests/cut/run.h"

enum salvage { NOTHING, SOME, ALL };

struct memory {
    uint8_t *data; /* the image, and as much room behind it */
    uint32_t size; /* of the image */
};

static uint64_t seed;
static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

/* --- what happens to the memory ------------------------------------------------------------------------ */

static void nothing(const struct memory *m) { (void)m; }
static void noise(const struct memory *m)
{
    for (uint32_t i = 0; i < m->size; i++)
        m->data[i] = (uint8_t)chance(256);
}
static void zeroed(const struct memory *m) { memset(m->data, 0, m->size); }
static void erased(const struct memory *m) { memset(m->data, 0xff, m->size); }

/* ESP-IDF's test of external memory at a boot: words p hold p ^ 0xAAAAAAAA, every eighth of them. */
static void test_words(const struct memory *m, uint32_t from, uint32_t step)
{
    for (uint32_t p = from / 4; p < m->size / 4; p += step) {
        uint32_t word = p ^ 0xAAAAAAAAu;
        memcpy(m->data + p * 4, &word, sizeof word);
    }
}
static void memory_test(const struct memory *m) { test_words(m, 0, 8); }
static void memory_test_of_every_word(const struct memory *m) { test_words(m, 0, 1); }
static void memory_test_of_the_second_half(const struct memory *m) { test_words(m, m->size / 2 & ~31u, 8); }

static void erased_first_half(const struct memory *m) { memset(m->data, 0xff, m->size / 2); }
static void erased_second_half(const struct memory *m) { memset(m->data + m->size / 2, 0xff, m->size - m->size / 2); }
static void zeroed_second_half(const struct memory *m) { memset(m->data + m->size / 2, 0, m->size - m->size / 2); }

/* The linker has put the ring elsewhere: what is there is before, or after, where it should be. */
static void moved_up(const struct memory *m, uint32_t by)
{
    memmove(m->data + by, m->data, m->size);
    for (uint32_t i = 0; i < by; i++)
        m->data[i] = (uint8_t)chance(256);
}
static void moved_by_8(const struct memory *m) { moved_up(m, 8); }
static void moved_by_a_header(const struct memory *m) { moved_up(m, sizeof(struct hs_ring_header)); }
static void moved_by_200(const struct memory *m) { moved_up(m, 200); }
static void moved_by_a_slot(const struct memory *m)
{
    struct hs_ring_header h;
    memcpy(&h, m->data, sizeof h);
    moved_up(m, h.packet_size);
}
static void moved_down(const struct memory *m)
{
    memmove(m->data, m->data + 24, m->size - 24);
    memset(m->data + m->size - 24, 0, 24);
}
/* The header stayed, or was copied by a start-up code; its slots lie elsewhere. */
static void slots_moved(const struct memory *m)
{
    struct hs_ring_header h;
    memcpy(&h, m->data, sizeof h);
    memmove(m->data + h.header_size + 16, m->data + h.header_size, m->size - h.header_size - 16);
}
static void slots_turned_round(const struct memory *m)
{
    struct hs_ring_header h;
    memcpy(&h, m->data, sizeof h);
    uint8_t *first = m->data + h.header_size, *last = first + (h.packet_count - 1) * h.packet_size;
    for (; first < last; first += h.packet_size, last -= h.packet_size)
        for (uint32_t i = 0; i < h.packet_size; i++) {
            uint8_t byte = first[i];
            first[i] = last[i];
            last[i] = byte;
        }
}

/* A header that is right in itself. */
static void change_header(const struct memory *m, uint16_t version, uint64_t build_id, uint16_t flags)
{
    struct hs_ring_header *h = (struct hs_ring_header *)(void *)m->data;
    h->version = version;
    h->build_id = build_id;
    h->flags = flags;
    h->check = hs_header_sum(h);
}
static const struct hs_ring_header *header_of(const struct memory *m) { return (const void *)m->data; }
static void other_build(const struct memory *m) { change_header(m, header_of(m)->version, 0x4321, header_of(m)->flags); }
static void other_flags(const struct memory *m)
{
    change_header(m, header_of(m)->version, header_of(m)->build_id, header_of(m)->flags | HS_RING_CONTEXT);
}
static void older_version(const struct memory *m)
{
    change_header(m, HS_FORMAT_VERSION - 1, header_of(m)->build_id, header_of(m)->flags);
}
static void newer_version(const struct memory *m)
{
    change_header(m, HS_FORMAT_LEARNED + 1, header_of(m)->build_id, header_of(m)->flags);
}
static void damaged_header(const struct memory *m) { m->data[offsetof(struct hs_ring_header, hz)] ^= 4; }

static const struct leftover {
    const char *name;
    void (*spoil)(const struct memory *m);
    enum salvage host; /* records of the ring that must be read; SOME: of most rings, for what is left may name what is gone */
    int why;           /* NOTHING: the error */
    bool goes_on;      /* the next boot does; else it begins anew */
} leftovers[] = {
    {"nothing happened", nothing, ALL, 0, true},
    {"power-on noise", noise, NOTHING, HS_ERR_KIND, false},
    {"zeroes", zeroed, NOTHING, HS_ERR_KIND, false},
    {"erased", erased, NOTHING, HS_ERR_KIND, false},
    {"ESP memory test", memory_test, NOTHING, HS_ERR_KIND, false},
    {"ESP memory test of every word", memory_test_of_every_word, NOTHING, HS_ERR_KIND, false},
    {"ESP memory test of the second half", memory_test_of_the_second_half, SOME, 0, true},
    {"first half erased", erased_first_half, NOTHING, HS_ERR_KIND, false},
    {"second half erased", erased_second_half, SOME, 0, true},
    {"second half zeroed", zeroed_second_half, SOME, 0, true},
    {"moved by 8 bytes", moved_by_8, ALL, 0, false},
    {"moved by a header's length", moved_by_a_header, ALL, 0, false},
    {"moved by 200 bytes", moved_by_200, ALL, 0, false},
    {"moved by a slot", moved_by_a_slot, ALL, 0, false},
    {"moved down", moved_down, NOTHING, HS_ERR_KIND, false},
    {"its slots moved", slots_moved, NOTHING, 0, true},
    {"its slots turned round", slots_turned_round, ALL, 0, true},
    {"of another build", other_build, ALL, 0, false},
    {"with other flags", other_flags, ALL, 0, false},
    {"of an older format version", older_version, NOTHING, HS_ERR_VERSION, false},
    {"of a newer format version", newer_version, NOTHING, HS_ERR_VERSION, false},
    {"with a damaged header", damaged_header, NOTHING, HS_ERR_CHECK, false},
};

/* --- what must be found -------------------------------------------------------------------------------- */

static struct {
    uint64_t cases, wrong, salvaged, boot_records;
    uint64_t of_case[sizeof leftovers / sizeof *leftovers]; /* salvaged */
} count;

static void complain(const struct leftover *l, const char *what, const struct reading *r)
{
    count.wrong++;
    printf(
        "# %u bytes, stage %u, placement %u, seed %llu: %s: %s: ended with %ld, %llu records of boots before, %llu new, %s %s\n",
        run.size, fw.config.stage_size, fw.config.placement, (unsigned long long)fw.config.seed, l->name, what, r->end,
        (unsigned long long)r->records, (unsigned long long)r->stranger_records, r->why, r->error.text);
}

static void check_host(const struct leftover *l, const struct memory *m, uint32_t oldest)
{
    struct reading r = read_against_ledger(m->data, 2 * m->size, (struct wanted){.from = oldest, .to = ledger.n});
    uint32_t all = count_wanted(oldest, ledger.n);
    if (r.wrong)
        complain(l, "a record that was not put", &r);
    else if (l->host == ALL ? r.hits != all : l->host == SOME ? r.hits == all : r.hits != 0)
        complain(l, "too much or too little is salvaged", &r);
    else if (l->why ? r.end != l->why : r.end != 0)
        complain(l, "it is not told why", &r);
    count.salvaged += r.hits;
    count.of_case[l - leftovers] += r.hits;
}

static void check_boot(const struct leftover *l, const struct memory *m, unsigned steps)
{
    memcpy(fw.memory, m->data, m->size);
    memset(fw.memory + m->size, 0x55, fw.config.stage_size);
    fw_boot();
    fw_work(steps);
    hs_flush();
    struct hs_stats stats = hs_stats();
    struct reading r = read_against_ledger(fw.memory, run.size, (struct wanted){.stranger = stats.boot});
    if (r.end || r.wrong)
        complain(l, "the next boot: wrong", &r);
    else if (l->goes_on != (stats.boot > 1) || (!l->goes_on && r.records))
        complain(l, "the next boot: goes on where it should not, or does not", &r);
    else if (r.stranger_records != stats.offered)
        complain(l, "the next boot: its own records are gone", &r);
    count.boot_records += r.stranger_records;
}

static void check_case(const struct leftover *l, const uint8_t *ring, uint32_t oldest)
{
    struct memory m = {.data = malloc(2 * run.size), .size = run.size};
    memset(m.data + m.size, 0x99, m.size);
    memcpy(m.data, ring, m.size);
    l->spoil(&m);
    check_host(l, &m, oldest);
    check_boot(l, &m, 1);
    check_boot(l, &m, 30);
    count.cases++;
    free(m.data);
}

static void prove(const struct fw_config *config)
{
    for (unsigned i = 0; i < 10; i++) {
        struct fw_config c = *config;
        c.seed = seed = i + 1;
        run.cached = config->stage_size != 0;
        run.work = config->memory_size / 50;
        record_run(&c, 60, 20);
        hs_flush();
        uint32_t oldest = ledger_take(fw.memory, run.size, hs_stats().offered);
        uint8_t *ring = malloc(run.size);
        memcpy(ring, fw.memory, run.size);
        for (size_t k = 0; k < sizeof leftovers / sizeof *leftovers; k++)
            check_case(&leftovers[k], ring, oldest);
        free(ring);
    }
}

static void every_leftover(void **state)
{
    (void)state;
    prove(&(struct fw_config){.memory_size = 2048, .placement = HS_PLACE_MICROPYTHON, .granules = 60});
    prove(&(struct fw_config){.memory_size = 4096, .granules = 300});
    prove(&(struct fw_config){.memory_size = 4096, .granules = 300, .learns = true});
    prove(&(struct fw_config){.memory_size = 64 << 10, .stage_size = 2048, .placement = HS_PLACE_MICROPYTHON});
    printf("# %zu cases, %llu times: %llu records salvaged by the host, %llu of next boots, %llu wrong\n",
           sizeof leftovers / sizeof *leftovers, (unsigned long long)count.cases, (unsigned long long)count.salvaged,
           (unsigned long long)count.boot_records, (unsigned long long)count.wrong);
    assert_int_equal(count.wrong, 0);
    assert_true(count.boot_records > 0);
    for (size_t k = 0; k < sizeof leftovers / sizeof *leftovers; k++)
        assert_true(leftovers[k].host == NOTHING ? !count.of_case[k] : count.of_case[k] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leftover),
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
