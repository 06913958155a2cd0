/* SPDX-License-Identifier: MIT
 *
 * A plain main for a fuzz target: runs it over the files of its corpus folder, or over those named as
 * arguments. It passes when it ends; one `ok` line a file, so that a crash shows which one it was.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0) {
        printf("not ok - %s: cannot be read\n", path);
        exit(1);
    }
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        printf("not ok - %s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    printf("# %s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    printf("ok - %s\n", path);
    free(data);
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, alphasort);
    if (count <= 0) {
        printf("ok - %s # SKIP no corpus\n", folder);
        return;
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX + NAME_MAX + 2];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        replay(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    const char *root = getenv("HS_ROOT_DIR");
    const char *name = strstr(argv[0], "replay_");
    char folder[PATH_MAX];
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("ok - empty input\n");
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    if (argc < 2 && name) {
        snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", root ? root : ".", name + strlen("replay_"));
        replay_folder(folder);
    }
    return 0;
}
