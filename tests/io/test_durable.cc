// Durable files, SHA256SUMS and small JSON files: whole, or not there, or refused.
#include "tests/io/checkpoint_case.h"
#include "tests/io/faulty_calls.h"

#include <sys/stat.h>

extern "C" {
#include "io/shared/json.h"
}

namespace {

Status write_text(const std::string &path, const std::string &text,
                  const FileCalls *calls = &file_calls_system, uint8_t *digest = nullptr,
                  Error *error = nullptr) {
  Error ignored;
  FilePart parts[] = {{text.data(), text.size() / 2},
                      {text.data() + text.size() / 2, text.size() - text.size() / 2}};
  return durable_write(digest, calls, path.c_str(), parts, 2, error ? error : &ignored);
}

TEST(Durable, WritesPartsInOrderAndTellsTheirDigest) {
  Folder folder;
  uint8_t digest[DIGEST_BYTES], expected[DIGEST_BYTES];
  for (const std::string &text : {std::string(), std::string("a"), std::string(100001, 'z')}) {
    std::string path = folder / std::to_string(text.size());
    ASSERT_EQ(write_text(path, text, &file_calls_system, digest), STATUS_OK);
    EXPECT_EQ(slurp(path), text);
    sha256(expected, text.data(), text.size());
    EXPECT_EQ(memcmp(digest, expected, DIGEST_BYTES), 0);
    int64_t bytes;
    Error error;
    ASSERT_EQ(file_sha256(digest, &bytes, path.c_str(), -1, &error), STATUS_OK);
    EXPECT_EQ(memcmp(digest, expected, DIGEST_BYTES), 0);
    EXPECT_EQ(bytes, (int64_t)text.size());
  }
}

TEST(Durable, NeverWritesOverAFileOrThroughALink) {
  Folder folder;
  spit(folder / "there", "old");
  Error error;
  EXPECT_EQ(write_text(folder / "there", "new", &file_calls_system, nullptr, &error), STATUS_IO);
  EXPECT_NE(std::string(error.text).find("there"), std::string::npos);
  ASSERT_EQ(symlink((folder / "target").c_str(), (folder / "link").c_str()), 0);
  EXPECT_EQ(write_text(folder / "link", "new"), STATUS_IO);
  EXPECT_EQ(slurp(folder / "there"), "old");
  EXPECT_NE(access((folder / "target").c_str(), F_OK), 0);
}

TEST(Durable, EveryCallThatFailsIsReported) {
  int calls = 0;
  for (int at = 1; at == 1 || at <= calls; at++) {
    for (int number : {EIO, ENOSPC, EDQUOT}) {
      Folder folder;
      Error error{};
      plan_fault(Fault::FAIL, at, number);
      EXPECT_EQ(write_text(folder / "file", "some text", &faulty_calls, nullptr, &error), STATUS_IO) << at;
      EXPECT_NE(std::string(error.text).find(strerror(number)), std::string::npos) << error.text;
      plan_fault(Fault::FAIL, 0);
      ASSERT_EQ(write_text(folder / "other", "some text", &faulty_calls), STATUS_OK);
      calls = plan.calls;
    }
  }
  EXPECT_GE(calls, 6); // open, allocate, two writes, fsync, close
}

// What a run's folder cleans up after a killed process is known by this name, whoever wrote it.
TEST(Durable, FreshNamesStayInTheFolder) {
  for (auto [path, start] : {std::pair("runs/a/out.h5", "runs/a/.tmp.out.h5."),
                             std::pair("out.h5", ".tmp.out.h5."), std::pair("/out.h5", "/.tmp.out.h5.")}) {
    char *fresh = durable_fresh(path);
    EXPECT_EQ(fresh, start + std::to_string(getpid()));
    free(fresh);
  }
}

TEST(Durable, InterruptedWritesGoOn) {
  for (int at = 1; at <= 6; at++) {
    Folder folder;
    plan_fault(Fault::INTERRUPT, at);
    ASSERT_EQ(write_text(folder / "file", "some text", &faulty_calls), STATUS_OK);
    EXPECT_EQ(slurp(folder / "file"), "some text");
  }
}

TEST(Durable, ReplaceIsTheOldOrTheNewContent) {
  int calls = 20;
  for (int at = 1; at <= calls; at++) {
    Folder folder;
    Error error;
    spit(folder / "file", "old");
    plan_fault(Fault::HALF, at);
    Status status = durable_replace(&faulty_calls, folder.path(), "file", "fresh", 5, &error);
    std::string now = slurp(folder / "file");
    EXPECT_TRUE(now == "fresh" || (status != STATUS_OK && now == "old")) << at << " " << now;
    EXPECT_EQ(folder.names(), std::vector<std::string>{"file"}) << at;
    if (status == STATUS_OK) calls = 0;
  }
  EXPECT_EQ(calls, 0);
}

TEST(Durable, ReadsPlainFilesOnly) {
  Folder folder;
  char *bytes;
  size_t length;
  Error error;
  spit(folder / "file", "12345");
  ASSERT_EQ(file_read(&bytes, &length, (folder / "file").c_str(), 5, &error), STATUS_OK);
  EXPECT_EQ(std::string(bytes, length + 1), std::string("12345\0", 6));
  free(bytes);
  EXPECT_EQ(file_read(&bytes, &length, (folder / "file").c_str(), 4, &error), STATUS_DATA);
  EXPECT_EQ(file_read(&bytes, &length, (folder / "absent").c_str(), 4, &error), STATUS_MISSING);
  EXPECT_EQ(file_read(&bytes, &length, (folder / "file/below").c_str(), 4, &error), STATUS_MISSING);
  EXPECT_EQ(file_read(&bytes, &length, folder.path(), 4, &error), STATUS_DATA);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(file_read(&bytes, &length, (folder / "pipe").c_str(), 4, &error), STATUS_DATA);
}

TEST(Durable, DigestOfTheBeginningOfAFile) {
  Folder folder;
  spit(folder / "file", "12345");
  uint8_t digest[DIGEST_BYTES], expected[DIGEST_BYTES];
  int64_t bytes;
  Error error;
  ASSERT_EQ(file_sha256(digest, &bytes, (folder / "file").c_str(), 3, &error), STATUS_OK);
  sha256(expected, "123", 3);
  EXPECT_EQ(memcmp(digest, expected, DIGEST_BYTES), 0);
  EXPECT_EQ(bytes, 3);
  ASSERT_EQ(file_sha256(digest, &bytes, (folder / "file").c_str(), 9, &error), STATUS_OK);
  EXPECT_EQ(bytes, 5);
}

TEST(Durable, RemovingAFolderFollowsNoLink) {
  Folder folder;
  Error error;
  ASSERT_EQ(mkdir((folder / "a").c_str(), 0777), 0);
  ASSERT_EQ(mkdir((folder / "a/b").c_str(), 0777), 0);
  ASSERT_EQ(mkdir((folder / "keep").c_str(), 0777), 0);
  spit(folder / "a/b/file", "x");
  spit(folder / "keep/file", "x");
  ASSERT_EQ(symlink((folder / "keep").c_str(), (folder / "a/link").c_str()), 0);
  EXPECT_EQ(folder_remove((folder / "a").c_str(), &error), STATUS_OK);
  EXPECT_EQ(folder_remove((folder / "a").c_str(), &error), STATUS_OK); // what is not there is fine
  EXPECT_EQ(folder.names(), std::vector<std::string>{"keep"});
  EXPECT_EQ(slurp(folder / "keep/file"), "x");
}

TEST(Sums, ReadBackWhatSha256sumReads) {
  Folder folder;
  uint8_t digest[DIGEST_BYTES];
  spit(folder / "one", "1");
  spit(folder / "two", "2");
  Sums sums{};
  sha256(digest, "2", 1);
  sums_add(&sums, "two", digest);
  sha256(digest, "1", 1);
  sums_add(&sums, "one", digest);
  char *text = sums_text(&sums);
  spit(folder / "SHA256SUMS", text);
  EXPECT_EQ(std::string(text).find("6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  one\n"),
            0u);
  free(text);
  sums_free(&sums);
  Error error;
  ASSERT_EQ(sums_read(&sums, (folder / "SHA256SUMS").c_str(), &error), STATUS_OK) << error.text;
  EXPECT_EQ(sums.count, 2);
  EXPECT_NE(sums_find(&sums, "two"), nullptr);
  EXPECT_EQ(sums_find(&sums, "three"), nullptr);
  sums_free(&sums);
  std::string command = std::string("cd ") + folder.path() + " && sha256sum --strict --status -c SHA256SUMS";
  EXPECT_EQ(system(command.c_str()), 0);
}

TEST(Sums, AnythingElseIsRefused) {
  const std::string digest(64, 'a');
  const std::string refused[] = {
      digest + "  one",                               // no newline
      digest + " one\n",                              // one blank
      digest + " *one\n",                             // binary mode
      digest + "  \n",                                // no name
      digest + "  /one\n",                            // absolute
      digest + "  ../one\n",                          // out of the folder
      digest + "  a/../../one\n",                     //
      digest + "  one two\n",                         // a blank in the name
      digest + "  one\n\n",                           // an empty line
      digest + "  one\n" + digest + "  one\n",        // twice
      digest + "  two\n" + digest + "  one\n",        // not in order
      std::string(64, 'A') + "  one\n",               // capitals
      std::string(63, 'a') + "g  one\n",              // no hex
      std::string(63, 'a') + "  one\n",               // short
      digest + "  one\r\n",                           //
      digest + "  " + std::string(300, 'n') + "\n",   // long
      digest + "  on" + std::string(1, '\0') + "e\n", // NUL
  };
  Folder folder;
  Error error;
  Sums sums;
  for (const std::string &text : refused) {
    spit(folder / "SHA256SUMS", text);
    EXPECT_EQ(sums_read(&sums, (folder / "SHA256SUMS").c_str(), &error), STATUS_DATA) << text;
    EXPECT_NE(std::string(error.text).find("line "), std::string::npos) << error.text;
  }
  spit(folder / "SHA256SUMS", digest + "  one\n" + digest + "  sub/two\n");
  EXPECT_EQ(sums_read(&sums, (folder / "SHA256SUMS").c_str(), &error), STATUS_OK) << error.text;
  sums_free(&sums);
}

TEST(Json, MembersOfTheRightTypeOnly) {
  Folder folder;
  json_t *object;
  Error error;
  std::string path = folder / "file.json";
  spit(path, "{\"n\": 5, \"m\": -1, \"f\": 1.5, \"t\": true, \"z\": null, \"s\": \"x\", \"d\": \"" +
                 std::string(64, 'e') + "\"}");
  ASSERT_EQ(json_object_read(&object, path.c_str(), &error), STATUS_OK) << error.text;
  uint64_t n;
  uint8_t digest[DIGEST_BYTES];
  int flag;
  double number;
  char *text;
  EXPECT_TRUE(json_get_u64(&n, object, "n") && n == 5);
  for (const char *key : {"m", "f", "t", "s", "absent"}) EXPECT_FALSE(json_get_u64(&n, object, key)) << key;
  EXPECT_TRUE(json_get_flag(&flag, object, "t") && flag == 1);
  EXPECT_FALSE(json_get_flag(&flag, object, "n"));
  EXPECT_TRUE(json_get_number(&number, object, "f") && number == 1.5);
  EXPECT_TRUE(json_get_number(&number, object, "z") && std::isnan(number));
  EXPECT_FALSE(json_get_number(&number, object, "s"));
  EXPECT_FALSE(json_get_number(&number, object, "absent"));
  EXPECT_TRUE(json_get_digest(digest, object, "d") && digest[31] == 0xee);
  EXPECT_FALSE(json_get_digest(digest, object, "s"));
  EXPECT_FALSE(json_get_text(&text, object, "n"));
  json_decref(object);
}

TEST(Json, RefusedFiles) {
  Folder folder;
  json_t *object;
  Error error;
  std::string path = folder / "file.json";
  for (const char *text : {"", "[]", "1", "{", "{\"a\":1,\"a\":1}", "{} {}", "{\"a\":\"\xff\"}"}) {
    spit(path, text);
    EXPECT_EQ(json_object_read(&object, path.c_str(), &error), STATUS_DATA) << text;
    EXPECT_NE(std::string(error.text).find("file.json"), std::string::npos) << error.text;
  }
  EXPECT_EQ(json_object_read(&object, (folder / "absent").c_str(), &error), STATUS_MISSING);
}

TEST(Json, WrittenTextReadsBack) {
  Folder folder;
  const char *strings[] = {"plain", "\"quoted\" \\ \n\t\x01 \x7f", "caf\xc3\xa9"};
  Error error;
  for (const char *string : strings) {
    Text text = {};
    text_put(&text, "{\"key\": ");
    json_put_string(&text, string);
    text_put(&text, ", \"number\": ");
    json_put_number(&text, 0.1 + 0.2);
    text_put(&text, "}");
    spit(folder / "file", text.bytes);
    text_free(&text);
    json_t *object;
    ASSERT_EQ(json_object_read(&object, (folder / "file").c_str(), &error), STATUS_OK) << error.text;
    EXPECT_STREQ(json_string_value(json_object_get(object, "key")), string);
    EXPECT_EQ(json_number_value(json_object_get(object, "number")), 0.1 + 0.2);
    json_decref(object);
  }
}

} // namespace
