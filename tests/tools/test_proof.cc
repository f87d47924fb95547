// Proof: reproduce, verify and goldens, each with the negative twin that it must catch.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "program.h"

namespace fs = std::filesystem;

namespace {

const std::string golden_file = std::string(INGOT_SOURCE_DIR) + "/tests/golden/program.sha256";

// Moves one value of a number column by a part of itself.
void nudge(const std::string &file, const std::string &column, hsize_t row, double part) {
  hid_t h5 = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t set = H5Dopen2(h5, ("/columns/" + column).c_str(), H5P_DEFAULT);
  hid_t space = H5Dget_space(set), one = H5Screate_simple(1, (const hsize_t[]){1}, nullptr);
  const hsize_t count = 1;
  double value;
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &row, nullptr, &count, nullptr);
  ASSERT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, one, space, H5P_DEFAULT, &value), 0);
  double before = value;
  value += value * part;
  ASSERT_NE(value, before);
  ASSERT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, one, space, H5P_DEFAULT, &value), 0);
  H5Sclose(one);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(h5);
}

class Proof : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    run = folder + "/run";
    make_customers(folder, 3000);
    make_config(folder + "/small.yaml", {"checkpoint: {every: {steps: 2}, keep: {last: 9}}"});
    state = train(folder + "/small.yaml", run);
  }
  std::string folder, run, state;
};

TEST_F(Proof, ReproducesWholeOnAnotherThreadCount) {
  Outcome outcome = ingot({"reproduce", run, "--threads", "3", "--isa", "portable"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.rfind("IDENTICAL", 0), 0u) << outcome.out;
  EXPECT_NE(read_file(run + "/reproduce.json").find("\"IDENTICAL\""), std::string::npos);
  EXPECT_EQ(ingot({"verify", run}).status, 0) << "the verdict file is outside of what verify covers";
}

TEST_F(Proof, ReproducesASegment) {
  Outcome outcome = ingot({"reproduce", run, "--segment", "2:4", "--set", "train.micro_batch=256"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("steps 2 to 4, 3 events and 2 checkpoints"), std::string::npos) << outcome.out;
  EXPECT_EQ(ingot({"reproduce", run, "--segment", "1:4"}).status, 65) << "no checkpoint of step 1";
  EXPECT_EQ(ingot({"reproduce", run, "--segment", "4:2"}).status, 2);
  EXPECT_EQ(ingot({"reproduce", run, "--set", "seed=8"}).status, 78);
}

TEST_F(Proof, ASegmentWithOtherDataIsDifferent) {
  nudge(folder + "/customers.h5", "charge", 0, 0.5);
  Outcome outcome = ingot({"reproduce", run, "--segment", "2:4"});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.rfind("DIFFERENT", 0), 0u) << outcome.out;
  EXPECT_NE(outcome.out.find("\nstep 3: the first that differs: loss "), std::string::npos) << outcome.out;
  // Fewer rows: another dictionary or number of steps, where nothing can start.
  fs::remove(folder + "/customers.h5");
  make_customers(folder, 40);
  outcome = ingot({"reproduce", run, "--segment", "2:4"});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.rfind("DIFFERENT", 0), 0u) << outcome.out;
}

TEST_F(Proof, ACheckpointThatIsMissingIsNamed) {
  fs::rename(run + "/checkpoints/step-00000004", folder + "/away");
  for (const char *segment : {"2:4", "4:6", "2:6"}) {
    Outcome outcome = ingot({"reproduce", run, "--segment", segment});
    EXPECT_EQ(outcome.status, 66) << segment << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find("the checkpoint of step 4, which manifest.json names, is missing"),
              std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(ingot({"reproduce", run}).status, 66);
}

TEST_F(Proof, OneIsNotSeveral) {
  Outcome outcome = ingot({"reproduce", run, "--segment", "0:2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(" and 1 checkpoint compared\n"), std::string::npos) << outcome.out;
}

TEST_F(Proof, FindsDataElsewhere) {
  fs::create_directories(folder + "/moved");
  fs::rename(folder + "/customers.h5", folder + "/moved/customers.h5");
  EXPECT_EQ(ingot({"reproduce", run}).status, 66);
  EXPECT_EQ(ingot({"reproduce", run, "--data", folder + "/moved"}).status, 0);
}

// One value moved by one ulp of binary32, which is what devices see: step, tensor and element are named.
TEST_F(Proof, NamesTheFirstStepThatDiffers) {
  nudge(folder + "/customers.h5", "charge", 0, 0x1p-23);
  Outcome outcome = ingot({"reproduce", run});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.rfind("DIFFERENT", 0), 0u);
  EXPECT_NE(outcome.out.find("\nstep "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("the first that differs"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("checkpoint of step"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(", 1 ulp apart; 1 element differs\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("digest differs"), std::string::npos) << outcome.err;
}

// One ulp of binary64 may vanish where inputs are rounded to binary32; the digest of the data still sees it.
TEST_F(Proof, OneUlpOfTheDataIsSeen) {
  nudge(folder + "/customers.h5", "charge", 0, 0x1p-52);
  Outcome outcome = ingot({"reproduce", run});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.rfind("DIFFERENT", 0), 0u) << outcome.out;
  auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 2u) << outcome.out;
  EXPECT_EQ(lines[1].rfind("only the data digest differs (recorded ", 0), 0u) << outcome.out;
  std::string last = newest_checkpoint(run);
  std::string steps = std::to_string(atoi(last.c_str() + strlen("step-")));
  EXPECT_NE(lines[1].find("of all " + steps + " steps are equal"), std::string::npos) << outcome.out;
  EXPECT_EQ(ingot({"train", folder + "/small.yaml", "--run", run}).status, 73);
}

TEST_F(Proof, VerifyNamesAFlippedByte) {
  for (const std::string &file : files_under(run)) {
    if (file == "environment.json" || file == ".lock") continue; // not covered
    std::string path = run + "/" + file, whole = read_file(path);
    if (whole.empty()) continue;
    for (size_t at : {(size_t)0, whole.size() / 2, whole.size() - 1}) {
      std::string changed = whole;
      changed[at] = (char)(changed[at] ^ 1);
      write_file(path, changed);
      Outcome outcome = ingot({"verify", run});
      EXPECT_EQ(outcome.status, 1) << file << " byte " << at << outcome.out << outcome.err;
      bool named = outcome.out.find(fs::path(file).filename().string()) != std::string::npos;
      EXPECT_TRUE(named || file.find("SHA256SUMS") != std::string::npos) << file << "\n" << outcome.out;
    }
    write_file(path, whole);
  }
  EXPECT_EQ(digest_of(run), state);
}

TEST_F(Proof, DigestsAlone) {
  Outcome model = ingot({"verify", run, "--model-digest"});
  EXPECT_EQ(model.status, 0);
  EXPECT_EQ(model.out.size(), 3 + 64 + 1u);
  EXPECT_NE(model.out, state);
  write_file(run + "/config.yaml", read_file(run + "/config.yaml") + "#\n");
  Outcome changed = ingot({"verify", run, "--digest"});
  EXPECT_EQ(changed.status, 1);
  EXPECT_EQ(changed.out, "") << "no digest of a run that was changed";
}

// The whole program, from CSV to digest, the same with every compiler and on every machine.
TEST(Golden, Program) {
  bool rewriting = getenv("INGOT_REWRITE_GOLDENS") != nullptr;
  // Before anything is touched: IsNotRewrittenInCi starts this test beside another one of its kind.
  ASSERT_FALSE(rewriting && getenv("CI") != nullptr)
      << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
  std::string folder = test_folder(), name, golden;
  make_customers(folder, 5000);
  make_config(folder + "/small.yaml");
  std::string state = train(folder + "/small.yaml", folder + "/run");
  if (rewriting) write_file(golden_file, state.substr(3, 64) + "  small\n");
  std::ifstream(golden_file) >> golden >> name;
  EXPECT_EQ("x1:" + golden + "\n", state);
}

// The switch that rewrites goldens is refused where CI is set.
TEST(Golden, IsNotRewrittenInCi) {
  std::string before = read_file(golden_file);
  std::string self = fs::read_symlink("/proc/self/exe").string();
  std::string command =
      "CI=true INGOT_REWRITE_GOLDENS=1 " + self + " --gtest_filter=Golden.Program >/dev/null 2>&1";
  EXPECT_NE(system(command.c_str()), 0);
  EXPECT_EQ(read_file(golden_file), before);
}

} // namespace
