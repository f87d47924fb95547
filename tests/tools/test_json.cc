// --json: what a verb finds, as one JSON value on stdout, with nothing else there.
#include <gtest/gtest.h>

#include "report_case.h"

namespace {

class JsonResults : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 2000);
    make_config(at("small.yaml"));
    state = train(at("small.yaml"), at("run"));
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  std::string folder, state;
};

// Each of these verbs, and a member that tells its result.
TEST_F(JsonResults, EveryVerbPrintsOne) {
  const std::string run = at("run"), config = at("small.yaml"), data = at("customers.h5");
  const struct {
    std::vector<std::string> line;
    const char *member;
  } verbs[] = {
      {{"import", at("customers.csv"), "-o", at("again.h5")}, "columns"},
      {{"check", config}, "rows"},
      {{"plan", config}, "bytes"},
      {{"train", config, "--run", at("second")}, "model"},
      {{"train", config, "--run", run}, "model"},
      {{"resume", run}, "state"},
      {{"list", folder}, "digest"},
      {{"verify", run}, "findings"},
      {{"reproduce", run}, "result"},
      {{"inspect", run}, "manifest"},
      {{"inspect", run + "/checkpoints/" + newest_checkpoint(run)}, "tensors"},
      {{"inspect", data}, "columns"},
      {{"evaluate", run}, "verdict"},
      {{"compare", run, run, "-o", at("compared")}, "verdict"},
      {{"predict", run, data, "-o", at("scores.csv"), "--top", "5"}, "acted_on"},
      {{"doctor"}, "cpu"},
      {{"bench", "train", config, "--steps", "1", "--samples", "1"}, "losses"},
      {{"bench", "load", config, "--samples", "1"}, "rows_per_second"},
  };
  for (const auto &verb : verbs) {
    std::vector<std::string> line = verb.line;
    line.push_back("--json");
    Outcome outcome = ingot(line);
    // list prints one a line
    Json json = parsed(line[0] == "list" ? lines_of(outcome.out).at(0) : outcome.out);
    ASSERT_TRUE(json_is_object(json.json)) << line[0] << outcome.status << outcome.out << outcome.err;
    EXPECT_NE(json.at(verb.member), nullptr) << line[0] << outcome.out;
  }
}

TEST_F(JsonResults, TheySayWhatTheTextSays) {
  Json trained = parsed(ingot({"train", at("small.yaml"), "--run", at("run"), "--json"}).out);
  EXPECT_EQ("x1:" + trained.text("state") + "\n", state);
  Json verified = parsed(ingot({"verify", at("run"), "--json"}).out);
  EXPECT_EQ(verified.text("state"), trained.text("state"));
  EXPECT_EQ(parsed(ingot({"reproduce", at("run"), "--json"}).out).text("result"), "IDENTICAL");
  Json data = parsed(ingot({"inspect", at("customers.h5"), "--json"}).out);
  EXPECT_EQ(json_integer_value(data.at("rows")), 2000);
}

TEST_F(JsonResults, VerboseSaysMoreAndQuietNothing) {
  std::vector<std::string> line = {"train", at("small.yaml"), "--run", at("loud"), "-v"};
  Outcome loud = ingot(line);
  EXPECT_NE(loud.err.find("customers.h5: 2000 rows, digest "), std::string::npos) << loud.err;
  std::string step = std::to_string(atoi(newest_checkpoint(at("loud")).c_str() + 5));
  EXPECT_NE(loud.err.find("saved the checkpoint of step " + step + "\n"), std::string::npos) << loud.err;
  line[3] = at("plain"), line.pop_back();
  EXPECT_EQ(ingot(line).err.find("saved the checkpoint"), std::string::npos);
  line[3] = at("silent"), line.push_back("-v"), line.push_back("-q");
  EXPECT_EQ(ingot(line).err, "");
}

// An answer that is no stands there too, with the same exit code.
TEST_F(JsonResults, ErrorsOfAConfigurationHaveTheirPlaces) {
  Outcome outcome = ingot({"check", at("small.yaml"), "--json", "--set", "data.target.column=lef", "--set",
                           "business.act=2 * chrage"});
  EXPECT_EQ(outcome.status, 78);
  Json json = parsed(outcome.out);
  ASSERT_TRUE(json_is_false(json.at("right"))) << outcome.out;
  ASSERT_EQ(json_array_size(json.at("errors")), 2u) << outcome.out;
  const json_t *first = json_array_get(json.at("errors"), 0), *second = json_array_get(json.at("errors"), 1);
  EXPECT_STREQ(json_string_value(json_object_get(first, "file")), "--set data.target.column=lef");
  EXPECT_EQ(json_integer_value(json_object_get(first, "column")), 20);
  EXPECT_EQ(json_integer_value(json_object_get(second, "column")), 18);
  write_file(at("bad.yaml"), "name: bad\nsead: 7\n");
  Outcome syntax = ingot({"check", at("bad.yaml"), "--json"});
  EXPECT_EQ(syntax.status, 78);
  Json problems = parsed(syntax.out);
  const json_t *unknown = json_array_get(problems.at("errors"), json_array_size(problems.at("errors")) - 1);
  EXPECT_EQ(json_integer_value(json_object_get(unknown, "line")), 2) << syntax.out;
  EXPECT_STREQ(json_string_value(json_object_get(unknown, "error")),
               "unknown key 'sead'; did you mean 'seed'?");
}

} // namespace
