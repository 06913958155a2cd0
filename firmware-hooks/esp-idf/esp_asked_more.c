/* SPDX-License-Identifier: MIT
 *
 * CONFIG_HEAPSTRATA_NAME_MORE: wraps of functions that not every program links. With this file a program links them, even if
 * it does not call them.
 */
#include "firmware-hooks/esp-idf/esp_asked.h"

#undef HS_ESP_FAST
#define HS_ESP_FAST

/* --- FreeRTOS ---------------------------------------------------------------------------------------------- */

WRAP(void *, xEventGroupCreate, (void)) ASKS(xEventGroupCreate, ())
WRAP(void *, xStreamBufferGenericCreate, (size_t size, size_t trigger, int message, void *sent, void *received))
ASKS(xStreamBufferGenericCreate, (size, trigger, message, sent, received))
WRAP(void *, xRingbufferCreate, (size_t size, int type)) ASKS(xRingbufferCreate, (size, type))

/* --- C++: operator new and delete, mangled for a size_t that is unsigned int --------------------------------- */

struct nothrow;
WRAP(void *, _Znwj, (size_t size)) ASKS(_Znwj, (size))
WRAP(void *, _Znaj, (size_t size)) ASKS(_Znaj, (size))
WRAP(void *, _ZnwjRKSt9nothrow_t, (size_t size, const struct nothrow *tag)) ASKS(_ZnwjRKSt9nothrow_t, (size, tag))
WRAP(void *, _ZnajRKSt9nothrow_t, (size_t size, const struct nothrow *tag)) ASKS(_ZnajRKSt9nothrow_t, (size, tag))
WRAP(void *, _ZnwjSt11align_val_t, (size_t size, size_t alignment)) ASKS(_ZnwjSt11align_val_t, (size, alignment))
WRAP(void *, _ZnajSt11align_val_t, (size_t size, size_t alignment)) ASKS(_ZnajSt11align_val_t, (size, alignment))
WRAP(void, _ZdlPv, (void *block)) ASKS_NOTHING(_ZdlPv, (block))
WRAP(void, _ZdaPv, (void *block)) ASKS_NOTHING(_ZdaPv, (block))
WRAP(void, _ZdlPvj, (void *block, size_t size)) ASKS_NOTHING(_ZdlPvj, (block, size))
WRAP(void, _ZdaPvj, (void *block, size_t size)) ASKS_NOTHING(_ZdaPvj, (block, size))
