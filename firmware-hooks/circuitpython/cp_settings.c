/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/circuitpython/cp_settings.h"

#include "py/obj.h"

/* CircuitPython 10.2 and later; 9 and later; a build without settings.toml. */
#if defined(CIRCUITPY_SETTINGS_TOML) && CIRCUITPY_SETTINGS_TOML
#include "supervisor/shared/settings.h"
static bool get(const char *name, mp_int_t *value) { return settings_get_int(name, value) == SETTINGS_OK; }
#elif defined(CIRCUITPY_OS_GETENV) && CIRCUITPY_OS_GETENV
#include "shared-module/os/__init__.h"
static bool get(const char *name, mp_int_t *value) { return common_hal_os_getenv_int(name, value) == GETENV_OK; }
#else
static bool get(const char *name, mp_int_t *value) { return (void)name, (void)value, false; }
#endif

bool hs_cp_setting(const char *name, uint32_t *value)
{
    mp_int_t number;
    if (!get(name, &number) || number < 0)
        return false;
    *value = (uint32_t)number;
    return true;
}
