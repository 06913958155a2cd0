/* SPDX-License-Identifier: MIT
 *
 * HS_ASSERT states an invariant that is true for every input: a position in the ring, the order of an array, a count. Do not
 * use it for wrong input, failed allocations or wrong arguments from outside HeapStrata; those are errors.
 *
 * HS_ASSERTIONS 1 turns it on: in the host's program, libraries, tests and fuzzing, except with `make ASSERTIONS=0`, which is for
 * packages. It is off in firmware and then costs nothing: the condition is not evaluated.
 */
#ifndef HS_ASSERTION_H
#define HS_ASSERTION_H

#ifndef HS_ASSERTIONS
#define HS_ASSERTIONS 0
#endif

#define HS_ASSERT_TEXT(value) HS_ASSERT_TEXT_(value)
#define HS_ASSERT_TEXT_(value) #value

#if HS_ASSERTIONS
/* Writes the message to standard error and aborts. Only on the host: lib/host/util/assertion.c. */
_Noreturn void hs_assert_failed(const char *message);
#define HS_ASSERT(condition) \
    ((condition) ? (void)0 : hs_assert_failed(__FILE__ ":" HS_ASSERT_TEXT(__LINE__) ": not true: " #condition))
#else
#define HS_ASSERT(condition) ((void)sizeof(!(condition)))
#endif

#endif
