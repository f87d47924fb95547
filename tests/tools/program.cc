// Runs the program as a user does.
#include "program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace {

const std::string binary = INGOT_BINARY, gpu_binary = INGOT_GPU_BINARY;

// In the child: environment, folder, limits, output; then the program.
[[noreturn]] void become(const Call &call, const std::string &output) {
  int out = open((output + ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int err = open((output + ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  setenv("XDG_STATE_HOME", (output + ".state").c_str(), 1); // its own ledger of decisions
  if (call.with_gpu) { // a sanitizer's dlopen does not look where the library that calls it says
    setenv("LD_LIBRARY_PATH", gpu_binary.substr(0, gpu_binary.rfind('/')).c_str(), 1);
  }
  for (const std::string &pair : call.environment) putenv(strdup(pair.c_str()));
  if (call.umask >= 0) umask((mode_t)call.umask);
  if (!call.folder.empty() && chdir(call.folder.c_str()) != 0) _exit(126);
  if (call.file_limit >= 0) {
    rlimit limit{(rlim_t)call.file_limit, (rlim_t)call.file_limit};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (call.memory_limit >= 0) {
    rlimit limit{(rlim_t)call.memory_limit, (rlim_t)call.memory_limit};
    setrlimit(RLIMIT_AS, &limit);
  }
  std::vector<std::string> words{call.with_gpu ? gpu_binary : binary};
  if (!call.processor.empty()) words.insert(words.begin(), {"qemu-x86_64", "-cpu", call.processor});
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<char *> arguments;
  for (std::string &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

} // namespace

std::string test_folder() {
  const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
  fs::path folder = fs::path(binary).parent_path() / "test_runs" /
                    (std::string(info->test_suite_name()) + "." + info->name());
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder.string();
}

pid_t start_ingot(const Call &call, const std::string &output) {
  pid_t process = fork();
  if (process == 0) become(call, output);
  return process;
}

int finish(pid_t process, long long *peak) {
  int status = 0;
  rusage usage{};
  wait4(process, &status, 0, &usage);
  if (peak != nullptr) *peak = usage.ru_maxrss * 1024LL;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int interrupt_ingot(const Call &training, const std::string &run, int signal_number, size_t checkpoints) {
  auto saved = [&] {
    std::error_code missing;
    size_t count = 0;
    for (const auto &entry : fs::directory_iterator(run + "/checkpoints", missing))
      count += entry.path().filename().string().rfind("step-", 0) == 0;
    return count;
  };
  pid_t process = start_ingot(training, run);
  for (int i = 0; i < 20000 && saved() < checkpoints; i++) usleep(500);
  kill(process, signal_number);
  return finish(process);
}

Outcome run_ingot(const Call &call) {
  static int number = 0;
  std::string output = (fs::temp_directory_path() /
                        ("ingot_test." + std::to_string(getpid()) + "." + std::to_string(number++)))
                           .string();
  Outcome outcome;
  outcome.status = finish(start_ingot(call, output), &outcome.peak);
  outcome.out = read_file(output + ".out");
  outcome.err = read_file(output + ".err");
  fs::remove(output + ".out");
  fs::remove(output + ".err");
  return outcome;
}

Outcome ingot(const std::vector<std::string> &arguments) {
  return run_ingot({arguments});
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_file(const std::string &path, const std::string &content) {
  std::ofstream(path, std::ios::binary) << content;
}

bool exists(const std::string &path) {
  return fs::exists(path);
}

std::vector<std::string> files_under(const std::string &folder) {
  std::vector<std::string> files;
  for (const auto &entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::map<std::string, std::string> contents_under(const std::string &folder) {
  std::map<std::string, std::string> contents;
  for (const std::string &file : files_under(folder)) contents[file] = read_file(folder + "/" + file);
  return contents;
}

std::string newest_checkpoint(const std::string &run) {
  std::string newest;
  for (const auto &entry : fs::directory_iterator(run + "/checkpoints")) {
    std::string name = entry.path().filename().string();
    if (name.rfind("step-", 0) == 0 && name > newest) newest = name;
  }
  return newest;
}

std::vector<std::string> lines_of(const std::string &text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void make_customers(const std::string &folder, int rows) {
  std::string csv = folder + "/customers.csv";
  std::string generator = (fs::path(binary).parent_path() / "churn_data").string();
  ASSERT_EQ(system((generator + " " + std::to_string(rows) + " 1 > " + csv).c_str()), 0);
  Outcome outcome = ingot({"import", csv, "-o", folder + "/customers.h5"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
}

void make_config(const std::string &path, const std::vector<std::string> &changes) {
  std::vector<std::string> lines = lines_of(read_file(INGOT_SOURCE_DIR "/tests/tools/small.yaml"));
  for (const std::string &change : changes) {
    std::string key = change.substr(0, change.find(':') + 1);
    auto found =
        std::find_if(lines.begin(), lines.end(), [&](const std::string &l) { return l.rfind(key, 0) == 0; });
    if (found == lines.end())
      lines.push_back(change);
    else
      *found = change;
  }
  std::string text;
  for (const std::string &line : lines) text += line + "\n";
  write_file(path, text);
}

std::string digest_of(const std::string &run) {
  Outcome outcome = ingot({"verify", run, "--digest"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  return outcome.out;
}

std::string train(const std::string &config, const std::string &run,
                  const std::vector<std::string> &options) {
  std::vector<std::string> arguments = {"train", config, "--run", run};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Outcome outcome = ingot(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  return digest_of(run);
}
