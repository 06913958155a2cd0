# SPDX-License-Identifier: MIT
# Any hooks in any firmware built with CMake. Set HS_HOOKS to the folders of the hooks, include this file, and link the target
# heapstrata_hooks: its sources, include folder and the linker's wraps then belong to your target. Add one file of
# firmware-hooks/ports/ and HS_PORT_HEADER yourself. HS_HOOKS_SRC and
# HS_HOOKS_WRAPS are the same as lists. firmware-hooks/hooks.mk is the same for make.
set(HS_HOOKS_WRAPS)
get_filename_component(HS_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
add_library(heapstrata_hooks INTERFACE)
file(GLOB HS_HOOKS_SRC ${HS_ROOT}/lib/*.c ${HS_ROOT}/firmware-hooks/startup/*.c)
foreach(folder ${HS_HOOKS})
    if(NOT IS_DIRECTORY ${HS_ROOT}/firmware-hooks/${folder})
        message(FATAL_ERROR "heapstrata: no hooks in firmware-hooks/${folder}")
    endif()
    file(GLOB sources ${HS_ROOT}/firmware-hooks/${folder}/*.c)
    list(APPEND HS_HOOKS_SRC ${sources})
    if(EXISTS ${HS_ROOT}/firmware-hooks/${folder}/wraps.txt)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${HS_ROOT}/firmware-hooks/${folder}/wraps.txt)
        file(STRINGS ${HS_ROOT}/firmware-hooks/${folder}/wraps.txt names REGEX "^[^#]")
        list(APPEND HS_HOOKS_WRAPS ${names})
        foreach(name ${names})
            target_link_options(heapstrata_hooks INTERFACE "LINKER:--wrap=${name}")
        endforeach()
    endif()
endforeach()
target_sources(heapstrata_hooks INTERFACE ${HS_HOOKS_SRC})
target_include_directories(heapstrata_hooks INTERFACE ${HS_ROOT})
