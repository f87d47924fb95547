// Published data, imported as published, trained by the recipes: the results that they must reach.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "program.h"

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

} // namespace
