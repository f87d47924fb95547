// What tests of reports share: hostile texts, rendering into a string, well-formedness.
#ifndef INGOT_TESTS_IO_REPORT_CASE_H
#define INGOT_TESTS_IO_REPORT_CASE_H

#include "tests/io/config_case.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "io/report/html/report_html.h"
#include "io/report/html/script.h"
#include "io/report/json_text.h"
#include "io/report/report_junit.h"
#include "io/report/report_markdown.h"
#include "io/report/report_read.h"
#include "io/report/report_text.h"
}

inline const std::string hostile =
    "<script>alert(1)</script>\"'&amp; | `code` *b* [x](http://evil.example) \\ # end";

inline std::string text_of(void (*write)(Text *, const json_t *), const json_t *json) {
  Text text = {};
  write(&text, json);
  return take(text_take(&text));
}

// Every element closed in order, attributes quoted, nothing but known elements.
inline void expect_well_formed(const std::string &html) {
  std::vector<std::string> open;
  size_t at = html.find('<');
  while (at != std::string::npos) {
    size_t end = at + 1;
    char quote = 0;
    while (end < html.size() && (quote != 0 || html[end] != '>')) {
      ASSERT_TRUE(quote != 0 || html[end] != '<') << "< inside a tag: " << html.substr(at, 60);
      if (quote == 0 && html[end] == '"')
        quote = '"';
      else if (html[end] == quote)
        quote = 0;
      end++;
    }
    ASSERT_LT(end, html.size()) << html.substr(at, 60);
    std::string tag = html.substr(at + 1, end - at - 1);
    std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (name == "style" || name == "script") end = html.find("</" + name + ">", end) - 1;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (tag.back() != '/' && name != "!doctype" && name != "!DOCTYPE" && name != "meta" &&
               name != "input" && name != "br") {
      open.push_back(name);
    }
    at = html.find('<', end);
  }
  EXPECT_TRUE(open.empty());
}

inline size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) found++;
  return found;
}

// A page without the one script that it may hold, which its policy allows by digest.
inline std::string without_script(std::string html) {
  const std::string script = "<script>" + std::string(REPORT_SCRIPT) + "</script>";
  size_t at = html.find(script);
  return at == std::string::npos ? html : html.erase(at, script.size());
}

// Whatever the JSON holds, and whatever it lacks: no renderer crashes.
inline void drop_each(const json_t *report, json_t *at, int depth) {
  if (depth > 4) return;
  auto render = [&] {
    expect_well_formed(text_of(report_html, report));
    text_of(report_markdown, report);
    text_of(report_text, report);
    text_of(report_junit, report);
  };
  std::vector<std::string> keys;
  const char *key;
  json_t *value;
  json_object_foreach(at, key, value) keys.push_back(key);
  for (const std::string &name : keys) {
    json_t *kept = json_incref(json_object_get(at, name.c_str()));
    for (json_t *with : {json_null(), json_string("<b>"), json_integer(-7), json_array(), json_object()}) {
      json_object_set_new(at, name.c_str(), with);
      render();
    }
    json_object_set_new(at, name.c_str(), kept);
    if (json_is_object(kept)) drop_each(report, kept, depth + 1);
    if (json_is_array(kept) && json_array_size(kept) > 0)
      drop_each(report, json_array_get(kept, 0), depth + 1);
  }
}

// ---- whole reports ----

struct Decref {
  void operator()(json_t *json) const { json_decref(json); }
};
using Json = std::unique_ptr<json_t, Decref>;

inline Json fixture(const std::string &name) {
  json_error_t problem;
  std::string path = INGOT_SOURCE_DIR "/tests/io/fixtures/report_" + name + ".json";
  Json json(json_load_file(path.c_str(), JSON_REJECT_DUPLICATES, &problem));
  EXPECT_NE(json, nullptr) << path << ": " << problem.text;
  return json;
}

#endif
