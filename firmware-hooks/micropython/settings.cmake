# SPDX-License-Identifier: MIT
# The settings of micropython.cmake. Each may be a -D of cmake's or a variable of the environment, to which make adds those of
# its own command line: a port's makefile need not pass them on. Any other HEAPSTRATA_ variable is an error.
#
# Run as a script (cmake -D SETTINGS_FILE=... -P settings.cmake) with each build, it finds out whether they are still what
# cmake was configured with.
set(HEAPSTRATA_NAMES PORT RING_ADDR RING_SIZE CFLAGS HEAPS LWIP HEAP_CAPS WITHOUT)
set(HEAPSTRATA_PARTS levels phases references streaming track speed)
set(HEAPSTRATA_SWITCHES LWIP HEAP_CAPS)
# Only programs on this computer read these.
set(HEAPSTRATA_ELSEWHERE OUT RING PACKET TIME_SCALE STACKS REFS COLLECT_EVERY LEVEL FLAGS)

# One line "NAME=VALUE" for each that the environment has.
function(heapstrata_environment result)
    set(text "")
    foreach(name ${HEAPSTRATA_NAMES})
        if(DEFINED ENV{HEAPSTRATA_${name}})
            string(APPEND text "HEAPSTRATA_${name}=$ENV{HEAPSTRATA_${name}}\n")
        endif()
    endforeach()
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE AND SETTINGS_FILE)
    file(READ "${SETTINGS_FILE}" configured)
    heapstrata_environment(now)
    if(NOT now STREQUAL configured)
        message(FATAL_ERROR "HeapStrata: this folder was configured with other settings. It was\n${configured}and is now\n${now}"
            "Remove the build folder (make clean), and build again.")
    endif()
    return()
endif()

function(heapstrata_check name)
    list(FIND HEAPSTRATA_NAMES "${name}" found)
    if(found EQUAL -1)
        string(REPLACE ";" " " names "${HEAPSTRATA_NAMES}")
        message(FATAL_ERROR "HeapStrata: there is no setting HEAPSTRATA_${name}: there are (HEAPSTRATA_) ${names}. "
            "give -DHS_... of lib/hs_config.h in HEAPSTRATA_CFLAGS")
    endif()
endfunction()

execute_process(COMMAND ${CMAKE_COMMAND} -E environment OUTPUT_VARIABLE heapstrata_variables)
string(REGEX MATCHALL "(^|\n)HEAPSTRATA_[A-Za-z0-9_]+=" heapstrata_variables "${heapstrata_variables}")
foreach(variable ${heapstrata_variables})
    string(REGEX REPLACE "^\n?HEAPSTRATA_(.*)=$" "\\1" name "${variable}")
    if(NOT name IN_LIST HEAPSTRATA_ELSEWHERE)
        heapstrata_check("${name}")
    endif()
endforeach()
get_cmake_property(heapstrata_variables CACHE_VARIABLES)
foreach(variable ${heapstrata_variables})
    if(variable MATCHES "^HEAPSTRATA_(.*)$")
        heapstrata_check("${CMAKE_MATCH_1}")
    endif()
endforeach()

foreach(name ${HEAPSTRATA_NAMES})
    if(NOT DEFINED HEAPSTRATA_${name} AND DEFINED ENV{HEAPSTRATA_${name}})
        set(HEAPSTRATA_${name} "$ENV{HEAPSTRATA_${name}}")
    endif()
endforeach()
foreach(name ${HEAPSTRATA_SWITCHES})
    if(NOT "${HEAPSTRATA_${name}}" MATCHES "^[01]?$")
        message(FATAL_ERROR "HeapStrata: HEAPSTRATA_${name}=${HEAPSTRATA_${name}}: 1 or 0")
    endif()
endforeach()

separate_arguments(heapstrata_without UNIX_COMMAND "${HEAPSTRATA_WITHOUT}")
foreach(part ${heapstrata_without})
    if(NOT part IN_LIST HEAPSTRATA_PARTS)
        string(REPLACE ";" " " parts "${HEAPSTRATA_PARTS}")
        message(FATAL_ERROR "HeapStrata: HEAPSTRATA_WITHOUT=${part}: there is no such part; there are ${parts}")
    endif()
endforeach()

heapstrata_environment(heapstrata_now)
file(WRITE "${CMAKE_BINARY_DIR}/heapstrata.settings" "${heapstrata_now}")
if(NOT TARGET heapstrata_settings)
    add_custom_target(heapstrata_settings ALL
        COMMAND ${CMAKE_COMMAND} "-DSETTINGS_FILE=${CMAKE_BINARY_DIR}/heapstrata.settings" -P "${CMAKE_CURRENT_LIST_FILE}"
        VERBATIM)
endif()
