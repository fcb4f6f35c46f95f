# The runtime as other projects use it, the same whether it is installed or a subproject:
#   tritwise::runtime  one static library, C++ and C API, with Highway in it: consumers need neither Highway nor
#                      FlatBuffers
#   tritwise::c        a shared library of the C API alone, for C and for languages that load it (TRITWISE_SHARED)
# The tests and the command link the libraries of the folders instead.
include(GNUInstallDirs)

# ---- public headers, all under tritwise/. They lie in the build tree as they are installed.
set(TRITWISE_PUBLIC_INCLUDE "${PROJECT_BINARY_DIR}/include")
set(_own generate.h json_constraint.h json_mask.h json_text.h memory.h model.h plan.h plan_options.h sampler.h session.h status.h tritwise.h)
list(TRANSFORM _own PREPEND "${PROJECT_SOURCE_DIR}/runtime/include/tritwise/")
# What those include of format/, directly or not.
set(_format chat_template.h graph.h mapped_file.h model_file.h numeric.h ops.inc status.h ternary_layout.h tokenizer.h vocabulary.h)
list(TRANSFORM _format PREPEND "${PROJECT_SOURCE_DIR}/format/")
set(TRITWISE_PUBLIC_HEADERS "")
foreach(_header ${_own} ${_format})
  get_filename_component(_name "${_header}" NAME)
  if(_header IN_LIST _format)
    set(_name "format/${_name}")
  endif()
  file(READ "${_header}" _text)
  string(REPLACE "#include \"format/" "#include \"tritwise/format/" _text "${_text}")
  list(APPEND TRITWISE_PUBLIC_HEADERS "tritwise/${_name}")
  file(CONFIGURE OUTPUT "${TRITWISE_PUBLIC_INCLUDE}/tritwise/${_name}" CONTENT "${_text}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_header}")
endforeach()

# ---- objects of our folders, and of Highway where its sources are built here
set(_objects $<TARGET_OBJECTS:tritwise_format> $<TARGET_OBJECTS:tritwise_kernels> $<TARGET_OBJECTS:tritwise_runtime>)
get_target_property(TRITWISE_HIGHWAY_INSTALLED hwy::hwy IMPORTED)
if(TRITWISE_HIGHWAY_INSTALLED)
  set(_highway hwy::hwy)
else()
  set(_highway "")
  list(APPEND _objects $<TARGET_OBJECTS:hwy::hwy>)
endif()

add_library(tritwise_archive STATIC ${_objects})
add_library(tritwise::runtime ALIAS tritwise_archive)
set_target_properties(tritwise_archive PROPERTIES
  OUTPUT_NAME tritwise_runtime EXPORT_NAME runtime LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
target_compile_features(tritwise_archive INTERFACE cxx_std_20)
target_link_libraries(tritwise_archive PUBLIC Threads::Threads ${_highway})
target_include_directories(tritwise_archive INTERFACE
  "$<BUILD_INTERFACE:${TRITWISE_PUBLIC_INCLUDE}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

if(TRITWISE_SHARED)
  add_library(tritwise_shared SHARED ${_objects})
  add_library(tritwise::c ALIAS tritwise_shared)
  # Templates of the C++ library are visible whatever the compiler is told, hence the list of symbols as well.
  set(_symbols "${PROJECT_SOURCE_DIR}/runtime/c_api/symbols.map")
  set_target_properties(tritwise_shared PROPERTIES
    OUTPUT_NAME tritwise EXPORT_NAME c LINKER_LANGUAGE CXX LINK_DEPENDS "${_symbols}"
    VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}"
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  target_link_options(tritwise_shared PRIVATE "LINKER:--version-script=${_symbols}" LINKER:--no-undefined)
  target_link_libraries(tritwise_shared PRIVATE Threads::Threads ${_highway})
  target_include_directories(tritwise_shared INTERFACE
    "$<BUILD_INTERFACE:${TRITWISE_PUBLIC_INCLUDE}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endif()
