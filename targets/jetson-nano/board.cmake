# Jetson Nano (the first one): four Cortex-A57, 2 or 4 GiB; no dot product.
set(TRITWISE_BOARD_ARCHITECTURE "arm64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-aarch64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a57")
set(TRITWISE_BOARD_TARGETS "NEON")
set(TRITWISE_BOARD_MEMORY_BUDGET "3G")
set(TRITWISE_BOARD_EMULATORS "qemu-aarch64 -cpu cortex-a57")
set(TRITWISE_BOARD_RUNS "NEON")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a57")
