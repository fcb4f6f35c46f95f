# An rv32imc core (no floating point) without an operating system. Memory budget: link.ld.
set(TRITWISE_BARE_TOOLCHAIN riscv-none-elf)
set(TRITWISE_BARE_FLAGS -march=rv32imc -mabi=ilp32 -mcmodel=medany)
# Emulator; the program is appended. The machine's flash is 32 MiB, which the image must fill.
set(TRITWISE_BARE_EMULATOR qemu-system-riscv32 -machine virt -bios none -display none -monitor none -serial stdio
    -drive if=pflash,format=raw,unit=0,readonly=on,file=@IMAGE@)
set(TRITWISE_BARE_IMAGE_BYTES 33554432)
