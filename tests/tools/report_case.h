// What tests of reports share: cells of CSV, JSON read from files and texts, and reports that are tampered
// with.
#ifndef INGOT_TESTS_TOOLS_REPORT_CASE_H
#define INGOT_TESTS_TOOLS_REPORT_CASE_H

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "program.h"

extern "C" {
#include "engine/shared/tensor.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"
}

inline std::vector<std::string> cells_of(const std::string &line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

// A JSON value with paths into it, as "business/policies/0/value".
struct Json {
  json_t *json = nullptr;
  explicit Json(json_t *taken) : json(taken) {}
  explicit Json(const std::string &path) {
    Error error = {};
    EXPECT_EQ(json_text_read(&json, path.c_str(), &error), STATUS_OK) << error.text;
  }
  ~Json() { json_decref(json); }
  Json(const Json &) = delete;
  const json_t *at(const std::string &path) const { return report_at(json, path.c_str()); }
  double number(const std::string &path) const { return report_number(json, path.c_str()); }
  std::string text(const std::string &path) const { return report_string(json, path.c_str()); }
  size_t size(const std::string &path) const { return report_size(json, path.c_str()); }
  // The item of a list whose `key` is `name`.
  const json_t *item(const std::string &list, const char *key, const std::string &name) const {
    for (size_t i = 0; i < size(list); i++)
      if (name == report_string(json_array_get(at(list), i), key)) return json_array_get(at(list), i);
    ADD_FAILURE() << "no " << name << " in " << list;
    return nullptr;
  }
  const json_t *policy(const std::string &name) const { return item("business/policies", "name", name); }
  const json_t *metric(const std::string &id) const { return item("metrics", "id", id); }
};

// What a program printed.
inline Json parsed(const std::string &text) {
  return Json(json_loads(text.c_str(), JSON_REJECT_DUPLICATES, nullptr));
}

// SHA-256 of bytes.
inline std::string hex_of(const std::string &bytes) {
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  sha256(digest, bytes.data(), bytes.size());
  sha256_hex(hex, digest);
  return hex;
}

// Replaces a file of a report and makes SHA256SUMS list what is there.
inline void forge(const std::string &folder, const std::string &file, const std::string &text) {
  std::string sums = read_file(folder + "/SHA256SUMS");
  write_file(folder + "/" + file, text);
  size_t at = sums.find("  " + file + "\n");
  ASSERT_NE(at, std::string::npos) << file;
  write_file(folder + "/SHA256SUMS", sums.replace(at - 64, 64, hex_of(text)));
}

// The same with `after` where `before` stood.
inline void tamper(const std::string &folder, const std::string &file, const std::string &before,
                   const std::string &after) {
  std::string text = read_file(folder + "/" + file);
  size_t at = text.find(before);
  ASSERT_NE(at, std::string::npos) << before;
  forge(folder, file, text.replace(at, before.size(), after));
}

#endif
