# 32-bit ARM Linux (hard float) with GCC. Compiler and flags only: what a board has is said under targets/.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
include("${CMAKE_CURRENT_LIST_DIR}/cross-linux.cmake")
