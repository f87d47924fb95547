// The limits on memory, from files of a root of the test's own, and from this process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

extern "C" {
#include "engine/shared/memory_limit.h"
}

namespace {

class MemoryLimits : public testing::Test {
protected:
  void SetUp() override {
    root = std::filesystem::temp_directory_path() / ("memory_limit." + std::to_string(getpid()));
    std::filesystem::remove_all(root);
    write("/proc/meminfo", "MemTotal: 4000 kB\nMemAvailable:    3000 kB\nSwapFree:          500 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void write(const std::string &path, const std::string &text) {
    std::filesystem::create_directories((root.string() + path).substr(0, (root.string() + path).rfind('/')));
    std::ofstream(root.string() + path) << text;
  }
  void expect(size_t bytes, const std::string &name) {
    MemoryLimit left = memory_left_under(root.c_str());
    EXPECT_EQ(left.bytes, bytes);
    EXPECT_NE(std::string(left.name).find(name), std::string::npos) << left.name;
  }
  std::filesystem::path root;
};

TEST_F(MemoryLimits, AreWhatTheMachineHas) {
  expect(3500 * 1024, "this machine has available");
  write("/proc/meminfo", "MemTotal: 4000 kB\n");
  EXPECT_GT(memory_left_under(root.c_str()).bytes, (size_t)1 << 30) << "nothing is known";
}

TEST_F(MemoryLimits, AreThoseOfTheControlGroupAndOfThoseAboveIt) {
  write("/proc/self/cgroup", "0::/jobs/one\n");
  write("/sys/fs/cgroup/jobs/one/memory.max", "max\n");
  expect(3500 * 1024, "machine");
  write("/sys/fs/cgroup/jobs/memory.max", "2000000\n");
  write("/sys/fs/cgroup/jobs/memory.current", "1500000\n");
  expect(500000, "control group");
  write("/sys/fs/cgroup/jobs/memory.stat", "anon 1000000\ninactive_file 300000\nactive_file 100000\n");
  expect(900000, "control group");
  write("/sys/fs/cgroup/jobs/one/memory.max", "700000\n");
  write("/sys/fs/cgroup/jobs/one/memory.current", "900000\n");
  expect(0, "control group");
}

TEST_F(MemoryLimits, AreThoseOfAContainerWhoseGroupIsItsRoot) {
  write("/proc/self/cgroup", "0::/../elsewhere\n");
  write("/sys/fs/cgroup/memory.max", "1000000\n");
  write("/sys/fs/cgroup/memory.current", "1\n");
  expect(999999, "control group");
}

TEST_F(MemoryLimits, AreThoseOfControlGroupsOfVersionOne) {
  write("/proc/self/cgroup", "12:cpu:/other\n4:memory:/job\n");
  write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000000\n");
  write("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "600000\n");
  write("/sys/fs/cgroup/memory/job/memory.stat", "total_inactive_file 100000\ninactive_file 7\n");
  expect(500000, "control group");
}

TEST_F(MemoryLimits, ARequestAboveThemIsASentence) {
  Error error = {};
  EXPECT_EQ(memory_check(1, "this", "do that", &error), STATUS_OK);
  EXPECT_EQ(memory_check((size_t)1 << 62, "this", "do that", &error), STATUS_UNAVAILABLE);
  EXPECT_EQ(
      std::string(error.text).rfind("this takes 4611686018427387904 bytes (4398046511104.0 MiB) and ", 0), 0u)
      << error.text;
  EXPECT_NE(std::string(error.text).find(": do that"), std::string::npos) << error.text;
}

TEST_F(MemoryLimits, WhatIsHeldIsMeasured) {
  EXPECT_GT(memory_resident(), (size_t)1 << 20);
  EXPECT_GE(memory_peak() + (1 << 20), memory_resident()) << "the kernel counts in batches of pages";
}

} // namespace
