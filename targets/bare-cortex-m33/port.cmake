# A Cortex-M33 with the single-precision FPU, without an operating system. Memory budget: link.ld.
set(TRITWISE_BARE_TOOLCHAIN arm-none-eabi)
set(TRITWISE_BARE_FLAGS -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16)
# Emulator; the program is appended.
set(TRITWISE_BARE_EMULATOR qemu-system-arm -machine mps2-an505 -display none -monitor none -serial none
    -chardev stdio,id=console
    -semihosting-config enable=on,target=native,chardev=console -kernel)
