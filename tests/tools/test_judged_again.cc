// Reports judged again: by other costs or rules, by the ledger, by verify.
#include <gtest/gtest.h>

#include "several.h"

namespace {

class JudgedAgain : public Several {};

TEST_F(JudgedAgain, AReportIsDecidedAgainByOtherCosts) {
  ASSERT_EQ(ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "--set",
                   "business.policy={threshold: 0.5}", "-o", at("first")})
                .status,
            0);
  ASSERT_EQ(ingot({"evaluate", at("first"), "--set", "business.params.offer=10", "-o", at("second")}).status,
            0);
  ASSERT_EQ(
      ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "--set",
             "business.policy={threshold: 0.5}", "--set", "business.params.offer=10", "-o", at("third")})
          .status,
      0);
  Json first(at("first/report.json")), second(at("second/report.json")), third(at("third/report.json"));
  EXPECT_FALSE(json_equal(report_at(first.json, "business"), report_at(second.json, "business")));
  EXPECT_TRUE(json_equal(report_at(second.json, "business"), report_at(third.json, "business")));
  EXPECT_TRUE(json_equal(report_at(second.json, "metrics"), report_at(third.json, "metrics")));
  EXPECT_EQ(second.text("subject/challenger/name"), "good.csv");
}

// What the scores keep of the data is enough: the same bytes, sensitivity and all.
TEST_F(JudgedAgain, WithoutItsDataAReportIsDecidedAgainOnWhatItsScoresKeep) {
  const std::string ranges = "business.params={offer: {value: 90, low: 70, high: 110}}";
  for (const char *name : {"poor", "good"})
    ASSERT_EQ(ingot({"evaluate", at(std::string(name) + ".csv"), "--config", at("judge.yaml"), "--set",
                     ranges, "--set", "evaluate.slices=[contract]", "-o", at(name)})
                  .status,
              0);
  auto decide = [&](const std::string &output, const std::string &set) {
    return ingot({"evaluate", at("good"), "--set", set, "-o", at(output)});
  };
  const std::string policies[] = {
      "business.policy={threshold: 0.4}", "business.params.offer.value=80", "business.policy=expected_gain",
      "business.capacity={budget: 900, cost: charge}", "business.act=2 * label * charge - 3"};
  for (const std::string &set : policies) ASSERT_EQ(decide("with " + set, set).status, 0) << set;
  ASSERT_LE(ingot({"compare", at("poor"), at("good"), "-o", at("compared with")}).status, 20);
  std::filesystem::remove(at("customers.h5"));
  for (const std::string &set : policies) {
    Outcome outcome = decide("without " + set, set);
    ASSERT_EQ(outcome.status, 0) << set << outcome.err;
    EXPECT_NE(outcome.err.find("customers.h5 is gone"), std::string::npos) << outcome.err;
    Json kept(at("without " + set + "/report.json")), whole(at("with " + set + "/report.json"));
    for (const char *of_data : {"data", "drift"}) json_object_del(whole.json, of_data);
    EXPECT_TRUE(json_equal(kept.json, whole.json)) << set;
  }
  EXPECT_EQ(Json(at("without " + policies[1] + "/report.json")).size("sensitivity/items"), 1u);
  ASSERT_LE(ingot({"compare", at("poor"), at("good"), "-o", at("compared")}).status, 20);
  EXPECT_EQ(Json(at("compared/report.json")).size("sensitivity/items"), 1u);
  EXPECT_TRUE(read_file(at("compared/report.json")) == read_file(at("compared with/report.json")));
  EXPECT_EQ(ingot({"verify", at("compared")}).status, 0);
  for (const char *set : {"business.act=tenure - 3", "evaluate.slices=[region]"}) {
    Outcome outcome = decide("x", set);
    EXPECT_EQ(outcome.status, 66) << set << outcome.err;
    EXPECT_NE(outcome.err.find("do not keep"), std::string::npos) << outcome.err;
  }
}

// Its scores hold no validation rows: the threshold stays, and so do its decisions; what they are worth
// changes.
TEST_F(JudgedAgain, AReportDecidedAgainKeepsItsThreshold) {
  ASSERT_EQ(ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("first")}).status, 0);
  for (const char *policy : {"{threshold: best_on_validation}", "{threshold: frozen}"}) {
    Outcome outcome = ingot({"evaluate", at("first"), "--set", "business.params.offer=10", "--set",
                             std::string("business.policy=") + policy, "-o", at("second")});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    Json first(at("first/report.json")), second(at("second/report.json"));
    EXPECT_EQ(second.number("subject/challenger/threshold"), first.number("subject/challenger/threshold"));
    EXPECT_TRUE(json_equal(report_at(first.json, "confusion"), report_at(second.json, "confusion")));
    EXPECT_GT(second.number("metrics/0/challenger/value"), first.number("metrics/0/challenger/value"));
  }
}

// What is said of a threshold is true: by other costs it is not the one that they would choose.
TEST_F(JudgedAgain, AThresholdOfOtherCostsIsNamed) {
  const char *const kept = "subject/challenger/threshold_kept", *const words = "business/policy/text";
  ASSERT_EQ(ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("first")}).status, 0);
  ASSERT_EQ(ingot({"evaluate", at("first"), "--set", "business.params.offer=10", "-o", at("other")}).status,
            0);
  ASSERT_EQ(ingot({"evaluate", at("first"), "--set", "evaluate.slices=[region]", "-o", at("same")}).status,
            0);
  ASSERT_EQ(ingot({"evaluate", at("other"), "--set", "evaluate.slices=[region]", "-o", at("later")}).status,
            0);
  for (const char *name : {"first", "same"}) {
    Json report(at(std::string(name) + "/report.json"));
    EXPECT_EQ(report_at(report.json, kept), nullptr) << name;
    EXPECT_NE(report.text(words).find("chosen on the validation rows"), std::string::npos) << name;
  }
  for (const char *name : {"other", "later"}) {
    Json report(at(std::string(name) + "/report.json"));
    EXPECT_TRUE(json_is_true(report_at(report.json, kept))) << name;
    EXPECT_EQ(report.text(words).find("chosen on the validation rows"), std::string::npos) << name;
    EXPECT_NE(report.text(words).find("not chosen by these costs"), std::string::npos) << report.text(words);
    EXPECT_EQ(report.text("checks/1/id"), "validity.threshold_frozen.challenger");
    for (const char *page : {"/report.html", "/report.md"})
      EXPECT_NE(read_file(at(name) + page).find("good.csv keeps the threshold of the report"),
                std::string::npos)
          << name << page;
    EXPECT_EQ(ingot({"verify", at(name)}).status, 0) << name;
  }
}

TEST_F(JudgedAgain, AComparisonDecidedAgainKeepsAllItsModels) {
  const std::vector<std::string> costs = {"--set", "business.policy={threshold: 0.5}"};
  ASSERT_EQ(compare({"poor.csv", "better.csv", "good.csv"}, costs).status, 0);
  fs::rename(at("out"), at("first"));
  std::vector<std::string> other = costs;
  other.insert(other.end(), {"--set", "business.params.offer=10"});
  Outcome direct = compare({"poor.csv", "better.csv", "good.csv"}, other);
  Outcome again = ingot({"evaluate", at("first"), "--set", "business.params.offer=10", "-o", at("again")});
  EXPECT_EQ(again.status, direct.status) << again.err;
  EXPECT_EQ(again.out, direct.out);
  Json a(at("out/report.json")), b(at("again/report.json"));
  for (const char *model : {"subject/champion", "subject/challenger", "subject/others/0"}) {
    json_t *subject = (json_t *)b.at(model);
    EXPECT_EQ(b.text(std::string(model) + "/report_digest"), hex_of(read_file(at("first/report.json"))));
    json_object_del(subject, "report_digest");
  }
  for (const char *part : {"subject", "metrics", "leaderboard", "gates", "checks", "verdict", "business"})
    EXPECT_TRUE(json_equal(report_at(a.json, part), report_at(b.json, part))) << part;
  EXPECT_EQ(b.text("lineage/command"), "ingot evaluate first --set business.params.offer=10");
  Outcome verified = ingot({"verify", at("again")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_NE(verified.out.find("first/report.json is a report, whose scores these are"), std::string::npos)
      << verified.out;
  // As it is, it is what it was.
  ASSERT_EQ(ingot({"evaluate", at("first"), "-o", at("as_it_is")}).status, 0);
  Json first(at("first/report.json")), same(at("as_it_is/report.json"));
  EXPECT_TRUE(json_equal(report_at(first.json, "metrics"), report_at(same.json, "metrics")));
  EXPECT_TRUE(json_equal(report_at(first.json, "leaderboard"), report_at(same.json, "leaderboard")));
  EXPECT_EQ(ingot({"evaluate", at("first"), "-o", at("first")}).status, 73);
}

// The same decision again costs nothing and gives the same bytes; another one on the same rows costs more.
TEST_F(JudgedAgain, TheLedgerMakesEachDecisionCost) {
  const std::vector<std::string> ledger = {"--set", "gates.ledger=" + at("ledger.jsonl")};
  ASSERT_EQ(compare({"poor.csv", "good.csv"}, ledger).status, 0);
  std::string first = read_file(at("out/report.json"));
  EXPECT_EQ(Json(at("out/report.json")).number("ledger/alpha"), 0.05); // 1 - 0.95 is 0.050000000000000044
  EXPECT_NEAR(Json(at("out/report.json")).number("ledger/alpha_this_decision"), 0.05 * 6 / (M_PI * M_PI),
              1e-12);
  ASSERT_EQ(compare({"poor.csv", "better.csv"}, ledger).status, 0);
  EXPECT_NEAR(Json(at("out/report.json")).number("ledger/alpha_this_decision"), 0.05 * 6 / (M_PI * M_PI) / 4,
              1e-12);
  EXPECT_NEAR(Json(at("out/report.json")).number("method/confidence"), 1 - 0.05 * 6 / (M_PI * M_PI) / 4,
              1e-12);
  ASSERT_EQ(compare({"poor.csv", "good.csv"}, ledger).status, 0);
  EXPECT_EQ(read_file(at("out/report.json")), first);
  EXPECT_EQ(lines_of(read_file(at("ledger.jsonl"))).size(), 2u);
}

// Whatever else is decided on the rows, they were looked at: costs, payoffs, slices and rules reset nothing.
TEST_F(JudgedAgain, TheLedgerCountsTheRowsWhateverTheyAreJudgedBy) {
  const std::vector<std::vector<std::string>> decisions = {
      {},
      {"--set", "business.params.offer=91"},
      {"--set", "business.act=label"},
      {"--set", "evaluate.slices=[region]"},
      {"--set", "evaluate.slices=[region, contract]", "--set",
       "gates.guardrails=[{metric: auc, slice: region, detect_harm: true}]"},
      {"--set", "evaluate.slices=[region, contract]", "--set",
       "gates.guardrails=[{metric: auc, slice: contract, detect_harm: true}]"},
  };
  for (int repeat = 0; repeat < 2; repeat++) {
    for (size_t i = 0; i < decisions.size(); i++) {
      std::vector<std::string> more = {"--set", "gates.ledger=" + at("ledger.jsonl")};
      more.insert(more.end(), decisions[i].begin(), decisions[i].end());
      Outcome outcome = compare({"poor.csv", "good.csv"}, more);
      ASSERT_LE(outcome.status, 20) << outcome.err;
      EXPECT_EQ(Json(at("out/report.json")).number("ledger/decisions_before"), (double)i) << repeat;
    }
  }
}

TEST_F(JudgedAgain, ABrokenLedgerIsRefusedAndKept) {
  write_file(at("ledger.jsonl"), "{\"evaluation\": \"x\", \"decision\": \"y\"}\nnot json\n");
  Outcome outcome = compare({"poor.csv", "good.csv"}, {"--set", "gates.ledger=" + at("ledger.jsonl")});
  EXPECT_EQ(outcome.status, 65);
  EXPECT_NE(outcome.err.find("ledger.jsonl:2"), std::string::npos) << outcome.err;
  EXPECT_FALSE(exists(at("out/report.json")));
}

// Without gates.ledger decisions are only counted, outside the digest.
TEST_F(JudgedAgain, TheOwnLedgerIsOnlyShown) {
  Outcome outcome = compare({"poor.csv", "good.csv"});
  ASSERT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("decision 1 on these rows"), std::string::npos) << outcome.err;
  std::string first = read_file(at("out/report.json"));
  EXPECT_EQ(first.find("\"ledger\""), std::string::npos);
  EXPECT_NE(read_file(at("out/report.html")).find("ledger.decisions_before"), std::string::npos);
  EXPECT_NE(read_file(at("out/report.md")).find("ledger.decisions_before"), std::string::npos);
  EXPECT_EQ(Json(at("out/environment.json")).number("ledger/decisions_before"), 0);
  outcome = compare({"poor.csv", "better.csv"});
  EXPECT_NE(outcome.err.find("decision 2 on these rows"), std::string::npos) << outcome.err;
  EXPECT_EQ(Json(at("out/environment.json")).number("ledger/decisions_before"), 1);
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  EXPECT_EQ(read_file(at("out/report.json")), first);
}

TEST_F(JudgedAgain, APersonMayAcceptWhatIsInconclusiveAndSignsForIt) {
  scores("alike.csv", 0.35, 1, 0.41421356237309515);
  EXPECT_EQ(compare({"good.csv", "alike.csv"}).status, 20);
  Outcome accepted = compare({"good.csv", "alike.csv"},
                             {"--accept-inconclusive", "--by", "Ann", "--reason", "the old tool ends"});
  EXPECT_EQ(accepted.status, 0) << accepted.err;
  Json report(at("out/report.json"));
  EXPECT_EQ(report.text("verdict/state"), "INCONCLUSIVE");
  EXPECT_EQ(report.text("verdict/override/by"), "Ann");
  EXPECT_EQ(report.text("verdict/override/reason"), "the old tool ends");
  EXPECT_EQ(compare({"good.csv", "alike.csv"}, {"--accept-inconclusive", "--by", "Ann"}).status, 2);
  EXPECT_EQ(compare({"good.csv", "alike.csv"}, {"--by", "Ann", "--reason", "x"}).status, 2);
  EXPECT_EQ(
      compare({"good.csv", "poor.csv"}, {"--accept-inconclusive", "--by", "Ann", "--reason", "x"}).status,
      10);
  EXPECT_EQ(read_file(at("out/report.json")).find("override"), std::string::npos);
}

TEST_F(JudgedAgain, RulesThatChangedSinceTheChampionAreShown) {
  ASSERT_EQ(ingot({"evaluate", at("poor.csv"), "--config", at("judge.yaml"), "-o", at("old")}).status, 0);
  ASSERT_EQ(ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("new"), "--set",
                   "gates.primary={metric: value, superior: 5%}"})
                .status,
            0);
  ingot({"compare", at("old"), at("new"), "-o", at("out")});
  Json report(at("out/report.json"));
  EXPECT_EQ(report.text("rules_changed/0/id"), "primary.value");
  EXPECT_EQ(report.text("rules_changed/0/from"), "superior 0");
  EXPECT_EQ(report.text("rules_changed/0/to"), "superior 5%");
}

TEST_F(JudgedAgain, VerifyJudgesAReportAgain) {
  ASSERT_EQ(compare({"poor.csv", "good.csv", "better.csv"}).status, 0);
  Outcome whole = ingot({"verify", at("out")});
  EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
  EXPECT_EQ(whole.out.find("UNCHANGED"), 0u) << whole.out;
  EXPECT_EQ(ingot({"verify", at("out/report.json")}).status, 0);
  ASSERT_EQ(ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("one")}).status, 0);
  EXPECT_EQ(ingot({"verify", at("one")}).status, 0);
}

// Whoever mends SHA256SUMS as well is found by the scores.
TEST_F(JudgedAgain, VerifyNamesTheFirstValueThatItsScoresDoNotGive) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  tamper(at("out"), "report.json", "\"state\": \"SHIP\"", "\"state\": \"HOLD\"");
  Outcome outcome = ingot({"verify", at("out")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out.find("CHANGED  /verdict/state: the report says \"HOLD\", recomputed it is \"SHIP\""),
            0u)
      << outcome.out;
}

// The ledger tells how many decisions came before; without it the report alone does.
TEST_F(JudgedAgain, VerifyAsksTheLedger) {
  const std::vector<std::string> ledger = {"--set", "gates.ledger=" + at("ledger.jsonl")};
  ASSERT_EQ(compare({"poor.csv", "better.csv"}, ledger).status, 0);
  ASSERT_EQ(compare({"poor.csv", "good.csv"}, ledger).status, 0);
  Outcome whole = ingot({"verify", at("out")});
  EXPECT_EQ(whole.status, 0) << whole.out;
  EXPECT_EQ(whole.out.find("ledger/"), std::string::npos) << whole.out;
  std::string report = read_file(at("out/report.json"));
  tamper(at("out"), "report.json", "\"decisions_before\": 1", "\"decisions_before\": 0");
  EXPECT_EQ(ingot({"verify", at("out")})
                .out.find("CHANGED  /ledger/decisions_before: the report says 0, recomputed it is 1"),
            0u);
  forge(at("out"), "report.json", report);
  std::filesystem::remove(at("ledger.jsonl"));
  Outcome without = ingot({"verify", at("out")});
  EXPECT_EQ(without.status, 0) << without.out;
  EXPECT_NE(without.out.find("ledger/file_digest, ledger/decisions_before; needs gates.ledger"),
            std::string::npos)
      << without.out;
  Json changed(at("out/report.json"));
  json_real_set((json_t *)changed.at("method/confidence"), 0.9);
  char *text = json_dumps(changed.json, 0);
  forge(at("out"), "report.json", text);
  free(text);
  EXPECT_EQ(ingot({"verify", at("out")}).out.find("CHANGED  /method/confidence"), 0u);
}

// A file that was written anew is another model: the stored scores are judged, and verify says so.
TEST_F(JudgedAgain, VerifyTellsOfSourcesThatHaveChanged) {
  ASSERT_EQ(compare({"poor.csv", "good.csv", "better.csv"}).status, 0);
  scores("good.csv", 0.3);
  Outcome outcome = ingot({"verify", at("out")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("2 of 3 models"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("good.csv, as it was: the scores are others now"), std::string::npos)
      << outcome.out;
}

// What a person signed for is no value that scores give; that it counts only for INCONCLUSIVE is.
TEST_F(JudgedAgain, VerifyKnowsOverrides) {
  scores("alike.csv", 0.35, 1, 0.41421356237309515);
  ASSERT_EQ(compare({"good.csv", "alike.csv"},
                    {"--accept-inconclusive", "--by", "Ann", "--reason", "the old tool ends"})
                .status,
            0);
  Outcome outcome = ingot({"verify", at("out")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("verdict/override; needs the person who signed it"), std::string::npos)
      << outcome.out;
  ASSERT_EQ(compare({"good.csv", "poor.csv"}).status, 10);
  tamper(at("out"), "report.json", "\"verdict\": {",
         "\"verdict\": {\"override\": {\"by\": \"Ann\", \"reason\": \"why not\"},");
  EXPECT_EQ(ingot({"verify", at("out")}).out.find("CHANGED  /verdict/override: "), 0u)
      << ingot({"verify", at("out")}).out;
}

TEST_F(JudgedAgain, VerifyFindsAMetricThatWasMadeBetter) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  std::string text = read_file(at("out/report.json"));
  size_t metric = text.find("\"id\": \"brier\""), value = text.find("\"value\": ", metric);
  std::string number = text.substr(value, text.find_first_of(",\n", value) - value);
  tamper(at("out"), "report.json", number, "\"value\": 0.01");
  Outcome outcome = ingot({"verify", at("out"), "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("/metrics/"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("the report says 0.01"), std::string::npos) << outcome.out;
}

TEST_F(JudgedAgain, VerifyRefusesAFolderThatIsNotWhatItLists) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  write_file(at("out/champion.h5"), read_file(at("out/predictions.h5")));
  Outcome outcome = ingot({"verify", at("out")});
  EXPECT_EQ(outcome.status, 65);
  EXPECT_NE(outcome.err.find("champion.h5"), std::string::npos) << outcome.err;
}

TEST_F(JudgedAgain, AReportOfAnotherSchemaIsRefused) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  tamper(at("out"), "report.json", "eval-report/1", "eval-report/2");
  for (const char *verb : {"verify", "evaluate"}) {
    Outcome outcome = ingot({verb, at("out")});
    EXPECT_EQ(outcome.status, 65) << verb;
    EXPECT_NE(outcome.err.find("eval-report/2"), std::string::npos) << outcome.err;
  }
}

// A report of fewer models leaves no scores of the one before it.
TEST_F(JudgedAgain, ScoresOfAnEarlierReportAreRemoved) {
  ASSERT_EQ(compare({"poor.csv", "good.csv", "better.csv"}).status, 0);
  EXPECT_TRUE(exists(at("out/challenger_1.h5")));
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  EXPECT_FALSE(exists(at("out/challenger_1.h5")));
  EXPECT_TRUE(exists(at("out/champion.h5")));
}

} // namespace
