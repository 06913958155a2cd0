/* SPDX-License-Identifier: MIT
 *
 * A program that forgets to free what each request asked for. Of its console's output `heapstrata doctor` says which line.
 */
#include <stdlib.h>
#include <string.h>

#include "heapstrata_esp.h"

static void answer(int request)
{
    char *text = malloc(200), *reply = malloc(64);

    if (text && reply) {
        memset(text, request, 200);
        memcpy(reply, text, 64);
    }
    free(reply);
} /* `text` is lost */

void app_main(void)
{
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++)
            answer(i);
        heapstrata_mark("a round is over");
    }
    heapstrata_dump();
}
