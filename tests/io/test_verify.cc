// Verify: any one changed byte is named by its file; what is not covered is left alone.
#include "tests/io/run_case.h"

#include <algorithm>
#include <filesystem>

extern "C" {
#include "engine/train/chain.h"
#include "io/run/events.h"
#include "io/run/verify.h"
}

namespace {

struct Verdict {
  Status status;
  std::string text, covered;
  std::vector<std::string> paths;
  VerifyReport report; // its numbers
};

Verdict verify(const std::string &run) {
  Verdict verdict{};
  Error error{};
  verdict.status = run_verify(&verdict.report, run.c_str(), &error);
  verdict.text = error.text;
  if (verdict.report.covered != nullptr) verdict.covered = verdict.report.covered;
  for (int i = 0; i < verdict.report.finding_count; i++) {
    verdict.paths.push_back(verdict.report.findings[i].path);
    EXPECT_NE(std::string(verdict.report.findings[i].text), "");
  }
  VerifyReport numbers = verdict.report;
  verify_report_free(&verdict.report);
  verdict.report = numbers;
  return verdict;
}

struct TrainedRun {
  Folder folder;
  RunCase given;
  std::string run = folder / "run";
  explicit TrainedRun(uint64_t until) {
    Error error;
    EXPECT_EQ(train(given, run, until, nullptr, &error), STATUS_OK) << error.text;
  }
};

std::vector<std::string> covered_files(const std::string &run) {
  std::vector<std::string> files{"config.yaml", "manifest.json", "events.jsonl"};
  for (auto &entry : std::filesystem::recursive_directory_iterator(run + "/checkpoints")) {
    if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), run).string());
  }
  return files;
}

// Every byte of a file flipped in turn, one bit each; `length`: the part that is covered.
void flip_all(const std::string &run, const std::string &file, size_t length) {
  std::string path = run + "/" + file, bytes = slurp(path);
  for (size_t at = 0; at < std::min(length, bytes.size()); at++) {
    std::string changed = bytes;
    changed[at] = (char)(changed[at] ^ (1 << at % 8));
    spit(path, changed);
    Verdict verdict = verify(run);
    ASSERT_EQ(verdict.status, STATUS_NO) << file << " byte " << at;
    ASSERT_EQ(verdict.paths, std::vector<std::string>{file}) << "byte " << at << ": " << verdict.text;
  }
  spit(path, bytes);
  ASSERT_EQ(verify(run).status, STATUS_OK);
}

} // namespace

TEST(Verify, AnUnchangedRunCountsWhatItChecked) {
  TrainedRun trained(0);
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_OK) << verdict.text;
  EXPECT_TRUE(verdict.report.finished);
  EXPECT_EQ(verdict.report.checkpoints, 2);
  EXPECT_EQ(verdict.report.tensors, 16);
  EXPECT_EQ(verdict.report.files, 4 + 2 * 4);
  EXPECT_EQ(verdict.report.events, 12 + 3 + 3 + 1);
  EXPECT_TRUE(verdict.report.has_digests);
  EXPECT_EQ(verdict.report.step, MiniTrainer::total_steps);
  EXPECT_EQ(verdict.report.model_step, 8u);
  Manifest *manifest;
  Error error;
  ASSERT_EQ(manifest_read(&manifest, (trained.run + "/manifest.json").c_str(), &error), STATUS_OK);
  EXPECT_EQ(memcmp(manifest->final.state_digest, verdict.report.state_digest, DIGEST_BYTES), 0);
  EXPECT_EQ(memcmp(manifest->selected.model_digest, verdict.report.model_digest, DIGEST_BYTES), 0);
  manifest_free(manifest);
}

// Without the selected checkpoint there is no digest of the model to show.
TEST(Verify, AMissingSelectedCheckpointHasNoModel) {
  TrainedRun trained(0);
  EXPECT_TRUE(verify(trained.run).report.has_model);
  std::filesystem::remove_all(trained.run + "/checkpoints/step-00000008");
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_NO);
  EXPECT_TRUE(verdict.report.has_digests);
  EXPECT_FALSE(verdict.report.has_model);
}

// The last checkpoint need not be the selected one: no digest is shown for it.
TEST(Verify, AManifestThatIsALinkIsNamedAndTellsNoModel) {
  TrainedRun trained(0);
  std::filesystem::rename(trained.run + "/manifest.json", trained.folder / "elsewhere.json");
  std::filesystem::create_symlink(trained.folder / "elsewhere.json", trained.run + "/manifest.json");
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_NO);
  EXPECT_EQ(verdict.paths, std::vector<std::string>{"manifest.json"}) << verdict.text;
  EXPECT_NE(verdict.text.find("is a link: put the file itself in its place"), std::string::npos);
  EXPECT_FALSE(verdict.report.has_model);
}

TEST(Verify, EveryFlippedByteOfAFinishedRunIsNamed) {
  TrainedRun trained(0);
  for (const std::string &file : covered_files(trained.run)) flip_all(trained.run, file, SIZE_MAX);
}

TEST(Verify, EveryFlippedByteOfAnUnfinishedRunIsNamed) {
  TrainedRun trained(6);
  size_t end = slurp(trained.run + "/events.jsonl").find("{\"event\":\"end\"");
  for (const std::string &file : covered_files(trained.run)) {
    if (file.find("SHA256SUMS") == std::string::npos)
      flip_all(trained.run, file, file == "events.jsonl" ? end : SIZE_MAX);
  }
}

// A line of a listing and the file it lists cannot be told apart by the listing alone: one of both is named.
TEST(Verify, EveryFlippedByteOfAListingIsFound) {
  for (uint64_t until : {0, 6}) {
    TrainedRun trained(until);
    for (const char *name : {"SHA256SUMS", "checkpoints/step-00000004/SHA256SUMS"}) {
      std::string path = trained.run + "/" + name;
      if (!std::filesystem::exists(path)) continue;
      std::string bytes = slurp(path);
      for (size_t at = 0; at < bytes.size(); at++) {
        std::string changed = bytes;
        changed[at] = (char)(changed[at] ^ (1 << at % 8));
        spit(path, changed);
        ASSERT_EQ(verify(trained.run).status, STATUS_NO) << name << " byte " << at;
      }
      spit(path, bytes);
    }
  }
}

TEST(Verify, RemovedAndAddedFilesAreNamed) {
  for (uint64_t until : {0, 6}) {
    TrainedRun trained(until);
    for (const std::string &file : covered_files(trained.run)) {
      std::string path = trained.run + "/" + file, bytes = slurp(path);
      unlink(path.c_str());
      Verdict verdict = verify(trained.run);
      EXPECT_EQ(verdict.status, STATUS_NO) << file;
      ASSERT_FALSE(verdict.paths.empty());
      EXPECT_NE(std::find(verdict.paths.begin(), verdict.paths.end(), file), verdict.paths.end())
          << file << " " << verdict.text;
      spit(path, bytes);
    }
    for (const char *file : {"checkpoints/notes.txt", "checkpoints/step-7"}) {
      spit(trained.run + "/" + file, "");
      EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{file});
      unlink((trained.run + "/" + file).c_str());
    }
    EXPECT_EQ(verify(trained.run).status, STATUS_OK);
  }
}

TEST(Verify, AWholeCheckpointRemovedOrAddedIsNamed) {
  TrainedRun trained(0);
  std::string folder = trained.run + "/checkpoints/";
  std::filesystem::copy(folder + "step-00000008", folder + "step-00000009");
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_NO);
  EXPECT_EQ(verdict.paths[0].find("checkpoints/step-00000009"), 0u) << verdict.paths[0];
  std::filesystem::remove_all(folder + "step-00000009");
  std::filesystem::remove_all(folder + "step-00000008");
  verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_NO);
  EXPECT_EQ(verdict.paths[0].find("checkpoints/step-00000008"), 0u) << verdict.paths[0];
}

TEST(Verify, WhatIsNotCoveredMayChange) {
  TrainedRun trained(0);
  spit(trained.run + "/environment.json", "changed");
  spit(trained.run + "/notes.txt", "added");
  EXPECT_EQ(verify(trained.run).status, STATUS_OK);
}

// A report has its own listing; what that does not list (notes beside it) may change.
TEST(Verify, AReportIsCoveredByItsOwnListing) {
  TrainedRun trained(0);
  std::string report = trained.run + "/report-last-test", sums_path = report + "/SHA256SUMS";
  std::filesystem::create_directory(report);
  spit(report + "/report.json", "{}");
  EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{"report-last-test/SHA256SUMS"});
  Sums sums{};
  uint8_t digest[DIGEST_BYTES];
  sha256(digest, "{}", 2);
  sums_add(&sums, "report.json", digest);
  sums_add(&sums, "report.md", digest);
  char *text = sums_text(&sums);
  sums_free(&sums);
  spit(sums_path, text);
  EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{"report-last-test/report.md"}) << "missing";
  spit(report + "/report.md", "{}");
  spit(report + "/notes.txt", "mine");
  EXPECT_EQ(verify(trained.run).status, STATUS_OK);
  for (const char *file : {"report.json", "report.md"}) {
    spit(report + "/" + file, "{ }");
    EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{std::string("report-last-test/") + file});
    spit(report + "/" + file, "{}");
  }
  spit(sums_path, std::string(text).substr(std::string(text).find('\n') + 1));
  EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{"report-last-test/report.json"})
      << "unlisted";
  free(text);
}

TEST(Verify, BehindTheNewestCheckpointTheChainAloneIsChecked) {
  TrainedRun trained(6);
  std::string path = trained.run + "/events.jsonl", bytes = slurp(path);
  spit(path, bytes + "{\"event\":\"st");
  EXPECT_EQ(verify(trained.run).status, STATUS_OK) << "a line that was cut off is no change";
  bytes[bytes.size() - 10] ^= 1; // in the chain of the last event
  spit(path, bytes);
  EXPECT_EQ(verify(trained.run).paths, std::vector<std::string>{"events.jsonl"});
}

// Whoever changes the log and lists its new SHA-256 is found by the chain.
TEST(Verify, AListingMadeAgainDoesNotHideAChangedStep) {
  TrainedRun trained(0);
  std::string path = trained.run + "/events.jsonl", bytes = slurp(path),
              sums_path = trained.run + "/SHA256SUMS";
  size_t begin = bytes.find("{\"event\":\"step\",\"step\":5,"), end = bytes.find('\n', begin);
  ASSERT_NE(begin, std::string::npos);
  Event event;
  ASSERT_TRUE(event_read(&event, bytes.data() + begin, end - begin));
  event.loss = std::nextafter(event.loss, 10.0f);
  Text line{};
  event_write(&line, &event);
  bytes.replace(begin, end + 1 - begin, line.bytes);
  text_free(&line);
  spit(path, bytes);
  Sums sums;
  Error error;
  ASSERT_EQ(sums_read(&sums, sums_path.c_str(), &error), STATUS_OK) << error.text;
  for (int i = 0; i < sums.count; i++) {
    if (std::string(sums.lines[i].name) == "events.jsonl")
      sha256(sums.lines[i].digest, bytes.data(), bytes.size());
  }
  char *text = sums_text(&sums);
  spit(sums_path, text);
  free(text);
  sums_free(&sums);
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.paths, std::vector<std::string>{"events.jsonl"});
  EXPECT_NE(verdict.text.find("(step 5)"), std::string::npos) << verdict.text;
}

// A checkpoint that is whole in itself, but of another run.
TEST(Verify, ACheckpointOfAnotherRunIsNamed) {
  TrainedRun mine(6);
  RunCase given;
  Folder folder;
  Error error;
  given.bits = "a=2\n";
  ASSERT_EQ(train(given, folder / "run", 6, nullptr, &error), STATUS_OK) << error.text;
  std::string name = "/checkpoints/step-00000006";
  std::filesystem::remove_all(mine.run + name);
  std::filesystem::copy(folder / ("run" + name), mine.run + name);
  Verdict verdict = verify(mine.run);
  EXPECT_EQ(verdict.status, STATUS_NO);
  EXPECT_NE(verdict.text.find("state.config is not the configuration"), std::string::npos) << verdict.text;
}

TEST(Verify, AnEndThatWasInterruptedSaysSo) {
  TrainedRun trained(0);
  Error error;
  TrainedRun unfinished(11);
  // The listing of the finished run, the manifest of the unfinished one: what a process that ended between
  // the two leaves.
  std::string manifest = trained.run + "/manifest.json";
  spit(manifest, slurp(unfinished.run + "/manifest.json"));
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.paths, std::vector<std::string>{"manifest.json"});
  EXPECT_NE(verdict.text.find("`ingot resume` completes that"), std::string::npos) << verdict.text;
  ASSERT_EQ(train(trained.given, trained.run, 0, nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(verify(trained.run).status, STATUS_OK);
}

TEST(Verify, NotARunIsMissing) {
  Folder folder;
  EXPECT_EQ(verify(folder.path()).status, STATUS_MISSING);
  EXPECT_EQ(verify(folder / "absent").status, STATUS_MISSING);
}

TEST(Verify, ARunWithoutACheckpointHasNoDigests) {
  TrainedRun trained(1);
  std::filesystem::remove_all(trained.run + "/checkpoints/step-00000001");
  Verdict verdict = verify(trained.run);
  EXPECT_EQ(verdict.status, STATUS_OK) << verdict.text;
  EXPECT_FALSE(verdict.report.has_digests);
  EXPECT_FALSE(verdict.report.finished);
}
