// Published data, imported as published, trained by the recipes: the results that they must reach.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "program.h"

extern "C" {
#include "io/report/json_text.h"
#include "io/report/report_read.h"
}

namespace {

const std::string kConfigs = INGOT_SOURCE_DIR "/configs/";
const std::string kAdultNames = "age,workclass,fnlwgt,education,education_num,marital_status,occupation,"
                                "relationship,race,sex,capital_gain,"
                                "capital_loss,hours_per_week,native_country,income";

class RealData : public testing::Test {
protected:
  void SetUp() override {
    if (getenv("INGOT_DATA") == nullptr) GTEST_SKIP() << "INGOT_DATA names no folder of published data";
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "under a sanitizer these trainings take many minutes; the release build runs them";
#endif
    data = getenv("INGOT_DATA");
    folder = test_folder();
  }
  void import(const std::string &file, const std::string &name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"import", data + "/" + file, "-o", folder + "/" + name});
    Outcome outcome = ingot(more);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  // A metric of the model on the test rows, at the class threshold 0.5.
  double metric(const std::string &config, const std::string &id, const std::vector<std::string> &sets) {
    train(kConfigs + config, folder + "/run", sets);
    Outcome outcome =
        ingot({"evaluate", folder + "/run", "--json", "--set", "business.policy={threshold: 0.5}"});
    EXPECT_LE(outcome.status, 20) << outcome.err;
    size_t at = outcome.out.find("\"id\": \"" + id + "\"");
    if (at == std::string::npos) return -1;
    at = outcome.out.find("\"challenger\"", at);
    return atof(outcome.out.c_str() + outcome.out.find("\"value\":", at) + strlen("\"value\":"));
  }
  std::string data, folder;
};

TEST_F(RealData, AdultAccuracyOnTheOfficialTestFile) {
  import("adult/adult.data.gz", "adult.h5", {"--names", kAdultNames});
  import("adult/adult.test.gz", "adult_test.h5",
         {"--names", kAdultNames, "--skip", "1", "--like", folder + "/adult.h5", "--map",
          "income:<=50K.-><=50K", "--map", "income:>50K.->>50K"});
  EXPECT_GE(metric("income.yaml", "accuracy",
                   {"--set", "data.file=" + folder + "/adult.h5", "--set",
                    "data.test_file=" + folder + "/adult_test.h5"}),
            0.852);
}

TEST_F(RealData, TelcoAuc) {
  import("telco_churn/Telco-Customer-Churn.csv.gz", "telco.h5");
  EXPECT_GE(metric("churn.yaml", "auc", {"--set", "data.file=" + folder + "/telco.h5"}), 0.83);
}

// Granting everyone costs 5 for each bad credit, refusing everyone 1 for each good one: the model must beat
// both.
TEST_F(RealData, GermanCreditBeatsTheTrivialPolicies) {
  import("german_credit/german.csv", "german.h5",
         {"--names",
          "status,duration,credit_history,purpose,amount,savings,employment,installment_rate,personal_status,"
          "other_debtors,residence_since,property,age,other_installments,housing,existing_credits,job,"
          "dependents,"
          "telephone,foreign_worker,class"});
  train(kConfigs + "credit.yaml", folder + "/run", {"--set", "data.file=" + folder + "/german.h5"});
  Outcome outcome = ingot({"evaluate", folder + "/run", "--json"});
  EXPECT_LE(outcome.status, 20) << outcome.err;
  size_t at = outcome.out.find("\"over_trivial\"");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(atof(outcome.out.c_str() + outcome.out.find("\"value\":", at) + strlen("\"value\":")), 0);
}

// In the order of time the positives go from few to almost half, and the network, which ships on parts drawn
// at random, is held.
TEST_F(RealData, CampaignIsHeldByTimeAndShipsAtRandom) {
  import("bank_marketing/bank-additional-full.csv.gz", "bank.h5", {"--rename", "y=deposit"});
  const std::string file = "data.file=" + folder + "/bank.h5";
  auto compare = [&](const std::string &challenger, const std::string &by) {
    std::string champion = folder + "/" + by + "_linear", run = folder + "/" + by;
    train(kConfigs + "campaign_linear.yaml", champion, {"--set", file, "--set", "data.split.by=" + by});
    train(kConfigs + challenger, run, {"--set", file});
    return ingot({"compare", champion, run, "-o", run + "_verdict"});
  };
  Outcome held = compare("campaign.yaml", "order");
  EXPECT_EQ(held.status, 10) << held.err;
  EXPECT_NE(held.out.find(" EUR less than the champion (95 % interval "), std::string::npos) << held.out;
  std::string report = read_file(folder + "/order_verdict/report.json");
  for (const char *sentence :
       {"the share of positives goes from 3 % in the first tenth of the rows to 46 % in the last",
        "EUR, less than choosing rows blindly",
        "No value of margin from 50 to 120, nor one up to 4 times as far, changes who wins."})
    EXPECT_NE(report.find(sentence), std::string::npos) << sentence;
  Error error = {};
  json_t *json = nullptr;
  ASSERT_EQ(json_text_read(&json, (folder + "/order_verdict/report.json").c_str(), &error), STATUS_OK);
  EXPECT_NE(strstr(report_string(json, "business/warnings/1"), "goes from 3 % in"), nullptr)
      << "said beside money";
  EXPECT_STREQ(report_string(json, "business/policies/1/name"), "everybody");
  double share = report_number(json, "business/policies/1/share");
  EXPECT_NE(share, share) << "beyond the capacity nothing is achieved";
  json_decref(json);
  EXPECT_EQ(report.find("default threshold"), std::string::npos) << "a capacity takes no threshold";
  Outcome ships = compare("campaign_random.yaml", "hash");
  EXPECT_EQ(ships.status, 0) << ships.err;
  EXPECT_NE(ships.out.find(" EUR more than the champion (95 % interval "), std::string::npos) << ships.out;
  report = read_file(folder + "/hash_verdict/report.json");
  EXPECT_EQ(report.find("the share of positives goes from"), std::string::npos) << "no order, no time";
}

} // namespace
