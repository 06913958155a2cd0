/* SPDX-License-Identifier: MIT */
#define MICROPY_GIT_TAG "10.3.0"
#define MICROPY_VERSION_MAJOR (10)
#define MICROPY_VERSION_MINOR (3)
