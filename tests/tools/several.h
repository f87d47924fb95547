// Models of other tools, of which only scores are known, and a configuration that says what is judged.
#ifndef INGOT_TESTS_TOOLS_SEVERAL_H
#define INGOT_TESTS_TOOLS_SEVERAL_H

#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "report_case.h"

namespace fs = std::filesystem;

namespace {

// Scores of another tool: no run, no checkpoint, only ids, and a configuration that says what is judged.
class Several : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 4000);
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      std::vector<std::string> cells = cells_of(line);
      if (cells[0] == "customer") continue;
      ids.push_back(cells[0]);
      leaves.push_back(cells[7] == "yes");
    }
    write_file(at("judge.yaml"),
               "name: judge\n"
               "data:\n"
               "  file: customers.h5\n"
               "  split: {by: hash, key: customer, train: 0.7, validation: 0.15, test: 0.15}\n"
               "  target: {column: left, task: binary, positive: \"yes\"}\n"
               "business:\n"
               "  unit: EUR\n"
               "  params: {offer: 90}\n"
               "  act: \"CASE WHEN label = 1 THEN 3.6 * charge ELSE 0 END - :offer\"\n"
               "  policy: {threshold: best_on_validation}\n"
               "gates: {primary: {metric: value, superior: 0}}\n");
    scores("poor.csv", 0.05);
    scores("good.csv", 0.35);
    scores("better.csv", 0.45);
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  // Scores that know `skill` of the label, the rest is a fixed noise.
  void scores(const std::string &name, double skill, int share = 1, double step = 0.6180339887498949) {
    std::string text = "row_id,score,part\n"; // of no model that was trained
    for (size_t i = 0; i < ids.size(); i++) {
      double noise = std::fmod((double)(i + 1) * step, 1.0);
      if (i % (size_t)share != 0) continue;
      text += ids[i] + "," + std::to_string(skill * leaves[i] + (1 - skill) * noise) + ",test\n";
    }
    write_file(at(name), text);
  }
  Outcome compare(std::vector<std::string> files, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"compare"};
    for (const std::string &file : files) arguments.push_back(at(file));
    arguments.insert(arguments.end(), {"-o", at("out"), "--config", at("judge.yaml")});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_ingot({arguments, {"XDG_STATE_HOME=" + at("state")}});
  }
  std::string folder;
  std::vector<std::string> ids;
  std::vector<bool> leaves;
};

} // namespace

#endif
