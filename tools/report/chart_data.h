// What the page's charts show, as the JSON object that its script reads. Field by field in chart_data.cc.
#pragma once

#include <string>

#include "trainer/log/metrics_reader.h"

namespace tritwise {

// ASCII only, and without the characters with which text could end the <script> element that holds it.
// At least one step is in the record.
std::string ChartData(const MetricsRecord& record);

}  // namespace tritwise
