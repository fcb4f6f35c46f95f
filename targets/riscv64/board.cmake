# 64-bit RISC-V without vector instructions: StarFive JH7110 (VisionFive 2), SiFive U74 and the like.
set(TRITWISE_BOARD_ARCHITECTURE "riscv64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-riscv64-linux-gnu")
set(TRITWISE_BOARD_FLAGS "-march=rv64gc")
set(TRITWISE_BOARD_TARGETS "SCALAR")
set(TRITWISE_BOARD_MEMORY_BUDGET "1536M")
set(TRITWISE_BOARD_EMULATORS "qemu-riscv64 -cpu rv64,v=false")
set(TRITWISE_BOARD_RUNS "SCALAR")
set(TRITWISE_BOARD_MACHINE_MODEL "sifive-u74")
