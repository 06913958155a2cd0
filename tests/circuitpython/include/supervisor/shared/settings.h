/* SPDX-License-Identifier: MIT */
#ifndef STANDIN_SETTINGS_H
#define STANDIN_SETTINGS_H

#include "py/obj.h"

typedef enum {
    SETTINGS_OK = 0,
    SETTINGS_ERR_OPEN,
    SETTINGS_ERR_UNICODE,
    SETTINGS_ERR_LENGTH,
    SETTINGS_ERR_NOT_FOUND,
    SETTINGS_ERR_BAD_VALUE,
} settings_err_t;

settings_err_t settings_get_int(const char *key, mp_int_t *value);

#endif
