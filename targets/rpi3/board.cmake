# Raspberry Pi 3 (B, B+, A+) with a 64-bit system: four Cortex-A53, 1 GiB; no dot product, no AES.
set(TRITWISE_BOARD_ARCHITECTURE "arm64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-aarch64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a53+nocrypto")
set(TRITWISE_BOARD_TARGETS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MEMORY_BUDGET "640M")
set(TRITWISE_BOARD_EMULATORS "qemu-aarch64 -cpu cortex-a53")
set(TRITWISE_BOARD_RUNS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a53")
