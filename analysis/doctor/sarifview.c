/* SPDX-License-Identifier: MIT
 *
 * A diagnosis as a SARIF log: OASIS, Static Analysis Results Interchange Format, version 2.1.0.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctorview.h"

static void message(struct hs_json *json, const char *key, const char *text)
{
    hs_json_object(json, key);
    hs_json_text(json, "text", text);
    hs_json_end(json);
}

/* Each code once. */
static void rules(struct hs_json *json, const struct hs_findings *findings)
{
    hs_json_array(json, "rules");
    for (size_t i = 0; i < findings->n; i++) {
        size_t first = 0;
        while (strcmp(findings->finding[first]->code, findings->finding[i]->code) != 0)
            first++;
        if (first < i)
            continue;
        hs_json_object(json, NULL);
        hs_json_text(json, "id", findings->finding[i]->code);
        hs_json_end(json);
    }
    hs_json_end(json);
}

/* A path as a URI reference: bytes other than letters, digits and these characters are escaped (RFC 3986). */
static void put_uri(struct hs_json *json, const char *path)
{
    static const char signs[] = "-._~/+@,";
    char uri[3 * HS_PLACE_LEN];
    size_t n = 0;
    for (; *path && n < sizeof uri - 4; path++) {
        bool plain = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') || (*path >= '0' && *path <= '9') ||
                     strchr(signs, *path);
        n += (size_t)snprintf(uri + n, sizeof uri - n, plain ? "%c" : "%%%02X", (unsigned char)*path);
    }
    uri[n] = '\0';
    hs_json_text(json, "uri", uri);
}

/* The line to change, or the line of the input. A file without a line stands for the whole file. */
static void location(struct hs_json *json, const struct hs_doctor_input *input, const struct hs_finding *f)
{
    hs_json_array(json, "locations");
    hs_json_object(json, NULL);
    hs_json_object(json, "physicalLocation");
    hs_json_object(json, "artifactLocation");
    put_uri(json, f->file[0] ? f->file : strcmp(input->path, "-") ? input->path : "stdin");
    hs_json_end(json);
    if (f->line) {
        hs_json_object(json, "region");
        hs_json_uint(json, "startLine", f->line);
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_json_end(json);
    hs_json_end(json);
}

/* The verdict, then the next steps. */
static void result(struct hs_json *json, const struct hs_doctor_input *input, const struct hs_finding *f)
{
    static const char *const levels[] = {
        [HS_SEVERITY_PROBLEM] = "error", [HS_SEVERITY_WARNING] = "warning", [HS_SEVERITY_NOTE] = "note"};
    char text[2 * HS_NOTE_LEN + 8];
    snprintf(text, sizeof text, "%s%s%s", f->verdict, f->next.n ? ". " : "", f->next.n ? f->next.text[0] : "");
    hs_json_object(json, NULL);
    hs_json_text(json, "ruleId", f->code);
    hs_json_text(json, "level", levels[f->severity]);
    message(json, "message", text);
    location(json, input, f);
    hs_json_end(json);
}

int hs_doctor_sarif(const struct hs_doctor_input *input, const struct hs_findings *findings)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_json_text(json, "version", "2.1.0");
    hs_json_array(json, "runs");
    hs_json_object(json, NULL);
    hs_json_object(json, "tool");
    hs_json_object(json, "driver");
    hs_json_text(json, "name", "heapstrata");
    hs_json_text(json, "version", HS_VERSION);
    rules(json, findings);
    hs_json_end(json);
    hs_json_end(json);
    hs_json_array(json, "results");
    for (size_t i = 0; i < findings->n; i++)
        result(json, input, findings->finding[i]);
    hs_json_end(json);
    hs_json_end(json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error;
}
