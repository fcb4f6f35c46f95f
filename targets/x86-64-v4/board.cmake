# x86-64 with AVX-512 (Skylake-X, Zen 4 and later); with VNNI where the CPU has it (Ice Lake, Zen 4 and later). No
# emulator has AVX-512: the tests run on the building machine, which must have it.
set(TRITWISE_BOARD_ARCHITECTURE "amd64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19")
set(TRITWISE_BOARD_FLAGS "-march=x86-64-v4 -maes -mpclmul -flto")
set(TRITWISE_BOARD_TARGETS "AVX3;AVX3_DL")
set(TRITWISE_BOARD_MEMORY_BUDGET "")
set(TRITWISE_BOARD_BANDWIDTH "")
set(TRITWISE_BOARD_EMULATORS "")
set(TRITWISE_BOARD_RUNS "")
set(TRITWISE_BOARD_REFUSES "qemu-x86_64 -cpu Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid")
set(TRITWISE_BOARD_MACHINE_MODEL "znver4")
