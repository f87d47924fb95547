// Data that cannot be used, from their first import to the last verb that reads them: refused, nothing lost.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <signal.h>

#include <cmath>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

namespace {

// Writes one data set into a file's /columns; makes the file where it is absent.
void write_column(const std::string &path, const std::string &name, const std::vector<hsize_t> &shape,
                  const std::vector<double> &values) {
  bool fresh = !exists(path);
  hid_t file = fresh ? H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT)
                     : H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t group = fresh ? H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)
                      : H5Gopen2(file, "/columns", H5P_DEFAULT);
  hid_t space = H5Screate_simple((int)shape.size(), shape.data(), nullptr);
  hid_t set = H5Dcreate2(group, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  EXPECT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Gclose(group);
  H5Fclose(file);
}

class BadLabels : public testing::Test {
protected:
  enum { ROWS = 300 };
  void SetUp() override { folder = test_folder(); }
  // Inputs x and labels y: 0 and 1, or every half up to 6 where `task` is regression.
  void make_data(const std::string &task, size_t row, double label) {
    std::vector<double> x, y;
    for (int i = 0; i < ROWS; i++) {
      x.push_back(i * 37 % 101);
      y.push_back(task == "regression" ? i * 7 % 13 * 0.5 : i * 7 % 13 < 6);
    }
    y[row] = label;
    fs::remove(folder + "/numbers.h5");
    write_column(folder + "/numbers.h5", "x", {ROWS}, x);
    write_column(folder + "/numbers.h5", "y", {ROWS}, y);
  }
  void make_config(const std::string &task, const std::string &data = "numbers.h5") {
    write_file(folder + "/labels.yaml", "name: labels\nseed: 7\ndata:\n  file: " + data +
                                            "\n  split: {by: hash, train: 0.4, validation: 0.3, test: 0.3}\n"
                                            "  target: {column: y, task: " +
                                            task + (task == "binary" ? ", positive: \"1\"" : "") +
                                            "}\n  inputs: [{column: x, as: numeric}]\nmodel: {kind: linear}\n"
                                            "train: {batch: 64, epochs: 1}\nselect: {metric: " +
                                            (task == "regression" ? "rmse" : "log_loss") +
                                            ", on: validation}\n");
  }
  Outcome train() {
    fs::remove_all(folder + "/run");
    return ingot({"train", folder + "/labels.yaml", "--run", folder + "/run"});
  }
  std::string folder;
};

// In training and validation rows no run begins; in test rows nothing is judged. Both name file, column and
// row.
TEST_F(BadLabels, NotFinite) {
  for (const char *task : {"binary", "multiclass", "regression"}) {
    make_config(task);
    for (double label : {NAN, INFINITY, -INFINITY}) {
      int trained = 0;
      for (size_t row = 0; row < 8; row++) {
        make_data(task, row, label);
        Outcome outcome = train();
        bool began = exists(folder + "/run");
        if (began) {
          trained++;
          EXPECT_EQ(outcome.status, 0) << outcome.err;
          outcome = ingot({"evaluate", folder + "/run"});
          EXPECT_FALSE(exists(folder + "/run/report"));
        }
        EXPECT_EQ(outcome.status, 65) << task << " " << label << " " << row << outcome.err;
        std::string place =
            "numbers.h5: column 'y', row " + std::to_string(row + 1) + " (row 1 is the first): the label is ";
        place += std::isnan(label) ? "missing" : "infinite";
        EXPECT_NE(outcome.err.find(place), std::string::npos) << outcome.err;
      }
      EXPECT_GT(trained, 0) << "some of these are test rows";
      EXPECT_LT(trained, 8) << "and some are not";
    }
  }
}

// CSV: a text that is no number makes a category, which is no regression target; as a number it is refused.
TEST_F(BadLabels, NotFiniteInCsv) {
  for (const char *label : {"nan", "inf", "-inf", "1e999", "NaN"}) {
    std::string csv = "x,y\n", path = folder + "/labels.csv";
    for (int i = 0; i < ROWS; i++)
      csv += std::to_string(i * 37 % 101) + "," + (i == 17 ? label : std::to_string(i % 5)) + "\n";
    write_file(path, csv);
    write_file(folder + "/schema", "y: number\n");
    Outcome number = ingot({"import", path, "-o", folder + "/number.h5", "--schema", folder + "/schema"});
    EXPECT_EQ(number.status, 65) << label;
    EXPECT_NE(number.err.find("column 'y' is to be number, but row 18 (row 1 is the first) holds '" +
                              std::string(label) + "'"),
              std::string::npos)
        << number.err;
    EXPECT_FALSE(exists(folder + "/number.h5"));
    ASSERT_EQ(ingot({"import", path, "-o", folder + "/text.h5", "--force"}).status, 0);
    make_config("regression", "text.h5");
    Outcome text = train();
    EXPECT_EQ(text.status, 65) << text.err;
    EXPECT_NE(text.err.find("'y' holds categories"), std::string::npos) << text.err;
    EXPECT_FALSE(exists(folder + "/run"));
    // Named as missing it is a missing label.
    ASSERT_EQ(ingot({"import", path, "-o", folder + "/text.h5", "--force", "--missing", label}).status, 0);
    text = train();
    if (text.status == 0) text = ingot({"evaluate", folder + "/run"}); // its row is a test row
    EXPECT_EQ(text.status, 65) << text.err;
    EXPECT_NE(text.err.find("row 18 (row 1 is the first): the label is missing"), std::string::npos)
        << text.err;
  }
}

// A target that does not vary in the training rows, though it does in the others.
TEST_F(BadLabels, OneClass) {
  for (const char *task : {"binary", "multiclass", "regression"}) {
    for (double other : {1.0, 0.0}) {
      std::vector<double> x(ROWS, 1), y(ROWS, 1);
      y[0] = other;
      for (const char *file : {"train.h5", "test.h5"}) fs::remove(folder + "/" + file);
      write_column(folder + "/train.h5", "x", {ROWS}, std::vector<double>(ROWS, 2));
      write_column(folder + "/train.h5", "y", {ROWS}, std::vector<double>(ROWS, 1));
      write_column(folder + "/test.h5", "x", {ROWS}, x);
      write_column(folder + "/test.h5", "y", {ROWS}, y);
      make_config(task, "train.h5\n  test_file: test.h5");
      std::string text = read_file(folder + "/labels.yaml");
      text.replace(text.find("{by: hash, train: 0.4, validation: 0.3, test: 0.3}"), 50,
                   "{by: file, train: 0.8, validation: 0.2}");
      write_file(folder + "/labels.yaml", text);
      Outcome outcome = train();
      EXPECT_EQ(outcome.status, 65) << outcome.err;
      EXPECT_NE(outcome.err.find("target 'y'"), std::string::npos) << outcome.err;
      EXPECT_NE(outcome.err.find("in the training rows: there is nothing to learn"), std::string::npos)
          << outcome.err;
      EXPECT_FALSE(exists(folder + "/run"));
    }
  }
}

TEST_F(BadLabels, WrongShapes) {
  const std::vector<double> values(2 * ROWS, 1);
  const struct {
    std::vector<hsize_t> shape;
    const char *sentence;
  } cases[] = {
      {{ROWS - 1}, "column 'z' has 299 rows, column 'x' has 300: all columns must have the same number"},
      {{2 * ROWS}, "column 'z' has 600 rows, column 'x' has 300"},
      {{0}, "column 'z' has 0 rows, column 'x' has 300"},
      {{ROWS, 2}, "z: must have one axis, the rows"},
      {{ROWS, 1}, "z: must have one axis, the rows"},
      {{}, "z: must have one axis, the rows"},
  };
  make_config("binary");
  for (const auto &one : cases) {
    make_data("binary", 0, 0);
    write_column(folder + "/numbers.h5", "z", one.shape, values);
    Outcome outcome = train();
    EXPECT_EQ(outcome.status, 65) << one.sentence << outcome.err;
    EXPECT_NE(outcome.err.find(one.sentence), std::string::npos) << outcome.err;
    EXPECT_FALSE(exists(folder + "/run"));
  }
}

// A finished run and an interrupted one, whose data then change behind them.
class DataBehindARun : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
    make_config(at("small.yaml"), {"  epochs: 6", "checkpoint: {every: {steps: 1}}"});
    expected = train(at("small.yaml"), at("run"));
    Call training{{"train", at("small.yaml"), "--run", at("part")}};
    ASSERT_EQ(interrupt_ingot(training, at("part"), SIGTERM, 1), 143);
    for (const char *kind : {"out", "err"}) fs::remove(at("part.") + kind);
    whole = read_file(at("customers.h5"));
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  // The customers with one column left out.
  void leave_out(size_t column) {
    std::string csv;
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      std::string cell, kept;
      size_t number = 0;
      for (char c : line + ",") {
        if (c != ',') {
          cell += c;
          continue;
        }
        if (number++ != column) kept += (kept.empty() ? "" : ",") + cell;
        cell.clear();
      }
      csv += kept + "\n";
    }
    write_file(at("fewer.csv"), csv);
    ASSERT_EQ(ingot({"import", at("fewer.csv"), "-o", at("customers.h5"), "--force"}).status, 0);
  }
  // These verbs end with `status`, say `sentence`, and leave both runs as they are; with the data as they
  // were the interrupted run goes on to the digest.
  void refused(int status, const std::string &sentence, const std::vector<std::string> &verbs) {
    const std::string data = at("customers.h5");
    const std::map<std::string, std::vector<std::string>> lines = {
        {"check", {"check", at("small.yaml")}},
        {"plan", {"plan", at("small.yaml")}},
        {"train", {"train", at("small.yaml"), "--run", at("run")}},
        {"train on", {"train", at("small.yaml"), "--run", at("part")}},
        {"resume", {"resume", at("part")}},
        {"reproduce", {"reproduce", at("run")}},
        {"evaluate", {"evaluate", at("run")}},
        {"evaluate on", {"evaluate", at("run"), "--data", data, "-o", at("out")}},
        {"compare", {"compare", at("run"), at("part"), "-o", at("out")}},
        {"predict", {"predict", at("run"), data, "-o", at("out.csv")}},
    };
    auto runs = [&] { return std::make_pair(contents_under(at("run")), contents_under(at("part"))); };
    auto before = runs();
    for (const std::string &verb : verbs) {
      Outcome outcome = ingot(lines.at(verb));
      EXPECT_EQ(outcome.status, status) << verb << ": " << outcome.err;
      EXPECT_NE(outcome.err.find(sentence), std::string::npos) << verb << ": " << outcome.err;
      EXPECT_TRUE(runs() == before) << verb;
      EXPECT_FALSE(exists(at("out")) || exists(at("out.csv"))) << verb;
    }
  }
  void goes_on() {
    write_file(at("customers.h5"), whole);
    Outcome outcome = ingot({"resume", at("part")});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(digest_of(at("part")), expected);
    EXPECT_EQ(digest_of(at("run")), expected);
  }
  const std::vector<std::string> of_config = {"check",  "plan",      "train",    "train on",
                                              "resume", "reproduce", "evaluate", "compare"};
  const std::vector<std::string> all = {"check",     "plan",     "train",       "train on", "resume",
                                        "reproduce", "evaluate", "evaluate on", "compare",  "predict"};
  std::string folder, expected, whole;
};

TEST_F(DataBehindARun, Gone) {
  fs::remove(at("customers.h5"));
  refused(66, "customers.h5", all);
  goes_on();
}

TEST_F(DataBehindARun, NotHdf5OrCutShort) {
  for (const std::string &content : {std::string("customer,tenure\n1,2\n"), std::string(),
                                     whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1)}) {
    write_file(at("customers.h5"), content);
    refused(65, "customers.h5", all);
  }
  goes_on();
}

TEST_F(DataBehindARun, InputVanished) {
  for (auto [column, name] : {std::pair(5, "calls"), std::pair(6, "region")}) {
    leave_out((size_t)column);
    std::string sentence = "customers.h5: column '" + std::string(name) + "' does not exist";
    refused(78, sentence, of_config); // a name of the configuration
    refused(65, sentence, {"evaluate on", "predict"});
  }
  goes_on();
}

// Without labels nothing is trained or judged; to predict takes none.
TEST_F(DataBehindARun, TargetVanished) {
  leave_out(7);
  refused(78, "column 'left'", of_config);
  refused(65, "column 'left'", {"evaluate on"});
  Outcome outcome = ingot({"predict", at("run"), at("customers.h5"), "-o", at("scores.csv")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  goes_on();
}

TEST_F(DataBehindARun, KeyVanished) {
  leave_out(0);
  refused(78, "column 'customer' does not exist", of_config);
  goes_on();
}

// A checkpoint that was copied in from a run of another configuration, or of the same on other data.
TEST_F(DataBehindARun, CheckpointOfAnotherRun) {
  fs::copy(at("part/checkpoints"), at("own"), fs::copy_options::recursive);
  make_config(at("seed.yaml"), {"seed: 8"});
  train(at("seed.yaml"), at("other seed"));
  fs::remove(at("customers.h5"));
  make_customers(folder, 2900);
  train(at("small.yaml"), at("other data"));
  write_file(at("customers.h5"), whole);
  for (auto [other, sentence] :
       {std::pair("other seed", "another configuration: its seed is 8, here it is 7"),
        std::pair("other data", "was trained on other data")}) {
    std::string newest = newest_checkpoint(at(other));
    fs::remove_all(at("part/checkpoints"));
    fs::create_directory(at("part/checkpoints"));
    fs::copy(at(other) + "/checkpoints/" + newest, at("part/checkpoints/" + newest),
             fs::copy_options::recursive);
    refused(78, sentence, {"train on", "resume"});
    EXPECT_EQ(ingot({"verify", at("part")}).status, 1);
  }
  fs::remove_all(at("part/checkpoints"));
  fs::rename(at("own"), at("part/checkpoints"));
  goes_on();
}

// A finished run is finished with its own checkpoints only.
TEST_F(DataBehindARun, FinishedWithCheckpointsOfAnotherRun) {
  make_config(at("seed.yaml"), {"seed: 8", "  epochs: 6", "checkpoint: {every: {steps: 1}}"});
  train(at("seed.yaml"), at("other seed"));
  std::string newest = "checkpoints/" + newest_checkpoint(at("run"));
  fs::copy(at("run/checkpoints"), at("own"), fs::copy_options::recursive);
  const auto overwrite = fs::copy_options::recursive | fs::copy_options::overwrite_existing;
  for (std::string part : {"", "/model.safetensors"}) {
    fs::copy(at("other seed/" + newest + part), at("run/" + newest + part), overwrite);
    refused(65, "is not the checkpoint that its SHA256SUMS lists", {"train"});
    Outcome outcome = ingot({"resume", at("run")});
    EXPECT_EQ(outcome.status, 65) << part << outcome.err << outcome.out;
    EXPECT_EQ(outcome.out, "") << "no digest of what is not there";
    fs::copy(at("own"), at("run/checkpoints"), overwrite);
  }
  fs::remove(at("run/SHA256SUMS"));
  EXPECT_EQ(ingot({"resume", at("run")}).status, 66);
}

TEST_F(DataBehindARun, FolderThatIsNoRun) {
  fs::create_directory(at("photos"));
  write_file(at("photos/cat.jpg"), "a cat");
  EXPECT_EQ(ingot({"train", at("small.yaml"), "--run", at("photos")}).status, 73);
  EXPECT_EQ(ingot({"train", at("small.yaml"), "--run", at("customers.csv")}).status, 73);
  for (const char *verb : {"resume", "reproduce", "evaluate", "verify"}) {
    Outcome outcome = ingot({verb, at("photos")});
    EXPECT_EQ(outcome.status, 66) << verb << outcome.err;
    EXPECT_NE(outcome.err.find("photos"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(files_under(at("photos")), std::vector<std::string>{"cat.jpg"});
  goes_on();
}

} // namespace
