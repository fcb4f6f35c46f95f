#include "tools/output.h"

#include <cstdio>

namespace tritwise {

void PrintJson(const Json& object) { std::puts(object.dump(2, ' ', false, Json::error_handler_t::replace).c_str()); }

}  // namespace tritwise
