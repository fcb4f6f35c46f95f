// Files that the build makes part of the program (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace tritwise {

extern const std::string_view kPageTemplate;   // page.html
extern const std::string_view kStudyTemplate;  // study.html
extern const std::string_view kStudyCss;       // study.css
extern const std::string_view kStudyJs;        // study.js
extern const std::string_view kLoadTemplate;   // load.html
extern const std::string_view kLoadJs;         // load.js
extern const std::string_view kHead;           // head.html
extern const std::string_view kStyle;          // style.css
extern const std::string_view kChartsJs;       // charts.js
extern const std::string_view kChartJs;        // Chart.js, minified, with its own notices
extern const std::string_view kChartJsNotice;  // chart_js_notice.html

}  // namespace tritwise
