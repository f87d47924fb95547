// Checkpoints without faults: what is saved loads, what stays, what is named, and every change is seen.
#include "tests/io/checkpoint_case.h"

#include <algorithm>
#include <csignal>
#include <sys/wait.h>

namespace {

using Steps = std::vector<uint64_t>;

struct Complaints {
  std::vector<std::pair<std::string, std::string>> all;
  explicit Complaints(const std::string &path) {
    int count = checkpoint_check(
        path.c_str(),
        [](void *context, const char *file, const char *sentence) {
          static_cast<Complaints *>(context)->all.emplace_back(file, sentence);
        },
        this);
    EXPECT_EQ(count, (int)all.size());
  }
  bool names(const std::string &file) const {
    return std::any_of(all.begin(), all.end(), [&](const auto &one) { return one.first == file; });
  }
};

TEST(Checkpoint, LoadsWhatWasSaved) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 7, true);
  store.constants.events_bytes = 12345678901;
  store.constants.events_digest[31] = 5;
  store.constants.code_digest[0] = 6;
  save(store, 300);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"step-00000007", "step-00000300"}));
  Checkpoint *loaded;
  Error error;
  ASSERT_EQ(checkpoint_load(&loaded, (folder / "step-00000300").c_str(), CHECKPOINT_ALL, &error), STATUS_OK)
      << error.text;
  const CheckpointState &state = loaded->state;
  SmallState expected(300);
  EXPECT_EQ(state.step, 300u);
  EXPECT_EQ(state.epoch, 3u);
  EXPECT_EQ(memcmp(state.model_digest, expected.snapshot().model_digest, DIGEST_BYTES), 0);
  EXPECT_EQ(memcmp(state.state_digest, expected.snapshot().state_digest, DIGEST_BYTES), 0);
  EXPECT_EQ(state.best, 0.1 + 0.2);
  EXPECT_EQ(state.best_step, 100u);
  EXPECT_FALSE(state.is_best);
  EXPECT_FALSE(state.is_final);
  EXPECT_TRUE(state.has_parent);
  EXPECT_EQ(state.parent_step, 7u);
  EXPECT_EQ(state.events_bytes, 12345678901);
  EXPECT_EQ(state.events_digest[31], 5);
  EXPECT_EQ(state.code_digest[0], 6);
  EXPECT_STREQ(state.numerics, "x1");
  EXPECT_STREQ(state.version, "0.1.0");
  EXPECT_EQ(loaded->tensors.count, 6);
  uint8_t digest[DIGEST_BYTES];
  tensor_set_digest(digest, &loaded->tensors);
  EXPECT_EQ(memcmp(digest, expected.snapshot().state_digest, DIGEST_BYTES), 0);
  EXPECT_EQ(loaded->config_path, folder / "step-00000300/../../config.yaml");
  checkpoint_free(loaded);

  ASSERT_EQ(checkpoint_load(&loaded, (folder / "step-00000007").c_str(), CHECKPOINT_MODEL, &error),
            STATUS_OK);
  EXPECT_TRUE(loaded->state.is_best);
  EXPECT_FALSE(loaded->state.has_parent);
  EXPECT_EQ(loaded->tensors.count, 2);
  checkpoint_free(loaded);
}

TEST(Checkpoint, ABestOfNothingYetIsNaN) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  SmallState state(1);
  state.snapshot().best = NAN;
  Error error;
  ASSERT_EQ(checkpoint_save(&store, &state.snapshot(), &error), STATUS_OK) << error.text;
  CheckpointState read;
  ASSERT_EQ(checkpoint_state_read(&read, (folder / step_name(1)).c_str(), &error), STATUS_OK) << error.text;
  EXPECT_TRUE(std::isnan(read.best));
}

TEST(Checkpoint, TheSameStateGivesTheSameBytes) {
  Folder a, b;
  CheckpointStore x = store_of(a), y = store_of(b);
  save(x, 5);
  save(y, 5);
  for (const char *file : {"model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"}) {
    EXPECT_EQ(slurp(a / (step_name(5) + "/" + file)), slurp(b / (step_name(5) + "/" + file))) << file;
  }
}

TEST(Checkpoint, Sha256sumAgrees) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 5);
  std::string command = "cd " + (folder / step_name(5)) + " && sha256sum --strict --status -c SHA256SUMS";
  EXPECT_EQ(system(command.c_str()), 0);
}

TEST(Checkpoint, EveryFlippedByteIsNamed) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 5);
  std::string path = folder / step_name(5);
  ASSERT_TRUE(Complaints(path).all.empty());
  for (const std::string file : {"model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"}) {
    const std::string good = slurp(path + "/" + file);
    for (size_t at = 0; at < good.size(); at++) {
      for (int bit : {0, 5}) {
        std::string bad = good;
        bad[at] = (char)(bad[at] ^ (1 << bit));
        spit(path + "/" + file, bad);
        Complaints complaints(path);
        if (file == "SHA256SUMS") { // a sum that differs from a file: either may be the changed one
          ASSERT_FALSE(complaints.all.empty()) << at;
          const auto &first = complaints.all[0];
          EXPECT_NE((first.first + " " + first.second).find("SHA256SUMS"), std::string::npos) << at;
        } else {
          ASSERT_EQ(complaints.all.size(), 1u) << file << " " << at;
          EXPECT_EQ(complaints.all[0].first, file) << at;
        }
      }
    }
    Checkpoint *loaded;
    Error error;
    EXPECT_EQ(checkpoint_load(&loaded, path.c_str(), CHECKPOINT_MODEL, &error), STATUS_DATA);
    EXPECT_NE(std::string(error.text).find(file), std::string::npos) << error.text;
    EXPECT_EQ(loaded, nullptr);
    spit(path + "/" + file, good);
  }
  EXPECT_EQ(whole_step(path), 5);
}

TEST(Checkpoint, MissingAddedAndCutFilesAreNamed) {
  for (const std::string file : {"model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"}) {
    Folder folder;
    CheckpointStore store = store_of(folder);
    save(store, 5);
    std::string path = folder / step_name(5);
    std::string good = slurp(path + "/" + file);
    spit(path + "/" + file, good.substr(0, good.size() - 1));
    EXPECT_TRUE(Complaints(path).names(file)) << file;
    spit(path + "/" + file, good + "\n");
    EXPECT_TRUE(Complaints(path).names(file)) << file;
    ASSERT_EQ(unlink((path + "/" + file).c_str()), 0);
    EXPECT_TRUE(Complaints(path).names(file)) << file;
    EXPECT_EQ(whole_step(path), -1);
    ASSERT_EQ(mkdir((path + "/" + file).c_str(), 0777), 0); // a folder in its place
    EXPECT_TRUE(Complaints(path).names(file)) << file;
    ASSERT_EQ(rmdir((path + "/" + file).c_str()), 0);
    spit(path + "/" + file, good);
    spit(path + "/extra", "");
    EXPECT_TRUE(Complaints(path).names("extra"));
    EXPECT_EQ(Complaints(path).all.size(), 1u);
  }
}

// Sums that fit the files do not make one checkpoint of two: the digests in state.json bind them.
TEST(Checkpoint, FilesOfTwoStatesAreRefused) {
  for (const std::string file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    Folder folder, other_folder;
    CheckpointStore store = store_of(folder), other_store = store_of(other_folder);
    save(store, 5);
    save(store, 6);
    SmallState other(6); // the same step, other numbers
    other.weight()[0] = other.moment()[0] = 9;
    other.refresh();
    Error error;
    ASSERT_EQ(checkpoint_save(&other_store, &other.snapshot(), &error), STATUS_OK) << error.text;
    std::string path = folder / step_name(6);
    spit(path + "/" + file, slurp(other_folder / (step_name(6) + "/" + file)));
    std::string sum = "sha256sum model.safetensors optimizer.safetensors state.json > SHA256SUMS";
    ASSERT_EQ(system(("cd " + path + " && " + sum).c_str()), 0);
    EXPECT_TRUE(Complaints(path).all.empty());
    for (CheckpointParts parts : {CHECKPOINT_MODEL, CHECKPOINT_ALL}) {
      if (parts == CHECKPOINT_MODEL && file == "optimizer.safetensors") continue; // not what was asked for
      Checkpoint *loaded;
      EXPECT_EQ(checkpoint_load(&loaded, path.c_str(), parts, &error), STATUS_DATA) << file;
      EXPECT_NE(std::string(error.text).find("digest"), std::string::npos) << error.text;
    }
    EXPECT_EQ(newest_step(folder.path()), 5);
  }
}

TEST(Checkpoint, AnotherConfigurationOrDataIsRefusedByName) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 5);
  Checkpoint *loaded;
  Error error;
  ASSERT_EQ(checkpoint_load(&loaded, (folder / step_name(5)).c_str(), CHECKPOINT_ALL, &error), STATUS_OK);
  uint8_t data[DIGEST_BYTES];
  memset(data, 9, sizeof data);
  EXPECT_EQ(checkpoint_match(loaded, SmallState::BITS, data, &error), STATUS_OK) << error.text;
  const struct {
    const char *bits, *says;
  } others[] = {
      {"data.file=a.h5\nmodel.hidden=[4]\nseed=7\n", "model.hidden is [3], here it is [4]"},
      {"data.file=a.h5\nmodel.hidden=[3]\nseed=70\n", "seed is 7, here it is 70"},
      {"data.file=a.h5\nseed=7\n", "model.hidden is [3], here it is (absent)"},
      {"data.file=a.h5\nmodel.hidden=[3]\nmodel.kind=mlp\nseed=7\n",
       "model.kind is (absent), here it is mlp"},
      {"data.file=a.h5\nmodel.hidden=[3]\n", "seed is 7, here it is (absent)"},
      {"data.file=a.h5\nmodel.hidden=[3]\nseed=7\nz=1\n", "z is (absent), here it is 1"},
      {"", "data.file is a.h5, here it is (absent)"},
  };
  for (const auto &other : others) {
    EXPECT_EQ(checkpoint_match(loaded, other.bits, data, &error), STATUS_CONFIG);
    EXPECT_NE(std::string(error.text).find(other.says), std::string::npos) << error.text;
  }
  data[0] = 8;
  EXPECT_EQ(checkpoint_match(loaded, SmallState::BITS, data, &error), STATUS_CONFIG);
  EXPECT_NE(std::string(error.text).find("its digest is 090909090909, here it is 080909090909"),
            std::string::npos)
      << error.text;
  checkpoint_free(loaded);
}

TEST(Checkpoint, KeepsTheLastAndTheBest) {
  Folder folder;
  CheckpointStore store = store_of(folder); // the last 2, the best 1
  save(store, 10, true);
  EXPECT_EQ(steps_in(folder.path()), (Steps{10}));
  save(store, 20);
  save(store, 30);
  EXPECT_EQ(steps_in(folder.path()), (Steps{10, 20, 30}));
  save(store, 40);
  EXPECT_EQ(steps_in(folder.path()), (Steps{10, 30, 40}));
  save(store, 50, true);
  EXPECT_EQ(steps_in(folder.path()), (Steps{40, 50}));
  save(store, 60);
  save(store, 70);
  EXPECT_EQ(steps_in(folder.path()), (Steps{50, 60, 70}));
  store.keep_last = 1;
  store.keep_best = 0; // two that verify and one best stay all the same
  save(store, 80);
  EXPECT_EQ(steps_in(folder.path()), (Steps{50, 70, 80}));
  EXPECT_EQ(folder.names().size(), 3u); // nothing set aside is left
}

TEST(Checkpoint, ADamagedOneIsNotOneOfTheTwoThatStay) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  store.keep_last = 1;
  for (uint64_t step : {10, 20}) save(store, step);
  spit(folder / (step_name(20) + "/state.json"), "{}");
  save(store, 30);
  EXPECT_EQ(steps_in(folder.path()), (Steps{10, 30}));
}

TEST(Checkpoint, SavingAStepAgain) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 10);
  save(store, 20);
  save(store, 20); // the same state: nothing to do
  SmallState other(20);
  other.weight()[0] = 9;
  other.refresh();
  Error error;
  EXPECT_EQ(checkpoint_save(&store, &other.snapshot(), &error), STATUS_EXISTS);
  EXPECT_NE(std::string(error.text).find("another state"), std::string::npos) << error.text;
  EXPECT_EQ(newest_step(folder.path()), 20);
  ASSERT_EQ(unlink((folder / (step_name(20) + "/SHA256SUMS")).c_str()), 0);
  save(store, 20); // a damaged one is replaced
  EXPECT_EQ(newest_step(folder.path()), 20);
  EXPECT_EQ(folder.names().size(), 2u);
}

TEST(Checkpoint, TheNewestThatLoads) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  EXPECT_EQ(newest_step(folder.path()), -2);
  EXPECT_EQ(newest_step((folder / "absent").c_str()), -1);
  save(store, 10);
  save(store, 20);
  std::string file = folder / (step_name(20) + "/model.safetensors");
  std::string bytes = slurp(file);
  bytes.back() ^= 1;
  spit(file, bytes);
  Checkpoint *loaded;
  char *note;
  Error error;
  ASSERT_EQ(checkpoint_load_newest(&loaded, &note, folder.path(), nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(loaded->state.step, 10u);
  EXPECT_NE(std::string(note).find("passed over step-00000020"), std::string::npos) << note;
  EXPECT_NE(std::string(note).find("model.safetensors"), std::string::npos) << note;
  free(note);
  checkpoint_free(loaded);
  ASSERT_EQ(unlink((folder / (step_name(10) + "/SHA256SUMS")).c_str()), 0);
  ASSERT_EQ(checkpoint_load_newest(&loaded, &note, folder.path(), nullptr, &error), STATUS_DATA);
  EXPECT_EQ(loaded, nullptr);
  EXPECT_NE(std::string(error.text).find("step-00000020"), std::string::npos) << error.text;
  free(note);
}

TEST(Checkpoint, FoundByFolderAndByName) {
  Folder folder;
  auto find = [&](const std::string &argument, const char *which) {
    char *path;
    Error error;
    Status status = checkpoint_find(&path, argument.c_str(), which, &error);
    std::string found = status == STATUS_OK ? std::string(path) : std::to_string(status) + " " + error.text;
    free(path);
    return found;
  };
  EXPECT_EQ(find(folder.path(), "").substr(0, 3), "66 ");
  ASSERT_EQ(mkdir((folder / "checkpoints").c_str(), 0777), 0);
  EXPECT_NE(find(folder.path(), "").find("no checkpoint yet"), std::string::npos);
  std::string inside = folder / "checkpoints";
  CheckpointStore store = store_of(folder);
  store.folder = inside.c_str();
  auto path = [&](uint64_t step) { return inside + "/" + step_name(step); };
  save(store, 10);
  EXPECT_EQ(find(folder.path(), "best"), path(10)); // none is flagged: the newest
  save(store, 20, true);
  save(store, 30);
  EXPECT_EQ(find(folder.path(), ""), path(20));
  EXPECT_EQ(find(folder.path(), "best"), path(20));
  EXPECT_EQ(find(folder.path(), "last"), path(30));
  EXPECT_EQ(find(folder.path(), "30"), path(30));
  EXPECT_EQ(find(path(30), ""), path(30));
  for (const char *which : {"40", "30x", "first", "-1", "99999999999999999999999"}) {
    EXPECT_EQ(find(folder.path(), which).substr(0, 3), "66 ") << which;
    EXPECT_NE(find(folder.path(), which).find(which), std::string::npos) << which;
  }
}

TEST(Checkpoint, NamesThatAreNotOursArePassedOver) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  for (const char *name : {"step-1", "step-00000001x", "step-000000001", "step-", "step--0000001",
                           "step-+0000001", "Step-00000001", ".tmp.step-00000009.host.1"}) {
    ASSERT_EQ(mkdir((folder / name).c_str(), 0777), 0);
  }
  save(store, 123456789);
  EXPECT_EQ(steps_in(folder.path()), (Steps{123456789}));
}

TEST(Checkpoint, LeftoversOfTheDeadAreRemoved) {
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 10);
  char host[65] = "";
  gethostname(host, 64);
  pid_t zombie = fork();
  if (zombie == 0) _exit(0);
  for (std::string name : {".tmp.step-00000020." + std::string(host) + "." + std::to_string(zombie),
                           ".tmp.old-step-00000020." + std::string(host) + "." + std::to_string(getpid()),
                           std::string(".tmp.step-00000020.elsewhere.1")}) {
    ASSERT_EQ(mkdir((folder / name).c_str(), 0777), 0);
    spit(folder / (name + "/model.safetensors"), "x");
  }
  Error error;
  EXPECT_EQ(checkpoint_clean(folder.path(), &error), STATUS_OK) << error.text;
  waitpid(zombie, nullptr, 0);
  EXPECT_EQ(folder.names(), std::vector<std::string>{step_name(10)});
}

} // namespace
