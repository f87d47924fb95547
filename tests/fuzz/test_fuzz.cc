// The short form of the fuzzers: every seed and a fixed number of its mutants, the same ones on each run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

#define TARGET(name) extern "C" int fuzz_##name(const uint8_t *data, size_t size);
#include "tests/fuzz/targets.inc"
#undef TARGET

namespace {

enum { MUTANTS = 2000, SLOW_MUTANTS = 300 }; // slow: each is judged

struct Target {
  const char *name;
  int (*run)(const uint8_t *data, size_t size);
};

void PrintTo(const Target &target, std::ostream *out) {
  *out << target.name;
}

#define TARGET(name) {#name, fuzz_##name},
const Target targets[] = {
#include "tests/fuzz/targets.inc"
};
#undef TARGET

using Bytes = std::string;

// What the process was reading when it died.
char current[256];

void tell(int signal_number) {
  if (write(STDERR_FILENO, current, strlen(current)) < 0) _exit(1);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

std::vector<std::pair<std::string, Bytes>> seeds_of(const char *fuzzer) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) / ("ingot_seeds_" + std::to_string(getpid()));
  fs::create_directories(folder);
  EXPECT_NE(fuzz_seeds(fuzzer, folder.c_str()), 0);
  std::vector<std::pair<std::string, Bytes>> seeds;
  for (const auto &entry : fs::directory_iterator(folder)) {
    std::stringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    seeds.emplace_back(entry.path().filename().string(), content.str());
  }
  fs::remove_all(folder);
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

// Texts at which parsers turn.
const char *const words[] = {
    "\"",    "\n",  "\r\n", ",",        ":",    "{", "}", "[", "]",  "-",
    "1e999", "NaN", "null", "<script>", "\xff", "'", "(", ")", "\t", "18446744073709551616",
    "..",    "&",   "*"};

// One small change.
void mutate(Bytes *bytes, std::mt19937_64 *random) {
  auto below = [&](size_t n) { return n == 0 ? 0 : (size_t)((*random)() % n); };
  size_t at = below(bytes->size() + 1), length = below(16) + 1;
  switch (below(8)) {
  case 0:
  case 1:
    if (at < bytes->size()) (*bytes)[at] ^= (char)(1 << below(8));
    break;
  case 2:
    if (at < bytes->size()) (*bytes)[at] = (char)below(256);
    break;
  case 3:
    bytes->erase(at, length);
    break;
  case 4:
    bytes->insert(at, bytes->substr(below(bytes->size()), length));
    break;
  case 5:
    bytes->insert(at, words[below(sizeof words / sizeof *words)]);
    break;
  case 6:
    at = bytes->find_first_of("0123456789", at);
    if (at != Bytes::npos) (*bytes)[at] = (char)('0' + below(10));
    break;
  case 7:
    if (below(8) == 0) bytes->resize(at);
    break;
  }
}

class Fuzz : public testing::TestWithParam<Target> {};

} // namespace

TEST_P(Fuzz, SeedsAndTheirMutants) {
  const Target &target = GetParam();
  for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) signal(number, tell);
  auto seeds = seeds_of(target.name);
  ASSERT_FALSE(seeds.empty());
  std::mt19937_64 random(1);
  int read_before = fuzz_read();
  int mutants = strcmp(target.name, "judged_report") == 0 ? SLOW_MUTANTS : MUTANTS;
  for (int i = 0; i < mutants + (int)seeds.size(); i++) {
    const auto &[name, seed] = seeds[(size_t)i % seeds.size()];
    Bytes bytes = seed;
    int changes = i < (int)seeds.size() ? 0 : random() % 4 > 0 ? 1 : 2 + (int)(random() % 3);
    for (int change = 0; change < changes; change++) mutate(&bytes, &random);
    snprintf(current, sizeof current, "fuzz: %s died on mutant %d, of seed '%s'\n", target.name, i,
             name.c_str());
    target.run((const uint8_t *)bytes.data(), bytes.size());
    if (changes == 0) {
      EXPECT_GT(fuzz_read(), read_before) << target.name << ": the seed '" << name << "' is refused";
    }
    read_before = fuzz_read();
  }
}

INSTANTIATE_TEST_SUITE_P(Parsers, Fuzz, testing::ValuesIn(targets),
                         [](const testing::TestParamInfo<Target> &target) { return target.param.name; });
