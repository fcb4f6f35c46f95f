// A descriptor that wakes a thread which polls it together with sockets; from any thread.
#pragma once

namespace tritwise::serve {

class WakeUp {
 public:
  // Throws Error.
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  // Readable from Set() to Clear().
  int descriptor() const { return descriptor_; }
  void Set() const;
  void Clear() const;

 private:
  int descriptor_;
};

}  // namespace tritwise::serve
