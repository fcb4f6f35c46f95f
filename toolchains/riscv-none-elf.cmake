# RISC-V without an operating system: GCC and picolibc (gcc-riscv64-unknown-elf, picolibc-riscv64-unknown-elf; the
# compiler makes 32-bit code too). It comes without any C++ header: toolchains/freestanding/ has the few that are used.
# Compiler and flags only: the CPU is said under targets/.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "--specs=picolibc.specs -nostdinc++ -isystem ${CMAKE_CURRENT_LIST_DIR}/freestanding")
set(TRITWISE_TOOL_PREFIX riscv64-unknown-elf-)
