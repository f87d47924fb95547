// Reports that are judged again by verify: from their models and data, and from their scores alone; whatever
// was forged in them is named.
#include <filesystem>
#include <set>

#include "report_case.h"

namespace fs = std::filesystem;

namespace {

// A comparison of two runs with everything that a report can say; each test takes a copy.
class Verify : public testing::Test {
protected:
  void SetUp() override {
    if (base.empty()) make_base();
    folder = test_folder();
    fs::copy(base + "/out", at("out"), fs::copy_options::recursive);
  }
  static void make_base() {
    std::string made = test_folder() + "_base";
    fs::remove_all(made);
    fs::create_directories(made);
    make_customers(made, 2500);
    make_config(made + "/small.yaml",
                {"  act: \"CASE WHEN label = 1 THEN :margin * charge ELSE 0 END - :offer\"",
                 "  skip: \"0\"\n  params: {offer: {value: 90, low: 60, high: 120}, margin: {value: 3.6, "
                 "low: 3, high: 4}}"
                 "\n  population: {rows: 240000, per: year}",
                 "evaluate: {slices: [contract, tenure], bootstrap: {replicates: 200}}"});
    train(made + "/small.yaml", made + "/run");
    train(made + "/small.yaml", made + "/lin", {"--set", "model={kind: linear}"});
    Outcome outcome = run_ingot({{"compare", made + "/lin", made + "/run", "-o", made + "/out"},
                                 {"XDG_STATE_HOME=" + made + "/state"}});
    ASSERT_LE(outcome.status, 20) << outcome.err;
    base = made;
  }
  static void TearDownTestSuite() {
    fs::remove_all(base);
    base.clear();
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  Outcome verify(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"verify", at("out")});
    return ingot(more);
  }
  // Members that verify says were not made again.
  std::set<std::string> unmade() const {
    Json json = parsed(verify({"--json"}).out);
    std::set<std::string> names;
    const char *needs;
    json_t *members, *name;
    size_t i;
    json_object_foreach((json_t *)json.at("not_recomputed"), needs, members)
        json_array_foreach(members, i, name) names.insert(json_string_value(name));
    return names;
  }
  static void change(json_t *value) {
    if (json_is_integer(value)) json_integer_set(value, json_integer_value(value) + 1);
    if (json_is_real(value)) json_real_set(value, json_real_value(value) * 1.001 + 1e-6);
    if (json_is_string(value)) json_string_set(value, (json_string_value(value) + std::string("x")).c_str());
  }
  // One pointer for each kind of leaf: array indices count alike.
  static void leaves(std::vector<std::string> *pointers, std::set<std::string> *kinds, json_t *value,
                     const std::string &pointer, const std::string &kind) {
    const char *key;
    json_t *below;
    size_t i;
    if (json_is_object(value)) {
      json_object_foreach(value, key, below)
          leaves(pointers, kinds, below, pointer + "/" + key, kind + "/" + key);
    } else if (json_is_array(value)) {
      json_array_foreach(value, i, below)
          leaves(pointers, kinds, below, pointer + "/" + std::to_string(i), kind + "/#");
    } else if (!json_is_boolean(value) && kinds->insert(kind).second) {
      pointers->push_back(pointer);
    }
  }
  void write_report(const Json &report) const {
    char *text = json_dumps(report.json, 0);
    forge(at("out"), "report.json", text);
    free(text);
  }
  // Forges every `step`-th kind of leaf and expects to see it named.
  void forge_leaves(size_t step, const std::vector<std::string> &except) const {
    std::vector<std::string> pointers;
    std::set<std::string> kinds;
    std::string whole = read_file(at("out/report.json"));
    leaves(&pointers, &kinds, Json(at("out/report.json")).json, "", "");
    ASSERT_GT(pointers.size(), 200u);
    for (size_t i = 0; i < pointers.size(); i += step) {
      const std::string &pointer = pointers[i];
      bool known = false;
      for (const std::string &start : except) known = known || pointer.rfind(start, 0) == 0;
      if (known) continue;
      Json report = parsed(whole);
      change((json_t *)report.at(pointer.substr(1)));
      write_report(report);
      Outcome outcome = verify();
      EXPECT_EQ(outcome.status, 1) << pointer;
      EXPECT_EQ(outcome.out.find("CHANGED  " + pointer + ": the report says "), 0u) << pointer << outcome.out;
    }
  }
  static std::string base;
  std::string folder;
};
std::string Verify::base;

// Names that are other refusals: of the schema, of files.
const std::vector<std::string> always = {"/schema",
                                         "/subject/challenger/predictions",
                                         "/subject/champion/predictions",
                                         "/lineage/tool",
                                         "/lineage/command",
                                         "/lineage/commit"};

TEST_F(Verify, WhereModelsAndDataAreThereEverythingIsMadeAgain) {
  Json json = parsed(verify({"--json"}).out);
  EXPECT_TRUE(json_is_true(json.at("unchanged"))) << json.text("difference");
  EXPECT_EQ(json.number("models"), 2);
  EXPECT_EQ(json.number("scored_again"), 2);
  EXPECT_EQ(unmade(), (std::set<std::string>{"lineage/tool", "lineage/commit", "lineage/command"}));
}

TEST_F(Verify, AnyForgedMemberIsNamed) {
  forge_leaves(17, always);
}

TEST_F(Verify, ScoresAloneGiveMoneySensitivityRiskAndMetrics) {
  fs::remove(at("out/environment.json"));
  EXPECT_EQ(unmade(),
            (std::set<std::string>{"checks", "data", "dependence", "drift", "evaluation_set/part",
                                   "importance", "learning", "lineage/command", "lineage/commit",
                                   "lineage/tool", "operations", "subject/challenger", "subject/champion",
                                   "swap/columns", "swap/features", "swap/few"}));
  std::vector<std::string> except = always;
  for (const std::string &name : unmade()) except.push_back("/" + name);
  forge_leaves(5, except);
}

TEST_F(Verify, AMemberMoreOrLessIsNamed) {
  std::string whole = read_file(at("out/report.json"));
  for (const char *environment : {"there", "gone"}) {
    const std::pair<const char *, const char *> places[] = {
        {"", "/note"}, {"metrics/0/delta", "/metrics/0/delta/note"}, {"risk", "/risk/note"}};
    for (const auto &[place, pointer] : places) {
      Json report = parsed(whole);
      json_object_set_new((json_t *)report.at(place), "note", json_string("approved"));
      write_report(report);
      EXPECT_EQ(verify().out.find(std::string("CHANGED  ") + pointer + ": the report says \"approved\", "),
                0u)
          << environment << verify().out;
    }
    Json report = parsed(whole);
    json_object_del((json_t *)report.at("metrics/0/delta"), "ci");
    json_array_clear((json_t *)report.at("slices/items"));
    write_report(report);
    EXPECT_EQ(verify().out.find("CHANGED  /metrics/0/delta/ci: the report says nothing, "), 0u)
        << verify().out;
    fs::remove(at("out/environment.json"));
  }
}

TEST_F(Verify, WhatNeedsTheDataIsListedWithTheirPath) {
  fs::rename(base + "/customers.h5", base + "/moved.h5");
  Outcome outcome = verify();
  fs::rename(base + "/moved.h5", base + "/customers.h5");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("importance, dependence, learning, data, drift, swap/features, swap/columns, "
                             "swap/few, operations; needs " +
                             fs::canonical(base).string() + "/run: "),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("/customers.h5"), std::string::npos) << outcome.out;
}

// Whoever calls another model the same has to show the same scores.
TEST_F(Verify, IdenticalIsNotTakenFromTheReport) {
  tamper(at("out"), "report.json", "\"state\": \"" + Json(at("out/report.json")).text("verdict/state") + "\"",
         "\"state\": \"IDENTICAL\"");
  EXPECT_EQ(verify().out.find("CHANGED  /verdict/state: the report says \"IDENTICAL\""), 0u) << verify().out;
  fs::remove(at("out/environment.json"));
  EXPECT_EQ(verify().out.find("CHANGED  /verdict/state: the report says \"IDENTICAL\""), 0u) << verify().out;
  Json report(at("out/report.json"));
  json_object_set((json_t *)report.at("subject/challenger"), "model_digest",
                  (json_t *)report.at("subject/champion/model_digest"));
  write_report(report);
  EXPECT_EQ(verify().out.find("CHANGED  /verdict/state: the report says \"IDENTICAL\""), 0u) << verify().out;
}

TEST_F(Verify, ScoresThatTheModelDoesNotGiveAreNamed) {
  forge(at("out"), "predictions.h5", read_file(at("out/champion.h5")));
  Outcome outcome = verify();
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_EQ(outcome.out.find("CHANGED  predictions.h5: its scores are not those of the model that "
                             "/subject/challenger names"),
            0u)
      << outcome.out;
}

// Scores lie in the folder, and SHA256SUMS lists them.
TEST_F(Verify, ScoresThatAreNotListedAreRefused) {
  std::string whole = read_file(at("out/report.json"));
  write_file(at("out/other.h5"), read_file(at("out/champion.h5")));
  for (const char *file : {"other.h5", "../out/champion.h5", "gone.h5", ""}) {
    Json report = parsed(whole);
    json_object_set_new((json_t *)report.at("subject/challenger"), "predictions", json_string(file));
    write_report(report);
    EXPECT_EQ(verify().status, 65) << file << verify().out;
    EXPECT_EQ(ingot({"compare", base + "/lin", at("out"), "-o", at("x")}).status, 65) << file;
  }
}

TEST_F(Verify, PagesThatAreNotTheReportsAreNamed) {
  for (const char *page : {"report.html", "report.md", "junit.xml"}) {
    std::string whole = read_file(at(std::string("out/") + page));
    forge(at("out"), page, whole + " ");
    EXPECT_EQ(verify().out.find(std::string("CHANGED  ") + page + " is not what report.json renders to"), 0u)
        << verify().out;
    forge(at("out"), page, whole);
  }
  EXPECT_EQ(verify().status, 0);
}

} // namespace
