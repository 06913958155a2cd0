/* SPDX-License-Identifier: MIT */
#include "analysis/draw/theme.h"

static const struct hs_theme themes[] = {
    [HS_THEME_LIGHT] = {
        .page = {0xffffff}, .panel = {0xf6f8fa}, .text = {0x1f2328}, .dim = {0x59636e}, .grid = {0x1f2328, 0.13},
        .used = {0x0072b2}, .used_at_times = {0x4c9bd1}, .run = {0x8fdcc0}, .pieces = {0xfff0c2},
        .fragmentation = {0xd98200}, .pause = {0x59636e}, .unknown = {0x9aa4ae},
        .failure = {0xc43d00}, .mark = {0x9b3f7c}, .reset = {0x1f2328}, .loss = {0xc43d00},
        .class = {{0x0072b2}, {0xe69f00}, {0x7a3d66}, {0x7fc8f0}, {0xc43d00}, {0xf0e442}, {0x2f3b4a}, {0xe5a3c9}},
        .age = {{0xfbe79a}, {0xf3b562}, {0xe07b54}, {0xb84a66}, {0x7d2f74}, {0x431f5c}, {0x1f0f33}, {0x8c959f}},
        .other = {0x8c959f}, .free = {0xeef1f4}, .outline = {0x1f2328},
        .kept = {0xaab2bb}, .added = {0xc43d00}, .removed = {0x7fc8f0}, .replaced = {0xf0c000},
        .opened = {0xffd9a8},
    },
    [HS_THEME_DARK] = {
        .page = {0x0d1117}, .panel = {0x161b22}, .text = {0xe6edf3}, .dim = {0x9198a1}, .grid = {0xe6edf3, 0.15},
        .used = {0x3f9bdc}, .used_at_times = {0x1d5680}, .run = {0x08785a}, .pieces = {0x4a3a0e},
        .fragmentation = {0xe69f00}, .pause = {0x9198a1}, .unknown = {0x59636e},
        .failure = {0xff7b3d}, .mark = {0xe5a3c9}, .reset = {0xe6edf3}, .loss = {0xff7b3d},
        .class = {{0x3f9bdc}, {0xe69f00}, {0x7e4070}, {0xa6dbf7}, {0xd9540b}, {0xf0e442}, {0x2f5f94}, {0xe5a3c9}},
        .age = {{0x4a2a6b}, {0x7d3a86}, {0xb2507e}, {0xdd7464}, {0xf0a35c}, {0xf7d277}, {0xfff6c9}, {0x6e7681}},
        .other = {0x6e7681}, .free = {0x1c222a}, .outline = {0xe6edf3},
        .kept = {0x4b535d}, .added = {0xff7b3d}, .removed = {0x3f9bdc}, .replaced = {0xf0e442},
        .opened = {0x6b4a1c},
    },
};

const struct hs_theme *hs_theme(enum hs_theme_name name)
{
    return &themes[name];
}
