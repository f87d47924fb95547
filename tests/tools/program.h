// Runs the program as a user does, in a folder of its own, and the small data set the tests train on.
#ifndef INGOT_TESTS_TOOLS_PROGRAM_H
#define INGOT_TESTS_TOOLS_PROGRAM_H

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

struct Outcome {
  int status = -1; // exit code; 128 + signal where one ended it
  std::string out, err;
  long long peak = 0; // bytes of memory at the most
};

struct Call {
  std::vector<std::string> arguments;     // behind `ingot`
  std::vector<std::string> environment{}; // NAME=value, added
  std::string folder{};                   // working directory; "" = the test's
  int umask = -1;                         // -1: as it is
  long file_limit = -1;                   // RLIMIT_FSIZE in bytes; -1: none
  long memory_limit = -1;                 // RLIMIT_AS in bytes; -1: none
  bool with_gpu = false;                  // the program beside which a GPU library lies: a grid on this CPU
  std::string processor{};                // of qemu-x86_64 -cpu, which then runs the program
};

// A folder under the build tree that belongs to one test and starts empty.
std::string test_folder();

Outcome run_ingot(const Call &call);
Outcome ingot(const std::vector<std::string> &arguments); // the same, in the current folder

// Starts it and returns its process; finish() waits.
pid_t start_ingot(const Call &call, const std::string &output);
int finish(pid_t process, long long *peak = nullptr);

// Starts a training of `run`, waits until that has at least `checkpoints`, and sends the signal; the exit
// code, 0 where the training was faster. What it said is in <run>.err.
int interrupt_ingot(const Call &training, const std::string &run, int signal_number, size_t checkpoints);

std::string read_file(const std::string &path);
void write_file(const std::string &path, const std::string &content);
bool exists(const std::string &path);
std::vector<std::string> files_under(const std::string &folder); // relative paths, sorted
std::map<std::string, std::string> contents_under(const std::string &folder);
std::string newest_checkpoint(const std::string &run); // its name, step-...; "" where there is none
std::vector<std::string> lines_of(const std::string &text);

// Imports `rows` generated customers as <folder>/customers.h5.
void make_customers(const std::string &folder, int rows);

// A configuration on them: small.yaml in `folder`, data beside it. 3 epochs, batch 1024, grain 256; `change`
// replaces one line by its key ("seed" by "seed: 8") or is appended where no line has that key.
void make_config(const std::string &path, const std::vector<std::string> &changes = {});

// Trains `config` into `run`; fails the test where it does not end with 0. Returns the state digest.
std::string train(const std::string &config, const std::string &run,
                  const std::vector<std::string> &options = {});
std::string digest_of(const std::string &run);

#endif
