/* SPDX-License-Identifier: MIT */
#include "analysis/html/page.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/html/pack.h"

/* The JSON as text; the caller frees it. */
static int facts_text(const struct hs_page_facts *facts, char **text, size_t *n)
{
    struct hs_json *json = hs_json_new();
    FILE *memory = open_memstream(text, n);
    int error = json && memory ? hs_page_facts(facts, json) : HS_ERR_MEMORY;
    if (!error)
        error = hs_json_print(json, memory, false);
    hs_json_free(json);
    if (memory && fclose(memory))
        error = HS_ERR_MEMORY;
    return error;
}

/* One trace's data: the length of the JSON in four bytes, little-endian, the JSON, the columns of the history. */
static int write_data(const struct hs_page_facts *facts, FILE *out)
{
    const struct hs_history *h = facts->trace->history;
    char *text = NULL;
    size_t n = 0;
    int error = facts_text(facts, &text, &n);
    struct hs_pack *pack = error ? NULL : hs_pack_begin(out);
    if (pack) {
        const uint8_t length[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
        hs_pack_add(pack, length, sizeof length);
        hs_pack_add(pack, text, n);
        for (unsigned i = 0; i < HS_HISTORY_COLUMNS; i++)
            hs_pack_add(pack, h->column[i].data, h->column[i].n);
        error = hs_pack_end(pack);
    } else if (!error) {
        error = HS_ERR_MEMORY;
    }
    free(text);
    return error;
}

int hs_page_write(const struct hs_page_facts *facts, unsigned n, FILE *out)
{
    int error = HS_OK;
    fwrite(hs_page_template.head, 1, hs_page_template.head_bytes, out);
    for (unsigned i = 0; i < n && !error; i++) {
        fputs("<script type=\"application/x-heapstrata\">", out);
        error = write_data(&facts[i], out);
        fputs("</script>\n", out);
    }
    fwrite(hs_page_template.tail, 1, hs_page_template.tail_bytes, out);
    return error ? error : ferror(out) ? HS_ERR_IO : HS_OK;
}
