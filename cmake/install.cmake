# cmake --install: component `runtime` is the library (headers, archive, shared library, package files, Python
# module), component `command` is `tritwise`.
include(CMakePackageConfigHelpers)

set(_package "${CMAKE_INSTALL_LIBDIR}/cmake/tritwise")
set(_libraries tritwise_archive)
if(TRITWISE_SHARED)
  list(APPEND _libraries tritwise_shared)
endif()
install(TARGETS ${_libraries} EXPORT tritwise_targets COMPONENT runtime
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
foreach(_header ${TRITWISE_PUBLIC_HEADERS})
  get_filename_component(_folder "${_header}" DIRECTORY)
  install(FILES "${TRITWISE_PUBLIC_INCLUDE}/${_header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/${_folder}"
    COMPONENT runtime)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/runtime/python/tritwise.py"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/tritwise/python" COMPONENT runtime)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/examples" DESTINATION "${CMAKE_INSTALL_DATADIR}/tritwise"
  COMPONENT runtime FILES_MATCHING PATTERN "*.c" PATTERN "*.py" PATTERN "*.cc" PATTERN "CMakeLists.txt")

# ---- find_package(tritwise)
install(EXPORT tritwise_targets NAMESPACE tritwise:: FILE tritwiseTargets.cmake DESTINATION "${_package}"
  COMPONENT runtime)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/tritwiseConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/tritwiseConfig.cmake" INSTALL_DESTINATION "${_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tritwiseConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tritwiseConfig.cmake" "${PROJECT_BINARY_DIR}/tritwiseConfigVersion.cmake"
  DESTINATION "${_package}" COMPONENT runtime)

# ---- pkg-config: tritwise is the C API, tritwise-runtime the static library with both. Paths are relative to the
# .pc file, so that the prefix of `cmake --install --prefix` counts and the tree can be moved.
file(RELATIVE_PATH _prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" _prefix_from_pc "${_prefix_from_pc}")
set(_highway_pc "")
if(TRITWISE_HIGHWAY_INSTALLED)
  set(_highway_pc "libhwy")
endif()
set(_c_libraries "Requires: tritwise-runtime")
if(TRITWISE_SHARED)
  set(_c_libraries "Libs: -L\${libdir} -ltritwise")
endif()
foreach(_pc tritwise tritwise-runtime)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${_pc}.pc.in" "${PROJECT_BINARY_DIR}/${_pc}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${_pc}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT runtime)
endforeach()

# ---- licences: ours, and that of Highway, which is in the libraries
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
if(NOT TRITWISE_HIGHWAY_INSTALLED AND DEFINED highway_SOURCE_DIR)
  install(FILES "${highway_SOURCE_DIR}/LICENSE" "${highway_SOURCE_DIR}/LICENSE-BSD3" DESTINATION "${CMAKE_INSTALL_DOCDIR}/highway" COMPONENT runtime)
endif()

if(TARGET tritwise_command)
  install(TARGETS tritwise_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT command)
  if(TARGET tritwise_gateway_command)
    install(TARGETS tritwise_gateway_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT command)
  endif()
elseif(TRITWISE_MINIMAL)
  install(TARGETS tritwise_minimal RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT command)
endif()
