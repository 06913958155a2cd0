/* SPDX-License-Identifier: MIT */
#include <heapstrata/heapstrata.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct hs_error error = {0};
    struct hs_reader *reader = argc > 1 ? hs_reader_open(argv[1], &error) : NULL;
    const struct hs_event *event;
    unsigned long allocations = 0, bytes = 0;
    long n;
    if (!reader)
        return fprintf(stderr, "%s\n", error.text), 2;
    while ((n = hs_reader_next(reader, &event)) > 0)
        for (long i = 0; i < n; i++)
            if (event[i].kind == HS_ALLOC) {
                allocations++;
                bytes += event[i].size;
            }
    printf("%lu %lu %s\n", allocations, bytes, n < 0 ? hs_strerror((int)n) : hs_kind_info(HS_ALLOC)->name);
    hs_reader_close(reader);
    return 0;
}
