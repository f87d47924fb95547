// The examples for continuous integration: their syntax, and every `ingot` line in them run in order.
#include <gtest/gtest.h>

#include <libfyaml.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "program.h"

namespace {

namespace fs = std::filesystem;

const std::string kSource = INGOT_SOURCE_DIR;
using Lines = std::vector<std::string>;

// A document of YAML; nodes by path, such as "/jobs/gate/steps".
struct Yaml {
  const std::string text; // nodes point into it
  fy_document *document = nullptr;
  explicit Yaml(const std::string &source) : text(source) {
    document = fy_document_build_from_string(nullptr, text.c_str(), text.size());
  }
  ~Yaml() { fy_document_destroy(document); }
  Yaml(const Yaml &) = delete;
  fy_node *at(const std::string &path) const {
    return fy_node_by_path(fy_document_root(document), path.c_str(), path.size(), FYNWF_DONT_FOLLOW);
  }
};

std::string text_of(fy_node *node) {
  size_t length = 0;
  const char *text = node == nullptr ? nullptr : fy_node_get_scalar(node, &length);
  return text == nullptr ? "" : std::string(text, length);
}

// The lines of a scalar, or of every item of a sequence.
Lines lines_in(fy_node *node) {
  Lines lines;
  if (node == nullptr) return lines;
  if (!fy_node_is_sequence(node)) return lines_of(text_of(node));
  for (int i = 0; i < fy_node_sequence_item_count(node); i++)
    for (const std::string &line : lines_of(text_of(fy_node_sequence_get_by_index(node, i))))
      lines.push_back(line);
  return lines;
}

std::string example(const std::string &name) {
  return read_file(kSource + "/configs/ci/" + name);
}

// Every command of the example, in the order in which the service runs them.
Lines commands_of(const std::string &name) {
  Yaml yaml(example(name));
  Lines commands;
  auto add = [&](fy_node *node) {
    for (const std::string &line : lines_in(node)) commands.push_back(line);
  };
  if (name == "gitlab-ci.yml") {
    add(yaml.at("/default/before_script"));
    fy_node *stages = yaml.at("/stages"); // the jobs have the names of their stages
    for (int i = 0; i < fy_node_sequence_item_count(stages); i++)
      add(yaml.at("/" + text_of(fy_node_sequence_get_by_index(stages, i)) + "/script"));
    return commands;
  }
  fy_node *steps = yaml.at("/jobs/gate/steps");
  for (int i = 0; i < fy_node_sequence_item_count(steps); i++)
    add(yaml.at("/jobs/gate/steps/" + std::to_string(i) + "/run"));
  return commands;
}

size_t first_with(const Lines &lines, const std::string &start) {
  for (size_t i = 0; i < lines.size(); i++)
    if (lines[i].find(start) == 0) return i;
  return lines.size();
}

// The program is installed, built and found before it is used, in this order.
void check_order(const Lines &commands, const std::string &found_by) {
  const Lines starts = {"tools/setup.sh run",
                        "cmake --preset release",
                        "cmake --build --preset release",
                        found_by,
                        "ingot check",
                        "ingot train",
                        "ingot evaluate",
                        "ingot compare"};
  for (size_t i = 0; i < starts.size(); i++) {
    ASSERT_LT(first_with(commands, starts[i]), commands.size()) << "no line begins with " << starts[i];
    if (i > 0) {
      EXPECT_LT(first_with(commands, starts[i - 1]), first_with(commands, starts[i])) << starts[i];
    }
  }
  for (const std::string &line : commands) EXPECT_EQ(line.find("sudo"), std::string::npos) << line;
}

TEST(CiExamples, GithubHasTheKeysOfAWorkflow) {
  Yaml yaml(example("github-actions.yml"));
  ASSERT_NE(yaml.document, nullptr) << "not YAML";
  for (const char *path : {"/name", "/on", "/jobs/gate/runs-on", "/jobs/gate/container"})
    EXPECT_NE(yaml.at(path), nullptr) << path;
  fy_node *steps = yaml.at("/jobs/gate/steps");
  ASSERT_NE(steps, nullptr);
  ASSERT_TRUE(fy_node_is_sequence(steps));
  for (int i = 0; i < fy_node_sequence_item_count(steps); i++) {
    std::string step = "/jobs/gate/steps/" + std::to_string(i);
    EXPECT_NE(text_of(yaml.at(step + "/run")).empty(), text_of(yaml.at(step + "/uses")).empty())
        << step << " needs one of run and uses";
  }
  check_order(commands_of("github-actions.yml"), "echo \"$PWD/build/release\" >> \"$GITHUB_PATH\"");
}

TEST(CiExamples, GitlabHasTheKeysOfAPipeline) {
  Yaml yaml(example("gitlab-ci.yml"));
  ASSERT_NE(yaml.document, nullptr) << "not YAML";
  fy_node *stages = yaml.at("/stages");
  ASSERT_NE(stages, nullptr);
  for (int i = 0; i < fy_node_sequence_item_count(stages); i++) {
    std::string job = "/" + text_of(fy_node_sequence_get_by_index(stages, i));
    EXPECT_EQ("/" + text_of(yaml.at(job + "/stage")), job);
    EXPECT_FALSE(lines_in(yaml.at(job + "/script")).empty()) << job;
  }
  EXPECT_EQ(text_of(yaml.at("/default/image")), "debian:12");
  EXPECT_EQ(lines_in(yaml.at("/gate/allow_failure/exit_codes")), Lines{"20"});
  check_order(commands_of("gitlab-ci.yml"), "export PATH=$PWD/build/release:$PATH");
}

// What a file the service collects is named, against the folder in which the commands ran.
Lines artifacts_of(const std::string &name) {
  Yaml yaml(example(name));
  if (name == "github-actions.yml") {
    fy_node *steps = yaml.at("/jobs/gate/steps");
    int last = fy_node_sequence_item_count(steps) - 1;
    return lines_in(yaml.at("/jobs/gate/steps/" + std::to_string(last) + "/with/path"));
  }
  Lines paths = lines_in(yaml.at("/train/artifacts/paths"));
  for (const char *more : {"/gate/artifacts/paths", "/gate/artifacts/reports/junit"})
    for (const std::string &path : lines_in(yaml.at(more))) paths.push_back(path);
  return paths;
}

class CiExamplesRun : public testing::TestWithParam<const char *> {};

TEST_P(CiExamplesRun, EveryLineOfIngotWorks) {
  const char *data = getenv("INGOT_DATA");
  if (data == nullptr) GTEST_SKIP() << "INGOT_DATA names no folder of published data";
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "under a sanitizer these trainings take many minutes; the release build runs them";
#endif
  std::string folder = test_folder();
  fs::copy(kSource + "/configs", folder + "/configs", fs::copy_options::recursive);
  fs::create_directories(folder + "/data");
  Outcome imported = ingot({"import", std::string(data) + "/telco_churn/Telco-Customer-Churn.csv.gz", "-o",
                            folder + "/data/telco.h5"});
  ASSERT_EQ(imported.status, 0) << imported.err;
  int count = 0;
  for (const std::string &line : commands_of(GetParam())) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != "ingot") continue;
    Call call{{}};
    call.folder = folder;
    while (words >> word) call.arguments.push_back(word);
    int status = run_ingot(call).status;
    bool decided = call.arguments[0] == "compare" && (status == 10 || status == 20); // HOLD, INCONCLUSIVE
    EXPECT_TRUE(status == 0 || decided) << line << " ended with " << status;
    count++;
  }
  EXPECT_EQ(count, 6);
  for (const char *file : {"evaluation/report.html", "comparison/report.md", "comparison/junit.xml"})
    EXPECT_TRUE(exists(folder + "/" + file)) << file;
  Lines artifacts = artifacts_of(GetParam());
  EXPECT_GE(artifacts.size(), 2u);
  for (const std::string &path : artifacts) EXPECT_TRUE(exists(folder + "/" + path)) << path;
}

INSTANTIATE_TEST_SUITE_P(Services, CiExamplesRun, testing::Values("github-actions.yml", "gitlab-ci.yml"),
                         [](const auto &of) { return std::string(of.index == 0 ? "Github" : "Gitlab"); });

} // namespace
