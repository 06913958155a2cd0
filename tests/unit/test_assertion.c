/* SPDX-License-Identifier: MIT
 *
 * A wrong assertion ends the program with a message that says where; a right one does nothing; without assertions the
 * condition is not evaluated.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/assertion.h"

static int asked;

static int ask(int answer)
{
    asked++;
    return answer;
}

/* Runs the assertion in a child. Returns how it ended, with what it wrote. */
static int run_child(int answer, char *text, size_t size)
{
    int ends[2], how;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        HS_ASSERT(ask(answer));
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; length < size - 1 && (n = read(ends[0], text + length, size - 1 - length)) > 0;)
        length += (size_t)n; /* a message comes in several writes */
    text[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    return how;
}

static void test_wrong(void **unused)
{
    char text[300];
    (void)unused;
#if HS_ASSERTIONS
    int how = run_child(0, text, sizeof text);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    assert_non_null(strstr(text, "tests/unit/test_assertion.c:"));
    assert_non_null(strstr(text, "not true: ask(answer)\n"));
#else
    assert_int_equal(run_child(0, text, sizeof text), 0);
#endif
}

static void test_right(void **unused)
{
    char text[300];
    (void)unused;
    assert_int_equal(run_child(1, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void test_asks_once(void **unused)
{
    (void)unused;
    asked = 0;
    HS_ASSERT(ask(1));
    assert_int_equal(asked, HS_ASSERTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wrong), cmocka_unit_test(test_right),
                                       cmocka_unit_test(test_asks_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
