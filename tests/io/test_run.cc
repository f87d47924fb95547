// Runs: whose folder it is, resuming to the same digests, faults and ends of the process at every call.
#include "tests/io/faulty_calls.h"
#include "tests/io/run_case.h"

#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>

#include <jansson.h>

extern "C" {
#include "io/run/event_file.h"
#include "io/run/events.h"
#include "io/run/verify.h"
}

namespace {

RunState state_of(RunCase &given, const std::string &path, Error *error) {
  RunState state;
  Status status = run_state(&state, path.c_str(), given.bits.c_str(), given.data, error);
  EXPECT_EQ(status, STATUS_OK) << error->text;
  return state;
}

void expect_verified(const std::string &run) {
  VerifyReport report;
  Error error;
  EXPECT_EQ(run_verify(&report, run.c_str(), &error), STATUS_OK) << error.text;
  EXPECT_TRUE(report.finished);
  verify_report_free(&report);
}

// The digests of a run that nothing disturbed.
std::string undisturbed() {
  static std::string digests;
  if (digests.empty()) {
    Folder folder;
    RunCase given;
    Error error;
    EXPECT_EQ(train(given, folder / "whole", 0, nullptr, &error), STATUS_OK) << error.text;
    digests = digests_of(folder / "whole");
  }
  return digests;
}

// Each step is in the log once, in order.
void expect_whole_log(const std::string &run) {
  EventLog log;
  Error error;
  ASSERT_EQ(event_log_read(&log, (run + "/events.jsonl").c_str(), &error), STATUS_OK) << error.text;
  uint64_t steps = 0;
  for (int64_t i = 0; i < log.count; i++) {
    steps += log.events[i].kind == EVENT_STEP;
    EXPECT_EQ(log.events[i].step, steps);
  }
  EXPECT_EQ(steps, MiniTrainer::total_steps);
  EXPECT_FALSE(log.torn);
  event_log_free(&log);
}

void expect_finishes(RunCase &given, const std::string &run) {
  Error error;
  ASSERT_EQ(train(given, run, 0, nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(digests_of(run), undisturbed());
  expect_whole_log(run);
  expect_verified(run);
}

bool has(const Error &error, const char *part) {
  return std::string(error.text).find(part) != std::string::npos;
}

} // namespace

TEST(Run, DefaultPathDependsOnBitsAndData) {
  RunCase given;
  auto path = [&] {
    char *text = run_default_path("runs", "churn", given.bits.c_str(), given.data);
    std::string result = text;
    free(text);
    return result;
  };
  std::string first = path();
  EXPECT_EQ(first, "runs/churn-" + first.substr(11));
  EXPECT_EQ(first.size(), strlen("runs/churn-") + 8);
  EXPECT_EQ(path(), first);
  given.data[31] ^= 1;
  EXPECT_NE(path(), first);
  given.data[31] ^= 1;
  given.bits += "c=1\n";
  EXPECT_NE(path(), first);
}

TEST(Run, WholeRunFinishesVerifiesAndSaysSo) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "deep/er/run";
  EXPECT_EQ(state_of(given, run, &error), RUN_ABSENT);
  expect_finishes(given, run);
  EXPECT_EQ(state_of(given, run, &error), RUN_FINISHED);
  std::string before = slurp(run + "/manifest.json");
  ASSERT_EQ(train(given, run, 0, nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(slurp(run + "/manifest.json"), before);
  Manifest *manifest;
  ASSERT_EQ(manifest_read(&manifest, (run + "/manifest.json").c_str(), &error), STATUS_OK) << error.text;
  EXPECT_EQ(manifest->final.step, MiniTrainer::total_steps);
  EXPECT_EQ(manifest->selected.step, 8u) << "the best, not the last";
  EXPECT_EQ(manifest->selected.best, 0.9);
  EXPECT_STREQ(manifest->end, "epochs");
  ASSERT_EQ(manifest->step_count, 2);
  EXPECT_EQ(manifest->steps[0], 8u);
  EXPECT_EQ(slurp(run + "/config.yaml"), given.config_text);
  char *text = manifest_text(manifest);
  EXPECT_EQ(text, before) << "reads back as itself";
  free(text);
  manifest_free(manifest);
}

TEST(Run, ManifestReadsBackWhileUnfinished) {
  Folder folder;
  RunCase given;
  Error error;
  given.config.gates.has_primary = false;
  ASSERT_EQ(train(given, folder / "run", 3, nullptr, &error), STATUS_OK) << error.text;
  std::string path = folder / "run/manifest.json", bytes = slurp(path);
  Manifest *manifest;
  ASSERT_EQ(manifest_read(&manifest, path.c_str(), &error), STATUS_OK) << error.text;
  char *text = manifest_text(manifest);
  EXPECT_EQ(text, bytes);
  EXPECT_STREQ(manifest->goal, given.config.goal);
  EXPECT_EQ(manifest->gates.guardrail_count, 1);
  EXPECT_EQ(manifest->gates.guardrails[0].margin, 0.01);
  EXPECT_EQ(manifest->part_rows[PART_TEST], 10);
  free(text);
  manifest_free(manifest);
  for (size_t cut = 0; cut + 2 < bytes.size(); cut++) { // the last bytes are blank lines to JSON
    spit(path, bytes.substr(0, cut));
    ASSERT_EQ(manifest_read(&manifest, path.c_str(), &error), STATUS_DATA) << cut;
    ASSERT_EQ(manifest, nullptr);
  }
  RunState state;
  EXPECT_EQ(run_state(&state, (folder / "run").c_str(), "", given.data, &error), STATUS_DATA);
}

TEST(Run, AnotherRunsFolderIsRefused) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run";
  ASSERT_EQ(train(given, run, 5, nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(state_of(given, run, &error), RUN_UNFINISHED);
  std::string bits = given.bits, log = slurp(run + "/events.jsonl");
  given.bits = "a=1\nb=0x1p+1\n";
  EXPECT_EQ(train(given, run, 0, nullptr, &error), STATUS_EXISTS);
  EXPECT_TRUE(has(error, "its b is 0.5, here it is 2")) << error.text;
  given.bits = bits;
  given.data[0] ^= 1;
  EXPECT_EQ(train(given, run, 0, nullptr, &error), STATUS_EXISTS);
  EXPECT_TRUE(has(error, "other data")) << error.text;
  given.data[0] ^= 1;
  struct Run *opened;
  EXPECT_EQ(run_create(&opened, run.c_str(), &given.inputs, &given.environment, &error), STATUS_EXISTS);
  EXPECT_EQ(slurp(run + "/events.jsonl"), log);
  expect_finishes(given, run);
}

TEST(Run, AFolderOfSomethingElseIsRefusedAndUntouched) {
  Folder folder;
  RunCase given;
  Error error;
  struct Run *run;
  mkdir((folder / "mine").c_str(), 0777);
  spit(folder / "mine/config.yaml", "name: mine\n");
  spit(folder / "file", "");
  for (const char *name : {"mine", "file"}) {
    EXPECT_EQ(state_of(given, folder / name, &error), RUN_OTHER);
    EXPECT_EQ(error.status, STATUS_EXISTS);
    EXPECT_EQ(run_create(&run, (folder / name).c_str(), &given.inputs, &given.environment, &error),
              STATUS_EXISTS);
  }
  EXPECT_EQ(slurp(folder / "mine/config.yaml"), "name: mine\n");
  ASSERT_EQ(train(given, folder / "begun", 5, nullptr, &error), STATUS_OK) << error.text;
  unlink((folder / "begun/manifest.json").c_str());
  EXPECT_EQ(state_of(given, folder / "begun", &error), RUN_OTHER) << "its checkpoints are not given up";
}

// A creation that was cut off anywhere before manifest.json leaves a folder in which the next one works.
TEST(Run, ACreationThatWasCutOffIsRepeated) {
  const char *parts[] = {".lock",
                         "checkpoints",
                         "config.yaml",
                         "environment.json",
                         "events.jsonl",
                         "SHA256SUMS",
                         ".tmp.manifest.json.12345"};
  for (size_t count = 0; count <= std::size(parts); count++) {
    Folder folder;
    RunCase given;
    Error error;
    mkdir((folder / "run").c_str(), 0777);
    for (size_t i = 0; i < count; i++) {
      std::string path = folder / (std::string("run/") + parts[i]);
      if (strcmp(parts[i], "checkpoints") == 0)
        mkdir(path.c_str(), 0777);
      else
        spit(path, strcmp(parts[i], "events.jsonl") == 0 ? "" : "half a f");
    }
    EXPECT_EQ(state_of(given, folder / "run", &error), RUN_ABSENT) << count << error.text;
    expect_finishes(given, folder / "run");
  }
}

TEST(Run, OneProcessAtATime) {
  Folder folder;
  RunCase given;
  Error error;
  std::string path = folder / "run";
  ASSERT_EQ(train(given, path, 5, nullptr, &error), STATUS_OK) << error.text;
  struct Run *first, *second;
  Checkpoint *checkpoint;
  char *note;
  ASSERT_EQ(run_resume(&first, &checkpoint, &note, path.c_str(), &given.config, &given.environment, nullptr,
                       &error),
            STATUS_OK)
      << error.text;
  checkpoint_free(checkpoint);
  EXPECT_EQ(note, nullptr);
  EXPECT_EQ(run_resume(&second, &checkpoint, &note, path.c_str(), &given.config, &given.environment, nullptr,
                       &error),
            STATUS_RETRYABLE);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(checkpoint, nullptr);
  EXPECT_TRUE(has(error, "another process")) << error.text;
  run_close(first);
  expect_finishes(given, path);
}

TEST(Run, InterruptedAnywhereEndsInTheSameDigests) {
  for (uint64_t until = 1; until < MiniTrainer::total_steps; until++) {
    Folder folder;
    RunCase given;
    Error error;
    ASSERT_EQ(train(given, folder / "run", until, nullptr, &error), STATUS_OK) << error.text;
    expect_finishes(given, folder / "run");
  }
}

TEST(Run, ResumeKeepsTheLogUpToTheCheckpointAndAddsOnlyTheRest) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run", path = run + "/events.jsonl";
  ASSERT_EQ(train(given, run, 6, nullptr, &error), STATUS_OK) << error.text;
  std::string before = slurp(path);
  size_t kept = before.find("{\"event\":\"end\"");
  ASSERT_NE(kept, std::string::npos);
  spit(path, before + "{\"event\":\"step\",\"step\":7,\"epo"); // torn
  expect_finishes(given, run);
  std::string after = slurp(path);
  EXPECT_EQ(after.substr(0, kept), before.substr(0, kept));
  EXPECT_EQ(after.compare(kept, strlen("{\"event\":\"step\",\"step\":7,"), "{\"event\":\"step\",\"step\":7,"),
            0);
}

TEST(Run, ALogThatWasChangedIsNotResumed) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run", path = run + "/events.jsonl";
  ASSERT_EQ(train(given, run, 6, nullptr, &error), STATUS_OK) << error.text;
  std::string before = slurp(path), changed = before;
  changed[60] ^= 1;
  for (const std::string &bytes : {changed, before.substr(0, 100)}) {
    spit(path, bytes);
    EXPECT_EQ(train(given, run, 0, nullptr, &error), STATUS_DATA);
    EXPECT_TRUE(has(error, "events.jsonl")) << error.text;
    EXPECT_EQ(slurp(path), bytes);
  }
  spit(path, before);
  expect_finishes(given, run);
}

TEST(Run, AChangedManifestIsNotResumed) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run", path = run + "/manifest.json";
  ASSERT_EQ(train(given, run, 6, nullptr, &error), STATUS_OK) << error.text;
  std::string before = slurp(path), changed = before;
  changed[changed.find("quoted")] = 'Q';
  spit(path, changed);
  EXPECT_EQ(train(given, run, 0, nullptr, &error), STATUS_DATA);
  EXPECT_TRUE(has(error, "manifest.json' was changed")) << error.text;
  spit(path, before);
  expect_finishes(given, run);
}

TEST(Run, ADamagedCheckpointIsPassedOverAndMovedAside) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run", note;
  ASSERT_EQ(train(given, run, 6, nullptr, &error), STATUS_OK) << error.text;
  std::string path = run + "/checkpoints/step-00000006/model.safetensors", bytes = slurp(path);
  bytes.back() ^= 1;
  spit(path, bytes);
  ASSERT_EQ(train(given, run, 7, nullptr, &error, &note), STATUS_OK) << error.text;
  EXPECT_NE(note.find("passed over step-00000006"), std::string::npos) << note;
  EXPECT_EQ(slurp(run + "/damaged-step-00000006.1/model.safetensors"), bytes);
  expect_finishes(given, run);
}

TEST(Run, NoCheckpointThatLoadsIsAnError) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run";
  ASSERT_EQ(train(given, run, 2, nullptr, &error), STATUS_OK) << error.text;
  spit(run + "/checkpoints/step-00000002/state.json", "{}");
  EXPECT_EQ(train(given, run, 0, nullptr, &error), STATUS_DATA);
  EXPECT_TRUE(has(error, "no checkpoint in")) << error.text;
}

TEST(Run, EverySessionIsInTheEnvironment) {
  Folder folder;
  RunCase given;
  Error error;
  std::string run = folder / "run";
  ASSERT_EQ(train(given, run, 5, nullptr, &error), STATUS_OK) << error.text;
  given.environment.isa = "avx2";
  ASSERT_EQ(train(given, run, 0, nullptr, &error), STATUS_OK) << error.text;
  json_t *json = json_load_file((run + "/environment.json").c_str(), 0, nullptr);
  json_t *sessions = json_object_get(json, "sessions");
  ASSERT_EQ(json_array_size(sessions), 2u);
  json_t *first = json_array_get(sessions, 0), *second = json_array_get(sessions, 1);
  EXPECT_STREQ(json_string_value(json_object_get(first, "end")), "interrupted");
  EXPECT_EQ(json_integer_value(json_object_get(first, "to_step")), 5);
  EXPECT_STREQ(json_string_value(json_object_get(second, "isa")), "avx2");
  EXPECT_EQ(json_integer_value(json_object_get(second, "from_step")), 5);
  EXPECT_STREQ(json_string_value(json_object_get(second, "end")), "epochs");
  json_decref(json);
}

TEST(RunFaults, ALogThatCouldNotGrowStaysWhole) {
  Folder folder;
  EventFile file;
  Error error;
  Event events[2]{};
  std::string path = folder / "events.jsonl";
  spit(path, "");
  ASSERT_EQ(event_file_open(&file, &faulty_calls, path.c_str(), 0, nullptr, &error), STATUS_OK) << error.text;
  ASSERT_EQ(event_file_append(&file, &faulty_calls, events, 2, &error), STATUS_OK) << error.text;
  plan_fault(Fault::HALF, 1, ENOSPC);
  EXPECT_EQ(event_file_append(&file, &faulty_calls, events, 2, &error), STATUS_IO);
  plan_fault(Fault::FAIL, 0);
  ASSERT_EQ(event_file_append(&file, &faulty_calls, events, 1, &error), STATUS_OK) << error.text;
  uint8_t digest[DIGEST_BYTES], expected[DIGEST_BYTES];
  event_file_digest(digest, &file);
  event_file_close(&file);
  std::string bytes = slurp(path);
  sha256(expected, bytes.data(), bytes.size());
  EXPECT_EQ(memcmp(digest, expected, DIGEST_BYTES), 0);
  EventLog log;
  ASSERT_EQ(event_log_read(&log, path.c_str(), &error), STATUS_OK) << error.text;
  EXPECT_EQ(log.count, 3);
  event_log_free(&log);
}

// A checkpoint names the bytes of the log that led to it: those must be on the disk before it is.
TEST(RunFaults, TheLogIsFlushedBeforeTheCheckpointThatNamesIt) {
  static std::vector<std::string> calls;
  calls.clear();
  auto name_of = [](int file) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file)).filename().string();
  };
  static auto name = name_of;
  FileCalls table = file_calls_system;
  table.write = [](int file, const void *bytes, size_t count) {
    calls.push_back("write " + name(file));
    return file_calls_system.write(file, bytes, count);
  };
  table.fsync = [](int file) {
    calls.push_back("fsync " + name(file));
    return file_calls_system.fsync(file);
  };
  table.mkdir = [](const char *path, mode_t mode) {
    calls.push_back("mkdir");
    return file_calls_system.mkdir(path, mode);
  };
  Folder folder;
  RunCase given;
  Error error;
  ASSERT_EQ(train(given, folder / "run", 0, &table, &error), STATUS_OK) << error.text;
  int checkpoints = 0;
  for (size_t i = 0; i < calls.size(); i++) {
    if (calls[i] != "mkdir") continue;
    checkpoints++;
    EXPECT_EQ(calls[i - 1], "fsync events.jsonl");
    EXPECT_EQ(calls[i - 2], "write events.jsonl");
  }
  EXPECT_EQ(checkpoints, 3);
}

// The disk fails at the n-th call, for every n: the run says so, and resumes to the same digests.
TEST(RunFaults, EveryFailingCallLeavesARunThatResumes) {
  for (Fault fault : {Fault::FAIL, Fault::HALF}) {
    bool failed = true;
    for (int at = 1; failed; at++) {
      Folder folder;
      RunCase given;
      Error error;
      plan_fault(fault, at, ENOSPC);
      Status status = train(given, folder / "run", 0, &faulty_calls, &error);
      failed = plan.calls >= at;
      plan_fault(fault, 0);
      if (status != STATUS_OK) {
        ASSERT_EQ(status, STATUS_IO) << at << ": " << error.text;
        ASSERT_TRUE(has(error, "No space left")) << at << ": " << error.text;
      }
      expect_finishes(given, folder / "run");
      ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure()) << "call " << at;
      ASSERT_LT(at, 2000);
    }
  }
}

// The process ends at the n-th call, for every n.
TEST(RunFaults, EveryEndOfTheProcessLeavesARunThatResumes) {
  for (Fault fault : {Fault::KILL, Fault::KILL_AFTER}) {
    bool killed = true;
    for (int at = 1; killed; at++) {
      Folder folder;
      RunCase given;
      pid_t child = fork();
      if (child == 0) {
        Error error;
        plan_fault(fault, at);
        _exit(train(given, folder / "run", 0, &faulty_calls, &error) == STATUS_OK ? 0 : 1);
      }
      int ended;
      ASSERT_EQ(waitpid(child, &ended, 0), child);
      ASSERT_TRUE(WIFEXITED(ended));
      killed = WEXITSTATUS(ended) == faulty::KILLED;
      ASSERT_TRUE(killed || WEXITSTATUS(ended) == 0) << at;
      expect_finishes(given, folder / "run");
      ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure()) << "call " << at;
      ASSERT_LT(at, 2000);
    }
  }
}
