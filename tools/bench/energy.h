// Energy that the processor has taken, from the counters that Linux has of it (powercap, RAPL).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tritwise {

// Packages together, whatever runs on them: on a quiet machine the difference is one program's, idling included.
class EnergyMeter {
 public:
  // `folder` has one folder a package, each with energy_uj and max_energy_range_uj.
  explicit EnergyMeter(const std::string& folder = "/sys/class/powercap");

  // Why there is nothing to read; "" where there is.
  const std::string& why_not() const { return why_not_; }
  // Begins again.
  void Start();
  // Joules since Start; a counter that came to its end meanwhile began at 0 again.
  double Joules() const;

 private:
  struct Package {
    std::string folder;
    uint64_t range = 0;
    uint64_t begin = 0;
  };

  std::vector<Package> packages_;
  std::string why_not_;
};

}  // namespace tritwise
