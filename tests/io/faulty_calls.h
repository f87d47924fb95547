// The table of file calls with one fault put in: the n-th call fails, or the process ends there.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <unistd.h>

extern "C" {
#include "io/shared/durable.h"
}

enum class Fault {
  FAIL,       // the call fails with `number`
  HALF,       // write: half of the bytes, then the next write fails with `number`; else FAIL
  KILL,       // the process ends before the call
  KILL_AFTER, // and after it (write: half of the bytes)
  INTERRUPT   // write: EINTR once; else nothing
};

// One process-wide plan, as calls carry no context.
struct FaultPlan {
  Fault fault = Fault::FAIL;
  int at = 0; // counted from 1; 0: no fault
  int number = EIO;
  int calls = 0;
  bool fail_next_write = false;
};

inline FaultPlan plan;

// No test begins with what another one has planned and not reached.
inline const bool every_test_begins_without_a_fault = [] {
  struct Clear : testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo &) override { plan = FaultPlan{}; }
  };
  testing::UnitTest::GetInstance()->listeners().Append(new Clear);
  return true;
}();

inline void plan_fault(Fault fault, int at, int number = EIO) {
  plan = FaultPlan{fault, at, number, 0, false};
}

namespace faulty {

enum { KILLED = 99 };

// Whether this call is the one that fails.
inline bool fails() {
  if (++plan.calls != plan.at) return false;
  if (plan.fault == Fault::KILL) _exit(KILLED);
  return plan.fault == Fault::FAIL || plan.fault == Fault::HALF;
}

template <typename Result> Result done(Result result) {
  if (plan.calls == plan.at && plan.fault == Fault::KILL_AFTER) _exit(KILLED);
  return result;
}

inline int failed() {
  errno = plan.number;
  return -1;
}

inline int open_(const char *path, int flags, mode_t mode) {
  return fails() ? failed() : done(file_calls_system.open(path, flags, mode));
}

inline int allocate(int file, off_t offset, off_t length) { // returns the error
  return fails() ? plan.number : done(file_calls_system.allocate(file, offset, length));
}

inline ssize_t write_(int file, const void *bytes, size_t count) {
  if (plan.fail_next_write) {
    plan.fail_next_write = false;
    return failed();
  }
  bool fault = fails(), here = plan.calls == plan.at;
  if (here && plan.fault == Fault::INTERRUPT) {
    plan.at = 0;
    errno = EINTR;
    return -1;
  }
  if (fault && (plan.fault == Fault::FAIL || count < 2)) return failed();
  plan.fail_next_write = fault;
  bool half = fault || (here && plan.fault == Fault::KILL_AFTER);
  return done(file_calls_system.write(file, bytes, half ? count / 2 : count));
}

inline int fsync_(int file) {
  return fails() ? failed() : done(file_calls_system.fsync(file));
}

inline int close_(int file) {
  bool fault = fails();
  int result = file_calls_system.close(file);
  return fault ? failed() : done(result);
}

inline int mkdir_(const char *path, mode_t mode) {
  return fails() ? failed() : done(file_calls_system.mkdir(path, mode));
}

inline int rename_(const char *from, const char *to) {
  return fails() ? failed() : done(file_calls_system.rename(from, to));
}

inline int replace(const char *from, const char *to) {
  return fails() ? failed() : done(file_calls_system.replace(from, to));
}

inline int truncate_(int file, off_t length) {
  return fails() ? failed() : done(file_calls_system.truncate(file, length));
}

} // namespace faulty

inline const FileCalls faulty_calls = {faulty::open_,   faulty::allocate, faulty::write_,
                                       faulty::fsync_,  faulty::close_,   faulty::mkdir_,
                                       faulty::rename_, faulty::replace,  faulty::truncate_};
