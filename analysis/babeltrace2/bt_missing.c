/* SPDX-License-Identifier: MIT
 *
 * Whether this build has libbabeltrace2, and replacements for its functions if not.
 */
#include "analysis/babeltrace2/bt_internal.h"

#include <stddef.h>

#include "analysis/babeltrace2/bt.h"

#if HS_BT

const char *const hs_bt_missing = NULL;

#else

const char *const hs_bt_missing = "libbabeltrace2 (Debian: libbabeltrace2-dev)";

int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error)
{
    (void)job;
    (void)error;
    return HS_ERR_ARG;
}

int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error)
{
    (void)folder;
    (void)n;
    (void)listener;
    (void)error;
    return HS_ERR_ARG;
}

#endif
