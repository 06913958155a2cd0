/* SPDX-License-Identifier: MIT */
#include <heapstrata/heapstrata.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct hs_error error = {0};
    struct hs_reader *reader = hs_reader_open(argc > 1 ? argv[1] : "-", &error);
    if (!reader) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    const struct hs_event *event;
    unsigned long allocations = 0, bytes = 0;
    long n;
    while ((n = hs_reader_next(reader, &event)) > 0)
        for (long i = 0; i < n; i++)
            if (event[i].kind == HS_ALLOC) {
                allocations++;
                bytes += event[i].size;
            }
    if (n < 0)
        fprintf(stderr, "%s\n", hs_strerror((int)n));
    printf("%lu allocations, %lu bytes\n", allocations, bytes);
    hs_reader_close(reader);
    return n < 0 ? 2 : 0;
}
