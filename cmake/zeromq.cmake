# ZeroMQ for the server: static and built for each target, so that a board's one file has it too and every machine runs
# the same version. CURVE by its built-in tweetnacl.
if(EXISTS "${TRITWISE_DEPENDENCIES_DIR}/zeromq3/CMakeLists.txt" AND NOT FETCHCONTENT_SOURCE_DIR_ZEROMQ)
  set(FETCHCONTENT_SOURCE_DIR_ZEROMQ "${TRITWISE_DEPENDENCIES_DIR}/zeromq3" CACHE PATH "" FORCE)
endif()
FetchContent_Declare(zeromq GIT_REPOSITORY https://github.com/zeromq/libzmq.git GIT_TAG v4.3.4)
function(_tritwise_add_zeromq)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # option() leaves what is set here
  set(CMAKE_POLICY_DEFAULT_CMP0048 NEW)
  set(BUILD_SHARED OFF)
  set(BUILD_TESTS OFF)
  set(ENABLE_CPACK OFF)
  set(ENABLE_CURVE ON)
  set(ENABLE_DRAFTS OFF)  # else on where the project around it lies in git
  set(ENABLE_PRECOMPILED OFF)
  set(ENABLE_WS OFF)
  set(WITH_DOCS OFF)
  set(WITH_LIBBSD OFF)
  set(WITH_LIBSODIUM OFF)
  set(WITH_PERF_TOOL OFF)
  set(WITH_TLS OFF)
  set(ZMQ_HAVE_TIPC OFF)  # a transport that nothing here speaks; else there on x86 only, where CMake can try it
  set(CMAKE_SUPPRESS_DEVELOPER_WARNINGS ON CACHE INTERNAL "" FORCE)
  FetchContent_GetProperties(zeromq)
  if(NOT zeromq_POPULATED)
    FetchContent_Populate(zeromq)
    add_subdirectory("${zeromq_SOURCE_DIR}" "${zeromq_BINARY_DIR}" EXCLUDE_FROM_ALL)
  endif()
  unset(CMAKE_SUPPRESS_DEVELOPER_WARNINGS CACHE)
  # A hundred small files that include the same: several at once.
  file(GLOB _c_sources "${zeromq_SOURCE_DIR}/src/*.c" "${zeromq_SOURCE_DIR}/external/*/*.c")
  set_source_files_properties(${_c_sources} DIRECTORY "${zeromq_SOURCE_DIR}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(objects PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  foreach(_target objects libzmq-static)  # the first compiles what the second holds
    if(TARGET ${_target})
      target_compile_options(${_target} PRIVATE -w -fvisibility=hidden)
      # Its CMake files do not look for it. Without it commands that are declared as aligned to 64 bytes lie in memory of
      # malloc, and moving them by 32 bytes (-mavx) faults.
      target_compile_definitions(${_target} PRIVATE HAVE_POSIX_MEMALIGN=1)
      if(TRITWISE_SANITIZE)  # its tweetnacl shifts negative numbers
        target_compile_options(${_target} PRIVATE -fno-sanitize=undefined)
      endif()
    endif()
  endforeach()
  target_include_directories(tritwise_zeromq SYSTEM INTERFACE "${zeromq_SOURCE_DIR}/include")
endfunction()
add_library(tritwise_zeromq INTERFACE)
_tritwise_add_zeromq()
target_link_libraries(tritwise_zeromq INTERFACE libzmq-static tritwise_headers)
target_compile_definitions(tritwise_zeromq INTERFACE ZMQ_STATIC)
