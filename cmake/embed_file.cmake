# Script: writes OUTPUT, C++ code that defines the std::string_view tritwise::NAME as the bytes of INPUT. As
# numbers, not as a string literal: no escaping, no limit on length, any bytes.
file(READ "${INPUT}" _hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," _bytes "${_hex}")
# Twenty bytes a line.
string(REPEAT "....." 20 _line)
string(REGEX REPLACE "(${_line})" "\\1\n" _bytes "${_bytes}")
file(WRITE "${OUTPUT}" "#include <string_view>

namespace tritwise {
namespace {
constexpr unsigned char ${NAME}Bytes[] = {
${_bytes}
};
}  // namespace

extern const std::string_view ${NAME};
const std::string_view ${NAME}(reinterpret_cast<const char*>(${NAME}Bytes), sizeof(${NAME}Bytes));

}  // namespace tritwise
")
