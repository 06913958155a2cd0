/* SPDX-License-Identifier: MIT
 *
 * HS_ASSERT states what must be true whatever the input was: a position in the ring, the order of an array, a count. It is
 * not for input, not for memory that is short and not for what a caller outside of HeapStrata passes; those are errors.
 *
 * On where HS_ASSERTIONS is 1: the host's program, libraries, tests and fuzzing, unless `make ASSERTIONS=0`, which is for
 * packages. Off in firmware, whatever is set there, and then it costs nothing: the condition is not evaluated.
 */
#ifndef HS_ASSERTION_H
#define HS_ASSERTION_H

#ifndef HS_ASSERTIONS
#define HS_ASSERTIONS 0
#endif

#define HS_ASSERT_TEXT(value) HS_ASSERT_TEXT_(value)
#define HS_ASSERT_TEXT_(value) #value

#if HS_ASSERTIONS
/* Writes the message to the standard error and aborts. Of the host: lib/host/util/assertion.c. */
_Noreturn void hs_assert_failed(const char *message);
#define HS_ASSERT(condition) \
    ((condition) ? (void)0 : hs_assert_failed(__FILE__ ":" HS_ASSERT_TEXT(__LINE__) ": not true: " #condition))
#else
#define HS_ASSERT(condition) ((void)sizeof(!(condition)))
#endif

#endif
