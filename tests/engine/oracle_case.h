// Questions for scipy and statsmodels, and their answers: other programs that compute the same.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

class Oracle {
public:
  static bool exists() {
    return system("/usr/bin/python3 -c 'import scipy, statsmodels' >/dev/null 2>&1") == 0;
  }
  void ask(const std::string &question) { questions += question + "\n"; }
  std::vector<std::vector<double>> answers() const {
    std::string path = testing::TempDir() + "ingot_oracle_" + std::to_string(getpid()) + ".txt";
    std::ofstream(path) << questions;
    std::string command = "/usr/bin/python3 " INGOT_SOURCE_DIR "/tests/engine/scipy_panels.py " + path;
    std::vector<std::vector<double>> all;
    FILE *pipe = popen(command.c_str(), "r");
    std::string text;
    for (int c; (c = fgetc(pipe)) != EOF;) text += (char)c;
    EXPECT_EQ(pclose(pipe), 0);
    unlink(path.c_str());
    std::stringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::stringstream words(line);
      all.emplace_back();
      for (double x; words >> x;) all.back().push_back(x);
    }
    return all;
  }

private:
  std::string questions;
};

#define NEEDS_ORACLE                                                                                         \
  if (!Oracle::exists())                                                                                     \
  GTEST_SKIP() << "python3-scipy and python3-statsmodels are not installed (tools/setup.sh test)"

inline std::string number(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.17g", x);
  return text;
}
