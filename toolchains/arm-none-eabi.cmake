# ARM without an operating system: GCC and newlib (gcc-arm-none-eabi, libnewlib-arm-none-eabi). The few C++ headers that
# are used are in toolchains/freestanding/: Debian's package of them takes 1.5 GB. Compiler and flags only: the CPU is
# said under targets/.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "-nostdinc++ -isystem ${CMAKE_CURRENT_LIST_DIR}/freestanding")
set(TRITWISE_TOOL_PREFIX arm-none-eabi-)
