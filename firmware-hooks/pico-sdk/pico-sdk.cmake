# SPDX-License-Identifier: MIT
# The heap of a firmware with the Raspberry Pi Pico SDK. In your CMakeLists.txt, after the target and with pico_stdlib linked:
#
#   include(path/to/heapstrata/firmware-hooks/pico-sdk/pico-sdk.cmake)
#   heapstrata_pico(my_firmware)
set(HS_HOOKS newlib console)
include(${CMAKE_CURRENT_LIST_DIR}/../hooks.cmake)
set(HS_PICO_PORT ${CMAKE_CURRENT_LIST_DIR}/../ports/port_rp2.c)

# The SDK's malloc.c is compiled with the target's own sources, so its names can be changed here.
macro(heapstrata_pico target)
    foreach(name malloc calloc realloc free)
        list(APPEND HS_PICO_NAMES __wrap_${name}=hs_pico_${name})
    endforeach()
    set_source_files_properties(${PICO_SDK_PATH}/src/rp2_common/pico_malloc/malloc.c PROPERTIES COMPILE_DEFINITIONS "${HS_PICO_NAMES}")
    target_sources(${target} PRIVATE ${HS_PICO_PORT})
    target_compile_definitions(${target} PRIVATE HS_PORT_HEADER="firmware-hooks/ports/port_rp2.h"
        HS_C_HEAP_OUTER="firmware-hooks/pico-sdk/pico_malloc.h" HS_RING_SIZE=16384)
    target_link_libraries(${target} heapstrata_hooks)
endmacro()
