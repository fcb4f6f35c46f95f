#include "trainer/loss_guard.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tritwise {

std::string LossGuard::Check(double loss, double gradient_norm) {
  if (!std::isfinite(loss)) return "the loss is not a number";
  if (!std::isfinite(gradient_norm)) return "the gradient is not a number";
  if (factor_ > 0.0 && memory_.count >= kLeastLosses && loss > factor_ * memory_.mean) {
    char text[120];
    std::snprintf(text, sizeof(text), "the loss is %.3f, above %g times its recent mean of %.3f", loss, factor_,
                  memory_.mean);
    return text;
  }
  ++memory_.count;
  const double weight = std::max(kWeight, 1.0 / static_cast<double>(memory_.count));
  memory_.mean += weight * (loss - memory_.mean);
  return "";
}

}  // namespace tritwise
