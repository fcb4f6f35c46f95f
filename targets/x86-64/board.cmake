# Any x86-64 machine: SSE2, SSE4 or AVX2, chosen at run time; a CPU without the newer ones gets a slower kernel. What lies
# between them is left out, as is AVX-512 (x86-64-v4): the file is to be small.
set(TRITWISE_BOARD_ARCHITECTURE "amd64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19")
set(TRITWISE_BOARD_FLAGS "-flto")
set(TRITWISE_BOARD_TARGETS "SSE2;SSE4;AVX2")
set(TRITWISE_BOARD_MEMORY_BUDGET "")
set(TRITWISE_BOARD_BANDWIDTH "")
set(TRITWISE_BOARD_EMULATORS "qemu-x86_64 -cpu Westmere;qemu-x86_64 -cpu Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid")
set(TRITWISE_BOARD_RUNS "SSE4;AVX2")
set(TRITWISE_BOARD_MACHINE_MODEL "")
