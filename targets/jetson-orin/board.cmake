# Jetson Orin Nano, NX and AGX: Cortex-A78AE (ARMv8.2-A, dot product), 4 to 64 GiB. Emulated as A76: qemu has no A78.
set(TRITWISE_BOARD_ARCHITECTURE "arm64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-aarch64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a78ae")
set(TRITWISE_BOARD_TARGETS "NEON")
set(TRITWISE_BOARD_MEMORY_BUDGET "6G")
set(TRITWISE_BOARD_EMULATORS "qemu-aarch64 -cpu cortex-a76")
set(TRITWISE_BOARD_RUNS "NEON dot")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a78")
