# x86-64 with AVX2 and FMA (Haswell, Zen and later): nothing older, nothing newer, so a smaller file.
set(TRITWISE_BOARD_ARCHITECTURE "amd64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19")
set(TRITWISE_BOARD_FLAGS "-march=x86-64-v3 -maes -mpclmul")
set(TRITWISE_BOARD_TARGETS "AVX2")
set(TRITWISE_BOARD_MEMORY_BUDGET "")
set(TRITWISE_BOARD_BANDWIDTH "")
set(TRITWISE_BOARD_EMULATORS "qemu-x86_64 -cpu Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid")
set(TRITWISE_BOARD_RUNS "AVX2")
# 3.15 MB: the C library has variants of its own for every x86.
set(TRITWISE_BOARD_MOST_BYTES "3670016")
set(TRITWISE_BOARD_MACHINE_MODEL "haswell")
