# 64-bit RISC-V with the vector extension 1.0 of any vector length: SpacemiT K1 (Banana Pi F3, Muse Pi), 256 bits.
set(TRITWISE_BOARD_ARCHITECTURE "riscv64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19 g++-riscv64-linux-gnu")
# A function that keeps vectors of unknown length on its stack cannot be left by an exception: GCC 12's library does not
# know the register that its frame depends on, and aborts.
set(TRITWISE_BOARD_FLAGS "-march=rv64gc")
set(TRITWISE_BOARD_COMPUTE_FLAGS "-march=rv64gcv")
set(TRITWISE_BOARD_TARGETS "RVV")
set(TRITWISE_BOARD_MEMORY_BUDGET "3G")
set(TRITWISE_BOARD_BANDWIDTH "10.6")
set(TRITWISE_BOARD_EMULATORS "qemu-riscv64 -cpu rv64,v=true,vlen=128,vext_spec=v1.0;qemu-riscv64 -cpu rv64,v=true,vlen=256,vext_spec=v1.0;qemu-riscv64 -cpu rv64,v=true,vlen=512,vext_spec=v1.0")
set(TRITWISE_BOARD_RUNS "RVV;RVV;RVV")
set(TRITWISE_BOARD_REFUSES "qemu-riscv64 -cpu rv64,v=false")
set(TRITWISE_BOARD_MACHINE_MODEL "sifive-p670")
