# embed(FILE NAME): NAME.cc with the bytes of FILE as the std::string_view tritwise::NAME, so that the program needs
# no file beside it. Appends the path of NAME.cc to _embedded; whoever uses NAME declares it extern.
set(_embed_script "${CMAKE_CURRENT_LIST_DIR}/embed_file.cmake")
function(embed FILE NAME)
  set(_output "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cc")
  add_custom_command(OUTPUT "${_output}"
    COMMAND ${CMAKE_COMMAND} "-DINPUT=${FILE}" "-DOUTPUT=${_output}" -DNAME=${NAME} -P "${_embed_script}"
    DEPENDS "${FILE}" "${_embed_script}" VERBATIM)
  set(_embedded ${_embedded} "${_output}" PARENT_SCOPE)
endfunction()

# embed_folder(FOLDER HEADER TYPE FUNCTION): every .toml file of FOLDER, and a source with the function
# `std::vector<TYPE> FUNCTION()` of namespace tritwise, which HEADER declares: for each file its name without the ending, and
# its bytes. Appends the paths of all these sources to _embedded.
function(embed_folder FOLDER HEADER TYPE FUNCTION)
  file(GLOB _files CONFIGURE_DEPENDS "${FOLDER}/*.toml")
  set(_declarations "")
  set(_entries "")
  set(_index 0)
  foreach(_file ${_files})
    get_filename_component(_name "${_file}" NAME_WLE)
    embed("${_file}" k${FUNCTION}${_index})
    string(APPEND _declarations "extern const std::string_view k${FUNCTION}${_index};\n")
    string(APPEND _entries "    {\"${_name}\", k${FUNCTION}${_index}},\n")
    math(EXPR _index "${_index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${FUNCTION}.cc @ONLY CONTENT "#include \"@HEADER@\"

namespace tritwise {
@_declarations@
std::vector<@TYPE@> @FUNCTION@() {
  return {
@_entries@  };
}

}  // namespace tritwise
")
  set(_embedded ${_embedded} "${CMAKE_CURRENT_BINARY_DIR}/${FUNCTION}.cc" PARENT_SCOPE)
endfunction()
