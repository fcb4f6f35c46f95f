# Raspberry Pi 4 and 400: four Cortex-A72, 1 to 8 GiB; no dot product and, unlike the emulated CPU, no AES.
set(TRITWISE_BOARD_ARCHITECTURE "arm64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-aarch64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a72+nocrypto")
set(TRITWISE_BOARD_TARGETS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MEMORY_BUDGET "1536M")
set(TRITWISE_BOARD_EMULATORS "qemu-aarch64 -cpu cortex-a72")
set(TRITWISE_BOARD_RUNS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a72")
