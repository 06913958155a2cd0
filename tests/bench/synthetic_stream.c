/* SPDX-License-Identifier: MIT */
#include "tests/bench/synthetic.h"

#include <math.h>
#include <string.h>

/* xorshift64*, upper half */
static uint32_t rnd(struct stream *s)
{
    s->seed ^= s->seed >> 12;
    s->seed ^= s->seed << 25;
    s->seed ^= s->seed >> 27;
    return (uint32_t)(s->seed * 0x2545F4914F6CDD1Du >> 32);
}
static uint32_t below(struct stream *s, uint32_t n) { return (uint32_t)((uint64_t)rnd(s) * n >> 32); }

void stream_start(struct stream *s, uint64_t seed, bool sweeps)
{
    memset(s, 0, sizeof *s);
    s->seed = seed * 0x9E3779B97F4A7C15u + 1;
    s->sweeps = sweeps;
    double sum = 0, part = 0;
    for (unsigned i = 0; i < SITES; i++)
        sum += 1.0 / (i + 1);
    for (unsigned i = 0; i < SITES; i++) {
        part += 1.0 / (i + 1) / sum;
        s->zipf[i] = part < 1 ? (uint32_t)(part * 4294967295.0) : 0xffffffffu;
    }
    s->zipf[SITES - 1] = 0xffffffffu;
    for (unsigned i = 0; i < 1024; i++)
        s->ticks[i] = (uint32_t)(-log(1 - (i + 0.5) / 1024) * MEAN_TICK);
}

/* A site asks for sizes around its own; one in eight blocks is of exactly that size. */
static uint16_t size_at(struct stream *s, unsigned site)
{
    uint32_t base = 16 + site * 37 % 13 * 8;
    return (uint16_t)(below(s, 8) ? base / 4 + below(s, 2 * base) : base);
}

/* Next fit: the first run of `n` free granules from where the last block ended. */
static uint32_t find_room(struct stream *s, uint32_t n)
{
    uint32_t at = s->cursor, run = 0;
    for (uint32_t seen = 0; seen < 2 * GRANULES; seen++, at++) {
        if (at == GRANULES)
            at = run = 0;
        run = s->used[at] ? 0 : run + 1;
        if (run == n)
            return at + 1 - n;
    }
    return GRANULES;
}

static bool make_alloc(struct stream *s, struct event *e)
{
    uint32_t draw = rnd(s);
    unsigned site = 0;
    while (s->zipf[site] < draw)
        site++;
    e->kind = EV_ALLOC;
    e->site = (uint8_t)site;
    e->size = size_at(s, site);
    uint32_t n = (e->size + (1u << SHIFT) - 1) >> SHIFT;
    e->pos = find_room(s, n);
    if (e->pos == GRANULES)
        return false;
    memset(s->used + e->pos, 1, n);
    s->len[e->pos] = (uint16_t)n;
    s->cursor = e->pos + n < GRANULES ? e->pos + n : 0;
    s->live[s->n_live++] = e->pos;
    return true;
}

static void release(struct stream *s, uint32_t pos)
{
    memset(s->used + pos, 0, s->len[pos]);
    s->len[pos] = 0;
    s->dead[pos] = false;
}

/* A live block dies: at once, or in the next sweep. Returns whether that is an event. */
static bool make_free(struct stream *s, struct event *e)
{
    uint32_t i = below(s, s->n_live), pos = s->live[i];
    s->live[i] = s->live[--s->n_live];
    if (s->sweeps) {
        s->dead[pos] = true;
        s->n_dead++;
        return false;
    }
    *e = (struct event){.kind = EV_FREE, .pos = pos};
    release(s, pos);
    return true;
}

/* The sweep's next head, or its end. */
static void make_sweep(struct stream *s, struct event *e)
{
    while (s->at < GRANULES && !s->len[s->at])
        s->at++;
    if (s->at == GRANULES) {
        *e = (struct event){.kind = EV_SWEEP_END, .pos = GRANULES};
        s->sweeping = false;
        s->n_dead = 0;
        return;
    }
    *e = (struct event){.kind = EV_HEAD, .pos = s->at, .size = !s->dead[s->at]};
    uint32_t next = s->at + s->len[s->at];
    if (s->dead[s->at]) {
        release(s, s->at);
        s->events++;
    }
    s->at = next;
}

static bool make_event(struct stream *s, struct event *e)
{
    bool alloc = s->n_live <= LIVE_MIN || (s->n_live < LIVE_MAX && rnd(s) & 1);
    bool made = alloc ? make_alloc(s, e) : make_free(s, e);
    if (made) {
        e->dt = s->ticks[rnd(s) >> 22];
        s->events++;
    }
    return made;
}

uint32_t stream_next(struct stream *s, struct event *event, uint32_t n)
{
    uint32_t made = 0;
    while (made < n) {
        if (s->sweeping) {
            make_sweep(s, &event[made++]);
        } else if (s->n_dead == DEAD_MAX) {
            event[made++] = (struct event){.kind = EV_SWEEP, .dt = s->ticks[rnd(s) >> 22]};
            s->sweeping = true;
            s->at = 0;
        } else {
            made += make_event(s, &event[made]);
        }
    }
    return made;
}
