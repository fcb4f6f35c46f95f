// What the operating system says about this machine and this process. A program that links this and was built for
// another CPU than this one ends with one line, before anything else runs.
#pragma once

#include <cstdint>
#include <string>

namespace tritwise {

// As the system names the processor; "unknown" where it does not.
std::string CpuModel();

// Memory of the machine in bytes; 0 where the system does not say.
uint64_t MemoryBytes();

// Lets PeakResidentBytes begin anew at what is resident now; false where the system cannot.
bool ResetPeakResidentBytes();

// Most memory that this process has had resident so far, in bytes; 0 where the system does not say.
uint64_t PeakResidentBytes();
// What is resident now, and of that what is no page of a file; 0 where the system does not say.
uint64_t ResidentBytes();
uint64_t OwnResidentBytes();
// What the kernel keeps to know where all that is; it counts as resident nowhere.
uint64_t PageTableBytes();

// Lets this process have as many open files and connections as the system allows at most, for many clients at once.
void AllowManyFiles();

}  // namespace tritwise
