# Where third-party code comes from. Order for what is compiled per target: an installed package, the
# sources that tools/setup.sh fetched, the network for people who have one. Headers that serve every
# target are linked one by one into the build tree, so that the host's /usr/include never reaches a
# cross compile.
include(FetchContent)
find_package(Threads REQUIRED)

set(TRITWISE_DEPENDENCIES_DIR "${PROJECT_SOURCE_DIR}/.dependencies" CACHE PATH "Sources fetched by tools/setup.sh")

# ---- Highway: static, built for each target
if(EXISTS "${TRITWISE_DEPENDENCIES_DIR}/highway/CMakeLists.txt" AND NOT FETCHCONTENT_SOURCE_DIR_HIGHWAY)
  set(FETCHCONTENT_SOURCE_DIR_HIGHWAY "${TRITWISE_DEPENDENCIES_DIR}/highway" CACHE PATH "" FORCE)
endif()
set(HWY_ENABLE_CONTRIB OFF CACHE BOOL "" FORCE)
set(HWY_ENABLE_EXAMPLES OFF CACHE BOOL "" FORCE)
set(HWY_ENABLE_INSTALL OFF CACHE BOOL "" FORCE)
set(HWY_ENABLE_TESTS OFF CACHE BOOL "" FORCE)
set(HWY_FORCE_STATIC_LIBS ON CACHE BOOL "" FORCE)
set(HWY_CMAKE_RVV OFF CACHE BOOL "" FORCE)  # it would compile for vectors on a board without them too
FetchContent_Declare(highway
  GIT_REPOSITORY https://github.com/google/highway.git GIT_TAG 1.2.0
  FIND_PACKAGE_ARGS 1.2 NAMES hwy)
if(NOT TARGET hwy::hwy AND NOT TARGET hwy)  # a project around this one may have it already
  # Not in the cache: what the project around this one does about tests is its own affair.
  set(_build_testing "${BUILD_TESTING}")
  set(BUILD_TESTING OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # option() leaves it
  FetchContent_MakeAvailable(highway)
  unset(CMAKE_POLICY_DEFAULT_CMP0077)
  set(BUILD_TESTING "${_build_testing}")
  if(TARGET hwy_list_targets)
    set_target_properties(hwy hwy_list_targets PROPERTIES EXCLUDE_FROM_ALL ON UNITY_BUILD OFF)
    # libtritwise.so has it inside; its assertions name files.
    target_compile_options(hwy PRIVATE ${TRITWISE_BOARD_COMPUTE_FLAGS}
      -fvisibility=hidden "-ffile-prefix-map=${highway_SOURCE_DIR}=highway")
  endif()
endif()
if(NOT TARGET hwy::hwy)
  add_library(hwy::hwy ALIAS hwy)
endif()

# ---- headers for every target
set(_headers "${CMAKE_BINARY_DIR}/host-include")
file(MAKE_DIRECTORY "${_headers}")
set(_names flatbuffers)
if(NOT TRITWISE_MINIMAL AND (TRITWISE_BUILD_TRAINER OR TRITWISE_BUILD_TOOLS OR TRITWISE_BUILD_TESTS))
  list(APPEND _names catch2 CLI nlohmann toml++)
endif()
if(TRITWISE_BUILD_SERVER)
  list(APPEND _names nlohmann toml++ zmq.hpp)
endif()
foreach(_name ${_names})
  find_file(TRITWISE_HEADER_${_name} NAMES ${_name} PATHS /usr/include /usr/local/include
            NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  file(CREATE_LINK "${TRITWISE_HEADER_${_name}}" "${_headers}/${_name}" SYMBOLIC)
endforeach()
add_library(tritwise_headers INTERFACE)
target_include_directories(tritwise_headers SYSTEM INTERFACE "${_headers}")
find_program(TRITWISE_FLATC flatc REQUIRED NO_CMAKE_FIND_ROOT_PATH)

# ---- the gateway's HTTP, host only
set(TRITWISE_WITH_GATEWAY OFF)
if(TRITWISE_BUILD_SERVER AND TRITWISE_BUILD_TOOLS AND NOT TRITWISE_STATIC AND NOT CMAKE_CROSSCOMPILING)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(cpp_httplib QUIET IMPORTED_TARGET cpp-httplib)
    set(TRITWISE_WITH_GATEWAY ${cpp_httplib_FOUND})
  endif()
  message(STATUS "HTTP gateway (cpp-httplib): ${TRITWISE_WITH_GATEWAY}")
endif()

# ---- the trainer's libraries, host only
if(TRITWISE_BUILD_TRAINER)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  # Debian's dnnl-config.cmake asks for OpenCL's headers, which nothing here uses.
  find_library(TRITWISE_DNNL_LIBRARY dnnl REQUIRED)
  find_path(TRITWISE_DNNL_INCLUDE dnnl.hpp REQUIRED)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${TRITWISE_DNNL_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${TRITWISE_DNNL_INCLUDE}")
  find_package(ZLIB REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece)
  pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
  # Tests only: what our own split patterns and NFC are held to. Set-up installs them with `test`.
  if(TRITWISE_BUILD_TESTS)
    pkg_check_modules(pcre2 IMPORTED_TARGET libpcre2-8)
    pkg_check_modules(utf8proc IMPORTED_TARGET libutf8proc)
  endif()
  # Only C: the C++ bindings left MPI's standard long ago.
  if(TRITWISE_WITH_MPI)
    if(NOT TRITWISE_WITH_MPI STREQUAL "AUTO")
      set(_mpi_required REQUIRED)
    endif()
    find_package(MPI ${_mpi_required} QUIET COMPONENTS C)
    find_program(TRITWISE_MPIRUN mpirun)  # for tests
    message(STATUS "Training by several processes (MPI): ${MPI_C_FOUND}")
  endif()
endif()
