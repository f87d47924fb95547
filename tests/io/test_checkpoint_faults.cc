// The commit protocol under faults: whichever call fails, wherever the process dies or the power goes, the
// newest checkpoint that loads is the one before or the one being saved, byte for byte.
#include "tests/io/checkpoint_case.h"
#include "tests/io/faulty_calls.h"

#include <algorithm>
#include <fcntl.h>
#include <map>
#include <random>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace {

using Steps = std::vector<uint64_t>;

bool has_leftovers(const Folder &folder) {
  std::vector<std::string> names = folder.names();
  return std::any_of(names.begin(), names.end(),
                     [](const auto &name) { return name.rfind("step-", 0) != 0; });
}

// Three checkpoints as they lie before the save of step 40 (which removes step 10).
void save_three(const Folder &folder) {
  CheckpointStore store = store_of(folder);
  store.keep_last = 3;
  for (uint64_t step : {10, 20, 30}) save(store, step);
}

Status save_40(const Folder &folder, const FileCalls *calls, Error *error) {
  CheckpointStore store = store_of(folder, calls);
  SmallState state(40);
  return checkpoint_save(&store, &state.snapshot(), error);
}

// What must hold whatever happened, and that the next save repairs everything.
void expect_nothing_lost(const Folder &folder, bool saved) {
  int64_t newest = newest_step(folder.path());
  EXPECT_TRUE(newest == 40 || (newest == 30 && !saved)) << newest;
  EXPECT_EQ(whole_step(folder / step_name(30)), 30);
  int whole = 0;
  for (uint64_t step : steps_in(folder.path()))
    whole += whole_step(folder / step_name(step)) == (int64_t)step;
  EXPECT_GE(whole, 2);
  Error error;
  EXPECT_EQ(checkpoint_clean(folder.path(), &error), STATUS_OK) << error.text;
  EXPECT_FALSE(has_leftovers(folder));
  EXPECT_EQ(save_40(folder, &file_calls_system, &error), STATUS_OK) << error.text;
  EXPECT_EQ(newest_step(folder.path()), 40);
}

class Faults : public ::testing::TestWithParam<std::tuple<Fault, int>> {};

// The n-th call fails, for every n: 74, the older ones as they were, and nothing half-made stays.
TEST_P(Faults, EveryCallThatFails) {
  auto [fault, number] = GetParam();
  int failed = 0;
  for (int at = 1;; at++) {
    Folder folder;
    save_three(folder);
    Error error{};
    plan_fault(fault, at, number);
    Status status = save_40(folder, &faulty_calls, &error);
    if (plan.calls < at) {
      EXPECT_EQ(status, STATUS_OK);
      break;
    }
    SCOPED_TRACE("call " + std::to_string(at) + ": " + error.text);
    bool removing = std::string(error.text).find("step 40 is saved") == 0;
    if (status != STATUS_OK) {
      failed++;
      EXPECT_EQ(status, STATUS_IO);
      EXPECT_NE(std::string(error.text).find(strerror(number)), std::string::npos);
      EXPECT_TRUE(removing || std::string(error.text).find("step 30, is kept") != std::string::npos);
      EXPECT_FALSE(has_leftovers(folder));
      Steps steps = steps_in(folder.path());
      EXPECT_TRUE(removing || (steps.size() >= 3 && steps[0] == 10)) << steps.size();
    }
    expect_nothing_lost(folder, status == STATUS_OK || removing);
  }
  EXPECT_GT(failed, 20);
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, Faults,
                         ::testing::Values(std::make_tuple(Fault::FAIL, EIO),
                                           std::make_tuple(Fault::FAIL, ENOSPC),
                                           std::make_tuple(Fault::HALF, ENOSPC)));

// Runs `work` in a process of its own; its exit status, -1 where a signal ended it.
template <typename Work> int in_child(Work work) {
  pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CheckpointKill, BetweenAnyTwoCalls) {
  for (Fault fault : {Fault::KILL, Fault::KILL_AFTER}) {
    int killed = 0;
    for (int at = 1;; at++) {
      Folder folder;
      save_three(folder);
      int status = in_child([&] {
        Error error;
        plan_fault(fault, at);
        return (int)save_40(folder, &faulty_calls, &error);
      });
      SCOPED_TRACE("call " + std::to_string(at));
      expect_nothing_lost(folder, status == STATUS_OK);
      if (status == STATUS_OK) break;
      ASSERT_EQ(status, faulty::KILLED);
      killed++;
    }
    EXPECT_GT(killed, 20);
  }
}

TEST(CheckpointKill, AtAnyMoment) {
  std::mt19937 random(5);
  for (int round = 0; round < 40; round++) {
    Folder folder;
    save_three(folder);
    pid_t child = fork();
    if (child == 0) {
      Error error;
      _exit((int)save_40(folder, &file_calls_system, &error));
    }
    usleep(random() % 3000);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    expect_nothing_lost(folder, WIFEXITED(status));
  }
}

// --- a disk that is really full: a small file system of our own

TEST(CheckpointDisk, Full) {
  enum { REFUSED = 50, FULL, KEPT, CLEAN, TEXT };
  Folder folder;
  int result = in_child([&] {
    std::string user = "0 " + std::to_string(geteuid()) + " 1",
                group = "0 " + std::to_string(getegid()) + " 1";
    if (unshare(CLONE_NEWNS) != 0) {
      if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return (int)REFUSED;
      spit("/proc/self/uid_map", user);
      spit("/proc/self/setgroups", "deny");
      spit("/proc/self/gid_map", group);
    }
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return (int)REFUSED;
    if (mount("tmpfs", folder.path(), "tmpfs", 0, "size=40k") != 0) return (int)REFUSED;
    CheckpointStore store = store_of(folder);
    store.keep_last = 100;
    Error error{};
    uint64_t step = 10;
    for (Status status = STATUS_OK; status == STATUS_OK; step += 10) {
      SmallState state(step);
      status = checkpoint_save(&store, &state.snapshot(), &error);
      if (status != STATUS_OK && status != STATUS_IO) return (int)FULL;
    }
    step -= 20; // the last that was saved
    if (newest_step(folder.path()) != (int64_t)step || step < 10) return (int)KEPT;
    if (has_leftovers(folder)) return (int)CLEAN;
    std::string text = error.text, kept = "step " + std::to_string(step) + ", is kept";
    if (text.find(kept) == std::string::npos || text.find("No space left") == std::string::npos)
      return (int)TEXT;
    return 0;
  });
  if (result == REFUSED) GTEST_SKIP() << "this process may not mount a file system of its own";
  EXPECT_EQ(result, 0);
}

// --- power: what was not flushed may be gone

// What the calls of one process did to names and bytes, in memory that outlives it.
struct Journal {
  enum Kind { CREATED, MADE, FLUSHED, RENAMED };
  struct Entry {
    Kind kind;
    char path[300], to[300];
  } entries[400];
  int count;
  char open[64][300];
  bool fsync_works;
};

Journal *journal;

void note(Journal::Kind kind, const char *path, const char *to = "") {
  if (journal->count == 400) _exit(98);
  Journal::Entry &entry = journal->entries[journal->count++];
  entry.kind = kind;
  snprintf(entry.path, sizeof entry.path, "%s", path);
  snprintf(entry.to, sizeof entry.to, "%s", to);
}

int noted_open(const char *path, int flags, mode_t mode) {
  int file = faulty_calls.open(path, flags, mode);
  if (file >= 0 && file < 64) snprintf(journal->open[file], sizeof journal->open[file], "%s", path);
  if (file >= 0 && flags & O_CREAT) note(Journal::CREATED, path);
  return file;
}

int noted_fsync(int file) {
  int result = faulty_calls.fsync(file);
  if (result == 0 && journal->fsync_works) note(Journal::FLUSHED, journal->open[file]);
  return result;
}

int noted_mkdir(const char *path, mode_t mode) {
  int result = faulty_calls.mkdir(path, mode);
  if (result == 0) note(Journal::MADE, path);
  return result;
}

int noted_rename(const char *from, const char *to) {
  int result = faulty_calls.rename(from, to);
  if (result == 0) note(Journal::RENAMED, from, to);
  return result;
}

FileCalls noted_calls() {
  FileCalls calls = faulty_calls;
  calls.open = noted_open;
  calls.fsync = noted_fsync;
  calls.mkdir = noted_mkdir;
  calls.rename = noted_rename;
  return calls;
}

std::string parent(const std::string &path) {
  return path.substr(0, path.rfind('/'));
}

// The path after a rename, where it lies below what was renamed.
std::string moved(const std::string &path, const std::string &from, const std::string &to) {
  bool below = path == from || path.rfind(from + "/", 0) == 0;
  return below ? to + path.substr(from.size()) : path;
}

// Undoes, at random, what no later flush made safe; backwards, so that names are those of their time.
void lose_power(std::mt19937 &random) {
  std::vector<std::pair<std::string, std::string>> kept; // renames that stay, latest first
  auto flushed = [&](std::string path, int after) {
    for (int i = after; i < journal->count; i++) {
      const Journal::Entry &entry = journal->entries[i];
      if (entry.kind == Journal::RENAMED) path = moved(path, entry.path, entry.to);
      if (entry.kind == Journal::FLUSHED && path == entry.path) return true;
    }
    return false;
  };
  auto today = [&](std::string path) {
    for (auto rename = kept.rbegin(); rename != kept.rend(); ++rename)
      path = moved(path, rename->first, rename->second);
    return path;
  };
  Error ignored;
  for (int i = journal->count - 1; i >= 0; i--) {
    const Journal::Entry &entry = journal->entries[i];
    std::string now = today(entry.path);
    bool name_is_safe = flushed(parent(entry.path), i + 1);
    switch (entry.kind) {
    case Journal::FLUSHED:
      break;
    case Journal::RENAMED:
      if (!name_is_safe && random() % 2 && access(entry.path, F_OK) != 0) {
        (void)!rename(today(entry.to).c_str(), entry.path);
      } else {
        kept.emplace_back(entry.path, entry.to);
      }
      break;
    case Journal::MADE:
      if (now == entry.path && !name_is_safe && random() % 2) folder_remove(now.c_str(), &ignored);
      break;
    case Journal::CREATED:
      if (!flushed(entry.path, i + 1) && random() % 4) {
        struct stat about;
        if (stat(now.c_str(), &about) == 0 && about.st_size > 0) {
          (void)!truncate(now.c_str(), (off_t)(random() % (unsigned long)about.st_size));
        }
      }
      if (!name_is_safe && random() % 2) unlink(now.c_str());
    }
  }
}

struct Losses {
  int runs = 0, lost = 0;
};

// The power goes before the n-th call, for every n, and right after the end; `rounds` times each.
Losses cut_power(bool fsync_works, int rounds) {
  Losses losses;
  std::mt19937 random(17);
  FileCalls calls = noted_calls();
  bool finished = false;
  for (int at = 1; !finished; at++) {
    for (int round = 0; round < rounds; round++) {
      Folder folder;
      save_three(folder);
      memset(journal, 0, sizeof *journal);
      journal->fsync_works = fsync_works;
      int status = in_child([&] {
        Error error;
        plan_fault(Fault::KILL, at);
        return (int)save_40(folder, &calls, &error);
      });
      EXPECT_TRUE(status == STATUS_OK || status == faulty::KILLED) << status;
      finished = status == STATUS_OK;
      lose_power(random);
      int64_t newest = newest_step(folder.path());
      losses.runs++;
      losses.lost += !(newest == 40 || (newest == 30 && !finished));
    }
  }
  return losses;
}

TEST(CheckpointPower, NothingThatWasSavedIsLost) {
  journal = static_cast<Journal *>(
      mmap(nullptr, sizeof *journal, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(journal, MAP_FAILED);
  Losses real = cut_power(true, 4);
  EXPECT_GT(real.runs, 100);
  EXPECT_EQ(real.lost, 0);
  // Its negative twin: the same code where no flush reaches the disk loses what it said was saved.
  EXPECT_GT(cut_power(false, 4).lost, 0);
  munmap(journal, sizeof *journal);
}

} // namespace
