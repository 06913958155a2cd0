/* SPDX-License-Identifier: MIT
 *
 * Errors and plugins of libbabeltrace2.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdio.h>

/* Uses the first cause: later ones only say which component passed the error on. */
int hs_bt_take_error(struct hs_error *out, const char *what)
{
    const bt_error *error = bt_current_thread_take_error();
    out->code = out->code ? out->code : HS_ERR_IO;
    if (!error) {
        snprintf(out->text, sizeof out->text, "libbabeltrace2: %s", what);
        return out->code;
    }
    uint64_t n = bt_error_get_cause_count(error);
    if (n)
        snprintf(out->text, sizeof out->text, "%s", bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0)));
    bt_error_release(error);
    return out->code;
}

int hs_bt_find_plugin(const char *name, const bt_plugin **plugin, struct hs_error *error)
{
    if (!bt_plugin_find(name, BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, plugin))
        return HS_OK;
    error->code = HS_ERR_ARG;
    return hs_bt_take_error(error, "its plugins `ctf` and `utils` are not installed (Debian: libbabeltrace2-0)");
}

#endif
