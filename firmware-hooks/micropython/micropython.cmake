# SPDX-License-Identifier: MIT
# HeapStrata as a MicroPython user C module, for the ports built with cmake (esp32, rp2):
#
#   make -C ports/rp2 BOARD=RPI_PICO USER_C_MODULES=<heapstrata>/firmware-hooks/micropython/micropython.cmake
#
# HEAPSTRATA_PORT, HEAPSTRATA_RING_ADDR, HEAPSTRATA_RING_SIZE, HEAPSTRATA_CFLAGS, HEAPSTRATA_HEAPS, HEAPSTRATA_WITHOUT,
# HEAPSTRATA_LWIP (rp2), HEAPSTRATA_HEAP_CAPS (esp32): as in micropython.mk; on make's command line, in the environment, or as -D of cmake (settings.cmake).
get_filename_component(HEAPSTRATA_ROOT "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
include("${CMAKE_CURRENT_LIST_DIR}/settings.cmake")

if(NOT HEAPSTRATA_PORT)
    get_filename_component(HEAPSTRATA_MP_PORT "${MICROPY_PORT_DIR}" NAME)
    if(HEAPSTRATA_MP_PORT STREQUAL "esp32")
        set(HEAPSTRATA_PORT esp_idf)
    elseif(HEAPSTRATA_MP_PORT STREQUAL "rp2")
        set(HEAPSTRATA_PORT rp2)
    endif()
endif()
set(HEAPSTRATA_PORT_SRC ${HEAPSTRATA_ROOT}/firmware-hooks/ports/port_${HEAPSTRATA_PORT}.c)
if(NOT EXISTS ${HEAPSTRATA_PORT_SRC})
    message(FATAL_ERROR "HeapStrata: no port file ${HEAPSTRATA_PORT_SRC}: set HEAPSTRATA_PORT")
endif()

file(GLOB HEAPSTRATA_LIB_SRC CONFIGURE_DEPENDS ${HEAPSTRATA_ROOT}/lib/*.c)
file(GLOB HEAPSTRATA_HOOK_SRC CONFIGURE_DEPENDS ${HEAPSTRATA_ROOT}/firmware-hooks/startup/*.c ${HEAPSTRATA_ROOT}/firmware-hooks/micropython/*.c)

# Sets `result` to the names in a list of wraps. cmake runs again when the list changes.
function(heapstrata_wraps result list regex)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
    file(STRINGS "${list}" names REGEX "${regex}")
    set(${result} "${names}" PARENT_SCOPE)
endfunction()

heapstrata_wraps(HEAPSTRATA_WRAPS ${HEAPSTRATA_ROOT}/firmware-hooks/micropython/wraps.txt "^[a-z]")
if(EXISTS ${HEAPSTRATA_ROOT}/firmware-hooks/ports/wraps_${HEAPSTRATA_PORT}.txt)
    heapstrata_wraps(HEAPSTRATA_PORT_WRAPS ${HEAPSTRATA_ROOT}/firmware-hooks/ports/wraps_${HEAPSTRATA_PORT}.txt "^[a-z]")
    list(APPEND HEAPSTRATA_WRAPS ${HEAPSTRATA_PORT_WRAPS})
endif()

# Hooks of other heaps, by the folders that they are in.
separate_arguments(HEAPSTRATA_OTHERS UNIX_COMMAND "${HEAPSTRATA_HEAPS}")
set(HEAPSTRATA_DEFINITIONS "")
foreach(part ${heapstrata_without})
    string(TOUPPER ${part} name)
    list(APPEND HEAPSTRATA_DEFINITIONS HS_WITH_${name}=0)
endforeach()
if(HEAPSTRATA_LWIP)
    list(APPEND HEAPSTRATA_OTHERS lwip)
    list(APPEND HEAPSTRATA_DEFINITIONS HS_WITH_LWIP=1)
endif()
foreach(heap ${HEAPSTRATA_OTHERS})
    if(NOT EXISTS ${HEAPSTRATA_ROOT}/firmware-hooks/${heap}/wraps.txt)
        message(FATAL_ERROR "HeapStrata: HEAPSTRATA_HEAPS=${heap}: no such folder in firmware-hooks")
    endif()
    file(GLOB heap_src CONFIGURE_DEPENDS ${HEAPSTRATA_ROOT}/firmware-hooks/${heap}/*.c)
    heapstrata_wraps(heap_wraps ${HEAPSTRATA_ROOT}/firmware-hooks/${heap}/wraps.txt "^[a-zA-Z_]")
    list(APPEND HEAPSTRATA_HOOK_SRC ${heap_src})
    list(APPEND HEAPSTRATA_WRAPS ${heap_wraps})
endforeach()

# -D HEAPSTRATA_HEAP_CAPS=1: ESP-IDF's heap in the same trace, which the areas of MicroPython's lie in.
if(HEAPSTRATA_HEAP_CAPS)
    list(APPEND HEAPSTRATA_OTHERS esp-idf)
    list(APPEND HEAPSTRATA_DEFINITIONS HS_WITH_HEAP_CAPS=1 CONFIG_HEAPSTRATA_WRAPS=1)
    foreach(name esp_hooks esp_asked esp_asked_os esp_regions esp_walk esp_tasks esp_tracking)
        list(APPEND HEAPSTRATA_HOOK_SRC ${HEAPSTRATA_ROOT}/firmware-hooks/esp-idf/${name}.c)
    endforeach()
    set(HEAPSTRATA_OUTER "both|wraps")
    if(CONFIG_HEAP_TASK_TRACKING AND NOT "${IDF_VERSION_MAJOR}.${IDF_VERSION_MINOR}" VERSION_LESS 5.5)
        set(HEAPSTRATA_OUTER "both|wraps|lists")
    endif()
    heapstrata_wraps(HEAPSTRATA_OUTER_WRAPS ${HEAPSTRATA_ROOT}/firmware-hooks/esp-idf/wraps.txt "^(${HEAPSTRATA_OUTER}) ")
    list(TRANSFORM HEAPSTRATA_OUTER_WRAPS REPLACE "^[a-z]+ +" "")
    list(APPEND HEAPSTRATA_WRAPS ${HEAPSTRATA_OUTER_WRAPS})
endif()
if(HEAPSTRATA_OTHERS)
    list(APPEND HEAPSTRATA_DEFINITIONS HS_EXPLICIT=1)
else()
    list(APPEND HEAPSTRATA_DEFINITIONS HS_EXPLICIT=0)
endif()

add_library(usermod_heapstrata INTERFACE)
target_sources(usermod_heapstrata INTERFACE
    ${HEAPSTRATA_HOOK_SRC} ${HEAPSTRATA_LIB_SRC} ${HEAPSTRATA_PORT_SRC})
target_include_directories(usermod_heapstrata INTERFACE ${HEAPSTRATA_ROOT})
if(HEAPSTRATA_HEAP_CAPS AND "${IDF_VERSION_MAJOR}.${IDF_VERSION_MINOR}" VERSION_LESS 5.3)
    target_include_directories(usermod_heapstrata INTERFACE $ENV{IDF_PATH}/components/heap) # see esp_walk.c
endif()
target_compile_definitions(usermod_heapstrata INTERFACE
    ${HEAPSTRATA_DEFINITIONS} HS_MICROPYTHON=1 HS_PORT_HEADER="firmware-hooks/ports/port_${HEAPSTRATA_PORT}.h")
if(HEAPSTRATA_CFLAGS)
    separate_arguments(HEAPSTRATA_CFLAGS_LIST UNIX_COMMAND "${HEAPSTRATA_CFLAGS}")
    target_compile_options(usermod_heapstrata INTERFACE ${HEAPSTRATA_CFLAGS_LIST})
endif()
if(HEAPSTRATA_RING_ADDR AND HEAPSTRATA_PORT STREQUAL "esp_idf")
    message(FATAL_ERROR "HeapStrata: HEAPSTRATA_RING_ADDR has no effect on esp32: choose the ring's memory with HS_RING_IN in HEAPSTRATA_CFLAGS")
endif()
foreach(name RING_ADDR RING_SIZE)
    if(HEAPSTRATA_${name})
        target_compile_definitions(usermod_heapstrata INTERFACE HS_${name}=${HEAPSTRATA_${name}})
    endif()
endforeach()
foreach(name ${HEAPSTRATA_WRAPS})
    target_link_options(usermod_heapstrata INTERFACE "LINKER:--wrap=${name}")
endforeach()
# The module names this symbol, so that a link without these options fails.
target_link_options(usermod_heapstrata INTERFACE "LINKER:--defsym=hs_wraps_are_missing_at_the_link=0")
# See micropython.mk: link-time optimisation would drop the wraps.
set_source_files_properties(${MICROPY_DIR}/py/gc.c ${MICROPY_DIR}/py/malloc.c ${MICROPY_DIR}/py/obj.c
    ${MICROPY_DIR}/py/vm.c PROPERTIES COMPILE_OPTIONS -fno-lto)
target_link_libraries(usermod INTERFACE usermod_heapstrata)
