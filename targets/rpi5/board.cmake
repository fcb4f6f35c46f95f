# Raspberry Pi 5: four Cortex-A76 (ARMv8.2-A, 128-bit NEON, dot product), 2 to 16 GiB.
# Instruction sets to ship: NEON, chosen at run time. Memory budget: what the 2 GiB board leaves free.
set(TRITWISE_BOARD_MEMORY_BUDGET "1536M")
set(TRITWISE_BOARD_EMULATOR "qemu-aarch64;-cpu;cortex-a76")
