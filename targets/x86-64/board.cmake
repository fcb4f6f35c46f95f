# Any x86-64 machine. Instruction sets to ship: all that Highway has from SSE2 to AVX-512 with VNNI and
# bf16, chosen at run time; a CPU without the newer ones gets a slower kernel.
set(TRITWISE_BOARD_MEMORY_BUDGET "")
set(TRITWISE_BOARD_EMULATOR "")
