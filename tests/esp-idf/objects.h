/* SPDX-License-Identifier: MIT
 *
 * Between the bare firmware and its part in C++, which it need not have.
 */
#ifndef TESTS_ESP_IDF_OBJECTS_H
#define TESTS_ESP_IDF_OBJECTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes objects and deletes some. */
void objects_work(void);

/* Counts a block that was allocated, and one that will be freed. */
void bare_keep(void *block, size_t size);
void bare_drop(const void *block);

#ifdef __cplusplus
}
#endif

#endif
