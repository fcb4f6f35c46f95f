# 32-bit ARM systems with NEON and VFPv4 (Cortex-A7 and later): Raspberry Pi 2, 32-bit Raspberry Pi OS on later ones.
set(TRITWISE_BOARD_ARCHITECTURE "armhf")
set(TRITWISE_BOARD_PACKAGES "g++-arm-linux-gnueabihf llvm-19")
set(TRITWISE_BOARD_FLAGS "-mcpu=cortex-a7 -mfpu=neon-vfpv4 -mfp16-format=ieee -Wno-psabi")
set(TRITWISE_BOARD_TARGETS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MEMORY_BUDGET "256M")
set(TRITWISE_BOARD_EMULATORS "qemu-arm -cpu cortex-a7")
set(TRITWISE_BOARD_RUNS "NEON_WITHOUT_AES")
set(TRITWISE_BOARD_MACHINE_MODEL "cortex-a7")
