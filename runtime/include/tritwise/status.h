// Status and Result<T> as the public API gives them: format/status.h says what they are.
#pragma once

#include "format/status.h"
