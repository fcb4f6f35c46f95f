# Raspberry Pi 5: four Cortex-A76 (ARMv8.2-A, 128-bit NEON, dot product), 2 to 16 GiB.
set(TRITWISE_BOARD_ARCHITECTURE "arm64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-aarch64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a76")
set(TRITWISE_BOARD_TARGETS "NEON")
set(TRITWISE_BOARD_MEMORY_BUDGET "1536M")
set(TRITWISE_BOARD_EMULATORS "qemu-aarch64 -cpu cortex-a76")
set(TRITWISE_BOARD_RUNS "NEON dot")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a76")
