// Other processors than this one, as qemu-x86_64 emulates them: those without FMA are refused with a
// sentence, the others give the golden digest.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "program.h"

namespace {

class Processors : public testing::Test {
protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's program does not run under qemu-x86_64";
#endif
    if (std::system("qemu-x86_64 --version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "no qemu-x86_64 here (tools/setup.sh test installs it)";
    folder = test_folder();
    make_customers(folder, 5000);
    make_config(folder + "/small.yaml");
  }
  Outcome on(const char *processor, const std::vector<std::string> &arguments) {
    Call call{arguments};
    call.processor = processor;
    return run_ingot(call);
  }
  std::string folder;
};

// Nehalem has SSE4.2, Sandy Bridge AVX, core2duo neither. An instruction that they lack would end the
// program.
TEST_F(Processors, WithoutFmaAreRefusedBeforeAnythingIsWritten) {
  const std::string config = folder + "/small.yaml", run = folder + "/run", file = folder + "/customers.h5";
  const auto before = contents_under(folder);
  for (const char *processor : {"core2duo", "Nehalem", "SandyBridge"}) {
    EXPECT_EQ(on(processor, {"--version"}).status, 0) << processor;
    EXPECT_EQ(on(processor, {"train", "-h"}).status, 0) << processor;
    EXPECT_EQ(on(processor, {"train", "--threads"}).status, 2) << processor;
    Outcome doctor = on(processor, {"doctor"});
    EXPECT_EQ(doctor.status, 69) << processor;
    EXPECT_NE(doctor.err.find("it needs FMA (processors since 2013)"), std::string::npos) << doctor.err;
    EXPECT_NE(doctor.out.find("portable     no: "), std::string::npos) << doctor.out;
    for (const std::vector<std::string> &arguments :
         std::vector<std::vector<std::string>>{{"train", config, "--run", run, "--isa", "portable"},
                                               {"plan", config},
                                               {"check", config},
                                               {"evaluate", run},
                                               {"predict", run, file},
                                               {"import", file, "-o", folder + "/other.h5"}}) {
      Outcome refused = on(processor, arguments);
      EXPECT_EQ(refused.status, 69) << processor << " " << arguments[0];
      EXPECT_NE(refused.err.find("ingot: error: this processor has no fused multiply-add (FMA)"),
                std::string::npos)
          << refused.err;
    }
  }
  EXPECT_EQ(contents_under(folder), before);
}

TEST_F(Processors, WithAvx2AloneGiveTheGoldenDigestAndRefuseAvx512) {
  std::string golden;
  std::ifstream(INGOT_SOURCE_DIR "/tests/golden/program.sha256") >> golden;
  Outcome refused =
      on("Haswell", {"train", folder + "/small.yaml", "--run", folder + "/refused", "--isa", "avx512"});
  EXPECT_EQ(refused.status, 69);
  EXPECT_NE(refused.err.find("cannot run the instruction set 'avx512': it offers avx2; use --isa auto"),
            std::string::npos)
      << refused.err;
  EXPECT_FALSE(exists(folder + "/refused"));
  Outcome trained = on("Haswell", {"train", folder + "/small.yaml", "--run", folder + "/run"});
  EXPECT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(read_file(folder + "/run/environment.json").find("avx2"), std::string::npos);
  EXPECT_EQ(digest_of(folder + "/run"), "x1:" + golden + "\n");
}

} // namespace
