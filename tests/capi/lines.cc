// SPDX-License-Identifier: MIT
#include <cstdio>
#include <map>
#include <string>

#include <heapstrata/heapstrata.h>

int main(int argc, char **argv)
{
    hs_error error{};
    hs_writer *copy = argc > 2 ? hs_writer_open(argv[2], nullptr, &error) : nullptr;
    if (!copy || hs_writer_put_input(copy, argv[1], &error) || hs_writer_close(copy, &error))
        return std::fprintf(stderr, "%s\n", error.text), 2;
    hs_reader *reader = hs_reader_open(argv[2], &error);
    std::map<std::string, unsigned long> lines;
    const hs_event *event;
    for (long n; (n = hs_reader_next(reader, &event)) > 0;)
        for (const hs_event *e = event; e < event + n; e++)
            if (e->kind == HS_ALLOC)
                if (const hs_site *site = hs_reader_site(reader, e->site))
                    lines[std::string(site->file) + ":" + std::to_string(site->line)] += e->size;
    for (const auto &line : lines)
        std::printf("%s %lu\n", line.first.c_str(), line.second);
    hs_reader_close(reader);
}
