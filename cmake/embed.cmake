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
