/* SPDX-License-Identifier: MIT
 *
 * Temporary files: what a signal leaves, what forgetting keeps, files without names, and names that are too long.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/host/util/tempfile.h"

static char folder[] = "/tmp/hs-tempfile-XXXXXX";

static bool is_there(const char *path)
{
    struct stat file;
    return !lstat(path, &file);
}

/* Makes a file, a folder and a scratch folder, and ends by the signal. The parent gets their names. */
static void make_and_end(int to, int number)
{
    char file[HS_TEMP_NAME_MAX], made[HS_TEMP_NAME_MAX];
    struct hs_scratch scratch;
    signal(number, SIG_DFL); /* as a program has it that was just started */
    if (!hs_temp_name(file) || hs_temp_file(file) < 0 || !hs_temp_name(made) || !hs_temp_folder(made) ||
        !hs_scratch_make(&scratch, "trace"))
        _exit(1);
    fclose(fopen(scratch.file, "w"));
    if (!is_there(file) || !is_there(made) || !is_there(scratch.file))
        _exit(2);
    dprintf(to, "%s\n%s\n%s\n%s\n", file, made, scratch.folder, scratch.file);
    raise(number);
    _exit(3);
}

static void ended_by(int number)
{
    char line[HS_TEMP_NAME_MAX];
    int ends[2], how, n = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        close(ends[0]);
        make_and_end(ends[1], number);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == number);
    FILE *names = fdopen(ends[0], "r");
    for (; fgets(line, sizeof line, names); n++) {
        line[strcspn(line, "\n")] = '\0';
        assert_int_equal(strncmp(line, folder, strlen(folder)), 0);
        assert_int_equal(is_there(line), number == SIGKILL);
    }
    assert_int_equal(n, 4);
    fclose(names);
}

static void signals_remove_all(void **unused)
{
    (void)unused;
    ended_by(SIGTERM);
    ended_by(SIGHUP);
}

static void what_is_forgotten_stays(void **unused)
{
    char file[HS_TEMP_NAME_MAX], other[HS_TEMP_NAME_MAX];
    (void)unused;
    assert_true(hs_temp_name(file));
    int fd = hs_temp_file(file);
    assert_true(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    assert_true(hs_temp_name(other) && hs_temp_folder(other));
    hs_temp_forget(file);
    hs_temp_drop();
    assert_true(is_there(file));
    assert_false(is_there(other));
    unlink(file);
}

/* There is room for so many names only: one more is an error, and its file does not stay. */
static void too_many(void **unused)
{
    static char file[64][HS_TEMP_NAME_MAX];
    unsigned n = 0;
    (void)unused;
    for (int fd = 0; n < 64 && hs_temp_name(file[n]) && (fd = hs_temp_file(file[n])) >= 0; n++)
        close(fd);
    assert_int_equal(errno, ENOMEM);
    assert_in_range(n, 8, 63);
    assert_false(is_there(file[n]));
    hs_temp_remove_all();
    for (unsigned i = 0; i < n; i++) {
        assert_false(is_there(file[i]));
        hs_temp_forget(file[i]);
    }
}

static void files_without_names(void **unused)
{
    char text[4] = "";
    struct stat one, other;
    (void)unused;
    int fd = hs_unnamed_file();
    assert_true(fd >= 0 && write(fd, "abc", 3) == 3);
    int again = hs_unnamed_again(fd);
    assert_true(again >= 0);
    assert_int_equal(read(again, text, 3), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(fstat(fd, &one) | fstat(again, &other), 0);
    assert_int_equal(one.st_ino, other.st_ino);
    assert_int_equal(one.st_nlink, 0);
    close(fd);
    close(again);
    assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void no_such_folder(void **unused)
{
    struct hs_scratch scratch;
    char name[HS_TEMP_NAME_MAX], *is_long = calloc(1, 5001);
    (void)unused;
    setenv("TMPDIR", "/nonexistent", 1);
    assert_false(hs_scratch_make(&scratch, "trace"));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(hs_unnamed_file(), -1);
    assert_int_equal(errno, ENOENT);
    setenv("TMPDIR", memset(is_long, 'a', 5000), 1);
    assert_false(hs_temp_name(name));
    assert_int_equal(errno, ENAMETOOLONG);
    assert_false(hs_scratch_make(&scratch, "trace"));
    setenv("TMPDIR", folder, 1);
    memset(is_long, 'b', 5000);
    assert_false(hs_scratch_make(&scratch, is_long)); /* of the folder that was made nothing is left */
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    free(is_long);
}

static int begin(void **unused)
{
    (void)unused;
    return mkdtemp(folder) ? setenv("TMPDIR", folder, 1) : -1;
}

static int end(void **unused)
{
    (void)unused;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_remove_all),  cmocka_unit_test(what_is_forgotten_stays), cmocka_unit_test(too_many),
        cmocka_unit_test(files_without_names), cmocka_unit_test(no_such_folder),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
