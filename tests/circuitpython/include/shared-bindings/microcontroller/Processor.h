/* SPDX-License-Identifier: MIT */
#ifndef STANDIN_PROCESSOR_H
#define STANDIN_PROCESSOR_H

typedef enum {
    MCU_RESET_REASON_POWER_ON,
    MCU_RESET_REASON_BROWNOUT,
    MCU_RESET_REASON_SOFTWARE,
    MCU_RESET_REASON_DEEP_SLEEP_ALARM,
    MCU_RESET_REASON_RESET_PIN,
    MCU_RESET_REASON_WATCHDOG,
    MCU_RESET_REASON_UNKNOWN,
    MCU_RESET_REASON_RESCUE_DEBUG,
} mcu_reset_reason_t;

mcu_reset_reason_t common_hal_mcu_processor_get_reset_reason(void);

#endif
