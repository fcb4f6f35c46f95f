# Any x86-64 machine: all instruction sets from SSE2 to AVX-512 with VNNI and bf16, chosen at run time; a CPU without the
# newer ones gets a slower kernel.
set(TRITWISE_BOARD_ARCHITECTURE "amd64")
set(TRITWISE_BOARD_PACKAGES "clang-19 lld-19 llvm-19")
set(TRITWISE_BOARD_FLAGS "")
set(TRITWISE_BOARD_TARGETS "all")
set(TRITWISE_BOARD_MEMORY_BUDGET "")
set(TRITWISE_BOARD_EMULATORS "qemu-x86_64 -cpu Nehalem;qemu-x86_64 -cpu Haswell")
set(TRITWISE_BOARD_RUNS "SSE4;AVX2")
set(TRITWISE_BOARD_MACHINE_MODEL "")
