// The recipes on the data they are written for: imported as published, split, and worth something.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/io/config_case.h"

extern "C" {
#include "io/data/dataset.h"
#include "io/data/import.h"
#include "io/payoff/payoff.h"
}

namespace {

namespace fs = std::filesystem;

const char *const ADULT =
    "age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,"
    "sex,capital_gain,capital_loss,hours_per_week,native_country,income";
const char *const GERMAN =
    "status,duration,credit_history,purpose,amount,savings,employment,installment_rate,"
    "personal_status,other_debtors,residence_since,property,age,other_installments,housing,"
    "existing_credits,job,dependents,telephone,foreign_worker,class";

class Recipes : public testing::Test {
protected:
  void SetUp() override {
    const char *data = getenv("INGOT_DATA");
    if (data == nullptr)
      GTEST_SKIP() << "INGOT_DATA is unset: it names the folder of the published data sets";
    published = data;
    folder = fs::path(testing::TempDir()) / ("recipes-" + std::to_string(getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override {
    if (!folder.empty()) fs::remove_all(folder);
  }

  void import(const char *file, const char *output, ImportOptions options = {}) {
    std::string from = (published / file).string(), to = (folder / output).string();
    text_list_add(&options.files, from.c_str());
    options.output = to.c_str();
    ImportSummary summary = {};
    Error error = {};
    ASSERT_EQ(import_files(&options, &summary, &error), STATUS_OK) << error.text;
    import_summary_free(&summary);
    text_list_free(&options.files);
    text_list_free(&options.maps);
    text_list_free(&options.renames);
  }

  // Opens the recipe's rows and checks the size of every part and the worth of acting on every test row.
  void judge(const char *name, std::vector<std::string> sets, int64_t rows, int64_t positives) {
    sets.push_back("machine.residency=memory");
    Loaded recipe = load_file(std::string(INGOT_SOURCE_DIR) + "/configs/" + name + ".yaml", sets);
    ASSERT_EQ(recipe.status, STATUS_OK) << recipe.problems;
    Dataset *dataset = nullptr;
    Error error = {};
    ASSERT_EQ(dataset_open(&dataset, recipe.config, &error), STATUS_OK) << error.text;
    EXPECT_EQ(dataset_rows(dataset), rows);
    Preprocess *preprocess = nullptr;
    EXPECT_EQ(dataset_fit(&preprocess, dataset, recipe.config, &error), STATUS_OK) << error.text;
    int64_t found = 0;
    for (int part = 0; part < PART_COUNT; part++) {
      BatchSource *source = nullptr;
      ASSERT_EQ(dataset_source(&source, dataset, recipe.config, preprocess, (SplitPart)part, &error),
                STATUS_OK)
          << error.text;
      ASSERT_NE(source->resident, nullptr);
      EXPECT_GT(source->rows, 0);
      for (int64_t i = 0; i < source->rows; i++) found += source->resident->targets[i] == 1;
      dataset_source_free(source);
    }
    EXPECT_EQ(found, positives);
    check_payoffs(dataset, recipe.config);
    preprocess_free(preprocess);
    dataset_close(dataset);
  }

  static void check_payoffs(Dataset *dataset, const Config *config) {
    int64_t count = 0;
    const int64_t *rows = dataset_part(dataset, PART_TEST, &count);
    Frame *frame = nullptr;
    Error error = {};
    ASSERT_EQ(dataset_frame(&frame, dataset, nullptr, rows, count, &error), STATUS_OK) << error.text;
    std::vector<double> target((size_t)count, 1.0);
    PayoffRows judged = {};
    judged.frame = frame;
    judged.target = target.data();
    Payoffs gain = {}, loss = {};
    ASSERT_EQ(payoff_evaluate(&gain, &config->business, &judged, &error), STATUS_OK) << error.text;
    std::fill(target.begin(), target.end(), 0.0);
    ASSERT_EQ(payoff_evaluate(&loss, &config->business, &judged, &error), STATUS_OK) << error.text;
    int64_t right = 0, wrong = 0;
    for (int64_t i = 0; i < count; i++) {
      right += gain.act[i] - gain.skip[i];
      wrong += loss.act[i] - loss.skip[i];
    }
    EXPECT_GT(right, 0) << "acting on positives must pay";
    EXPECT_LT(wrong, 0) << "acting on negatives must cost";
    payoff_free(&gain);
    payoff_free(&loss);
    frame_free(frame);
  }

  std::string at(const char *key, const char *file) {
    return std::string(key) + "=" + (folder / file).string();
  }

  fs::path published, folder;
};

TEST_F(Recipes, ChurnFitsTheTelcoData) {
  import("telco_churn/Telco-Customer-Churn.csv.gz", "telco.h5");
  for (const char *name : {"churn", "churn_linear"}) judge(name, {at("data.file", "telco.h5")}, 7043, 1869);
}

TEST_F(Recipes, IncomeFitsAdultAndItsOfficialTestFile) {
  ImportOptions train = {}, test = {};
  train.names = test.names = ADULT;
  import("adult/adult.data.gz", "adult.h5", train);
  std::string like = (folder / "adult.h5").string();
  test.like = like.c_str();
  test.skip = 1;
  text_list_add(&test.maps, "income:<=50K.-><=50K");
  text_list_add(&test.maps, "income:>50K.->>50K");
  import("adult/adult.test.gz", "adult_test.h5", test);
  for (const char *name : {"income", "income_linear"})
    judge(name, {at("data.file", "adult.h5"), at("data.test_file", "adult_test.h5")}, 32561 + 16281,
          7841 + 3846);
}

TEST_F(Recipes, CreditFitsTheGermanData) {
  ImportOptions options = {};
  options.names = GERMAN;
  import("german_credit/german.csv", "german.h5", options);
  for (const char *name : {"credit", "credit_linear"}) judge(name, {at("data.file", "german.h5")}, 1000, 300);
}

TEST_F(Recipes, CampaignFitsTheBankData) {
  ImportOptions options = {};
  text_list_add(&options.renames, "y=deposit");
  import("bank_marketing/bank-additional-full.csv.gz", "bank.h5", options);
  for (const char *name : {"campaign", "campaign_linear", "campaign_random"})
    judge(name, {at("data.file", "bank.h5")}, 41188, 4640);
}

} // namespace
