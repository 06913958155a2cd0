# SPDX-License-Identifier: MIT
# A board for MicroPython's qemu port: an STM32F405, whose collector's heap begins at the end of .bss as in the stm32 port.
QEMU_ARCH = arm
QEMU_MACHINE = netduinoplus2

CFLAGS += -mthumb -mcpu=cortex-m4 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_STM32
CFLAGS += -DMICROPY_HW_MCU_NAME='"STM32F405"'

LDSCRIPT = $(BOARD_DIR)/f405.ld

SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o

MICROPY_HEAP_SIZE = 90112

MPY_CROSS_FLAGS += -march=armv7emsp
