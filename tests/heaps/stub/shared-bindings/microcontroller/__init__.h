/* SPDX-License-Identifier: MIT */
#ifndef STUB_MICROCONTROLLER_H
#define STUB_MICROCONTROLLER_H

void common_hal_mcu_disable_interrupts(void);
void common_hal_mcu_enable_interrupts(void);

#endif
