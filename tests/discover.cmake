# Writes a CTest file with one entry for each TEST_CASE of PROGRAM. Run after the program is built. What reads whole books
# is labelled long under a sanitiser, where it takes minutes and shows no more than odd and random texts do.
execute_process(COMMAND "${PROGRAM}" --list-test-names-only OUTPUT_VARIABLE _names RESULT_VARIABLE _code)
# Catch2 2 returns the number of tests here.
string(REPLACE ";" "\\;" _names "${_names}")
string(REPLACE "\n" ";" _names "${_names}")
set(_text "")
foreach(_name IN LISTS _names)
  if(NOT _name STREQUAL "")
    # Characters that mean something in a Catch2 test specification.
    string(REGEX REPLACE "([,\\[\\]\\\\])" "\\\\\\1" _spec "${_name}")
    set(_labels "${LABEL}")
    if(LABEL STREQUAL "sanitiser" AND _name MATCHES "Bible|Shakespeare")
      string(APPEND _labels ";long")
    endif()
    string(APPEND _text
      "add_test([==[${PREFIX}: ${_name}]==] [==[${PROGRAM}]==] [==[${_spec}]==])\n"
      "set_tests_properties([==[${PREFIX}: ${_name}]==] PROPERTIES LABELS \"${_labels}\" SKIP_RETURN_CODE 77 TIMEOUT 600)\n")
  endif()
endforeach()
if(_text STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} lists no test case")
endif()
file(WRITE "${OUTPUT}" "${_text}")
