# Reads what the board TRITWISE_BOARD has (targets/<board>/board.cmake) and turns it into settings of the build:
#
#   TRITWISE_BOARD_ARCHITECTURE   Debian's name of it, for the package
#   TRITWISE_BOARD_PACKAGES       Debian packages that its cross compiler takes (tools/setup.sh)
#   TRITWISE_BOARD_FLAGS          compiler flags for its CPU
#   TRITWISE_BOARD_COMPUTE_FLAGS  more of them, for what nothing is thrown through; else not there
#   TRITWISE_BOARD_TARGETS        instruction sets to ship, by Highway's names; "all"; "SCALAR" for none
#   TRITWISE_BOARD_MEMORY_BUDGET  what is left for a model on the smallest board of the kind; "" where that means nothing
#   TRITWISE_BOARD_BANDWIDTH      GB/s that its memory has at most, by its maker; "" as above. `tritwise footprint --board` bounds
#                                 tokens/s by it
#   TRITWISE_BOARD_EMULATORS      commands that run its programs, each with a CPU; none: the building machine runs them
#   TRITWISE_BOARD_RUNS           for each of them the instruction set that kernels must then run with, and "dot" where
#                                 one instruction multiplies bytes and adds four products
#   TRITWISE_BOARD_REFUSES        an emulator of a CPU for which the command is not, where it can say so; else not there
#   TRITWISE_BOARD_MACHINE_MODEL  the CPU as llvm-mca names it, or the nearest that it has (tools/bench/machine_model.py)
set(TRITWISE_BOARD "" CACHE STRING "Folder of targets/ that says what the board has; empty: this machine")
set(TRITWISE_HIGHWAY_TARGETS "" CACHE STRING
    "Instruction sets compiled into every kernel, by Highway's names; all; SCALAR; empty: what the board says")

if(TRITWISE_BOARD)
  if(NOT EXISTS "${PROJECT_SOURCE_DIR}/targets/${TRITWISE_BOARD}/board.cmake")
    file(GLOB _boards RELATIVE "${PROJECT_SOURCE_DIR}/targets" "${PROJECT_SOURCE_DIR}/targets/*/board.cmake")
    list(TRANSFORM _boards REPLACE "/board.cmake" "")
    list(JOIN _boards " " _boards)
    message(FATAL_ERROR "TRITWISE_BOARD is \"${TRITWISE_BOARD}\"; there are: ${_boards}")
  endif()
  include("${PROJECT_SOURCE_DIR}/targets/${TRITWISE_BOARD}/board.cmake")
  # The file is small before all else; what computes says otherwise for itself (kernels/, runtime/, format/).
  set(_small -Os)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    set(_small -Oz)
  endif()
  set(CMAKE_CXX_FLAGS_RELEASE "${_small} -DNDEBUG")
  set(CMAKE_C_FLAGS_RELEASE "${_small} -DNDEBUG")
  separate_arguments(_flags UNIX_COMMAND "${TRITWISE_BOARD_FLAGS}")
  add_compile_options(${_flags} -ffunction-sections -fdata-sections)
  add_link_options(${_flags} -Wl,--gc-sections)
  separate_arguments(TRITWISE_BOARD_COMPUTE_FLAGS UNIX_COMMAND "${TRITWISE_BOARD_COMPUTE_FLAGS}")
  target_compile_options(tritwise_no_exceptions INTERFACE ${TRITWISE_BOARD_COMPUTE_FLAGS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_link_options(-Wl,-O2,--icf=all)  # functions with the same code once; nothing here compares their addresses
  endif()
else()
  set(TRITWISE_BOARD_TARGETS "all")
endif()
if(NOT TRITWISE_HIGHWAY_TARGETS)
  set(TRITWISE_HIGHWAY_TARGETS "${TRITWISE_BOARD_TARGETS}")
endif()
