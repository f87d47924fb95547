// The renderings of whole reports (fixtures): sections, ids, sizes, hostile texts, JUnit, and a real browser.
#include "tests/io/report_case.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

const char *const every_fixture[] = {"full",        "one",     "multiclass",  "regression",
                                     "leaderboard", "refused", "inconclusive"};

std::vector<std::string> ids_of(const std::string &html) {
  std::vector<std::string> ids;
  for (size_t at = html.find(" id=\""); at != std::string::npos; at = html.find(" id=\"", at + 1))
    ids.push_back(html.substr(at + 5, html.find('"', at + 5) - at - 5));
  return ids;
}

void expect_unique_ids(const std::string &html) {
  std::vector<std::string> ids = ids_of(html);
  std::sort(ids.begin(), ids.end());
  auto twice = std::adjacent_find(ids.begin(), ids.end());
  EXPECT_EQ(twice, ids.end()) << *twice;
}

// Calls with every object member and array item below `json`; what it returns (NULL: nothing) replaces it.
void replace_each(json_t *json, const std::function<json_t *(const json_t *)> &with) {
  const char *key;
  json_t *value;
  void *next;
  json_object_foreach_safe(json, next, key, value) {
    json_t *other = with(value);
    if (other != nullptr)
      json_object_set_new(json, key, other);
    else
      replace_each(value, with);
  }
  for (size_t i = 0; i < json_array_size(json); i++) {
    value = json_array_get(json, i);
    json_t *other = with(value);
    if (other != nullptr)
      json_array_set_new(json, i, other);
    else
      replace_each(value, with);
  }
}

void shorten(json_t *json) {
  const char *key;
  json_t *value;
  while (json_array_size(json) > 2) json_array_remove(json, 2);
  for (size_t i = 0; i < json_array_size(json); i++) shorten(json_array_get(json, i));
  json_object_foreach(json, key, value) shorten(value);
}

// ---- the page ----

TEST(ReportPage, EveryFixtureIsWellFormedSmallAndTheSameAgain) {
  for (const char *name : every_fixture) {
    Json json = fixture(name);
    std::string html = text_of(report_html, json.get());
    expect_well_formed(html);
    expect_unique_ids(html);
    EXPECT_LT(html.size(), 300000u) << name;
    EXPECT_LT(text_of(report_markdown, json.get()).size(), 64000u) << name;
    std::string written = text_of(json_text, json.get());
    Json again(json_loads(written.c_str(), JSON_REJECT_DUPLICATES, nullptr));
    for (auto render : {report_html, report_markdown, report_text, report_junit})
      EXPECT_EQ(text_of(render, again.get()), text_of(render, json.get())) << name;
  }
}

// In the order of the page, with the members that it needs.
const std::vector<std::pair<const char *, std::vector<const char *>>> sections = {
    {"decision", {"gates", "checks"}},
    {"leaderboard", {"leaderboard"}},
    {"money", {"business"}},
    {"agreement", {"agreement", "swap"}},
    {"slices", {"slices", "fairness"}},
    {"quality", {"metrics"}},
    {"calibration", {"calibration"}},
    {"stability", {"stability"}},
    {"data", {"data", "drift"}},
    {"ledger", {"evaluation_set"}},
    {"operations", {"operations"}},
    {"lineage", {"lineage", "card"}},
    {"methods", {"methods", "metrics"}},
};

TEST(ReportPage, SectionsStandInOrderAndOnlyWhereTheyHaveContent) {
  Json full = fixture("full");
  json_object_set_new(full.get(), "leaderboard",
                      json_incref(json_object_get(fixture("leaderboard").get(), "leaderboard")));
  std::string html = text_of(report_html, full.get());
  size_t last = html.find("id=\"/verdict\"");
  for (const auto &[id, members] : sections) {
    std::string mark = " id=\"" + std::string(id) + "\"";
    size_t at = html.find(mark);
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GT(at, last) << id;
    last = at;
    Json less(json_deep_copy(full.get()));
    for (const char *member : members) json_object_del(less.get(), member);
    std::string without = text_of(report_html, less.get());
    EXPECT_EQ(without.find(mark), std::string::npos) << id;
    expect_well_formed(without);
  }
}

TEST(ReportPage, TheFirstFourAreOpenAndTheRestFolded) {
  std::string html = text_of(report_html, fixture("full").get());
  for (const char *id : {"decision", "money", "agreement"})
    EXPECT_NE(html.find("\" id=\"" + std::string(id) + "\" aria-labelledby"), std::string::npos) << id;
  for (const char *id : {"slices", "quality", "calibration", "stability", "data", "ledger", "operations",
                         "lineage", "methods"}) {
    size_t at = html.find("\" id=\"" + std::string(id) + "\"><summary>");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_NE(html.rfind("<details class=\"section ", at), std::string::npos) << id;
  }
}

// Every id that looks like a JSON pointer is one, and the numbers that people discuss have theirs.
TEST(ReportPage, IdsArePointersIntoTheReport) {
  for (const char *name : every_fixture) {
    Json json = fixture(name);
    for (const std::string &id : ids_of(text_of(report_html, json.get()))) {
      EXPECT_TRUE(id[0] != '/' || report_at(json.get(), id.c_str() + 1) != nullptr) << name << " " << id;
    }
  }
  std::vector<std::string> list = ids_of(text_of(report_html, fixture("full").get()));
  std::set<std::string> ids(list.begin(), list.end());
  EXPECT_GT(ids.size(), 400u);
  for (const char *id : {"/metrics/0/delta",
                         "/metrics/3/delta",
                         "/metrics/3/delta/ci",
                         "/gates/0/delta",
                         "/business/policies/3/value",
                         "/business/policies/4/share",
                         "/business/policies/4/population/ci",
                         "/business/policies/4/population/ci",
                         "/business/value_of_threshold",
                         "/risk/probability_of_loss",
                         "/agreement/pairs/0/p_disagree",
                         "/swap/in_gain",
                         "/slices/items/0/metrics/0/delta",
                         "/fairness/groups/0/tpr",
                         "/gains/challenger/3/lift",
                         "/calibration/challenger/slope",
                         "/calibration/champion/noise_floor/mean",
                         "/stability/flips/rate",
                         "/data/parts/0/rows",
                         "/drift/items/0/psi",
                         "/ledger/alpha_this_decision",
                         "/operations/parameters",
                         "/card/limits",
                         "/subject/champion/model_digest",
                         "/lineage/command",
                         "/methods/0/formula",
                         "/verdict/opportunity_loss/ship",
                         "/verdict/flips_if/0"})
    EXPECT_EQ(ids.count(id), 1u) << id;
}

TEST(ReportPage, EveryPlotHasTitleAxesAndItsNumbers) {
  std::string html = text_of(report_html, fixture("full").get());
  const char *const plots[] = {"policies",
                               "profit",
                               "capacity",
                               "sensitivity",
                               "bands-auc",
                               "bands-value",
                               "slices",
                               "slices-2",
                               "roc",
                               "pr",
                               "learning",
                               "importance",
                               "importance-value",
                               "dependence-0",
                               "dependence-5",
                               "calibration-champion",
                               "calibration",
                               "seeds",
                               "blocks",
                               "drift"};
  for (const char *plot : plots) {
    size_t at = html.find("<figure id=\"plot-" + std::string(plot) + "\">");
    ASSERT_NE(at, std::string::npos) << plot;
    std::string figure = html.substr(at, html.find("</figure>", at) - at);
    for (const char *part :
         {"<figcaption><strong>", "<title", "<desc", "class=\"name", "<caption>", "<tbody>\n<tr>"})
      EXPECT_NE(figure.find(part), std::string::npos) << plot << ": " << part;
    EXPECT_EQ(figure.find("nan"), std::string::npos) << plot;
  }
  EXPECT_EQ(count(html, "<figure"), count(html, "<desc"));
}

// The gain of the fixture, at the scale of the reader, beside what would change it and the two prices.
TEST(ReportPage, TheVerdictSaysWhatAPersonNeeds) {
  std::string html = text_of(report_html, fixture("inconclusive").get());
  std::string verdict =
      html.substr(html.find("id=\"/verdict\""), html.find("</section>") - html.find("id=\"/verdict\""));
  for (const char *part : {"Inconclusive", "Gain per 1,000 rows", "Gain per year, 240,000 rows",
                           "about 9,100", "about 3 more weeks of labels", "What would change it",
                           "If you ship", "141.00 USD", "If you hold", "555.00 USD", "A. Meier", "16 %"})
    EXPECT_NE(verdict.find(part), std::string::npos) << part;
  Json full = fixture("full");
  double delta = report_number(full.get(), "metrics/0/delta/value") / 1e6,
         rows = report_number(full.get(), "evaluation_set/rows");
  Text expected = {};
  format_fixed(&expected, delta * 240000 / rows, 0, true);
  EXPECT_NE(text_of(report_html, full.get()).find(take(text_take(&expected)) + " USD"), std::string::npos);
}

// The page is whole without its script: the slider alone needs it, and is hidden until it runs.
TEST(ReportPage, TheSliderIsThereForTheScriptAlone) {
  Json json = fixture("full");
  std::string html = text_of(report_html, json.get());
  EXPECT_LT(strlen(REPORT_SCRIPT), 5000u);
  EXPECT_EQ(count(html, "<script>"), 1u);
  EXPECT_EQ(count(html, "script-src 'sha256-"), 1u);
  size_t at = html.find("<div class=\"slider\" id=\"threshold\" hidden ");
  ASSERT_NE(at, std::string::npos);
  std::string slider = html.substr(at, html.find("</div>", at) - at);
  std::string places =
      slider.substr(slider.find("data-places="), slider.find("><label") - slider.find("data-places="));
  EXPECT_EQ(count(places, ";"), report_size(json.get(), "curves/threshold/acted") - 1);
  for (const char *part : {"data-places=\"2,0,", "data-cut=\"at least\"", "<label for=\"threshold-range\">"})
    EXPECT_NE(slider.find(part), std::string::npos) << part;
  json_object_del(const_cast<json_t *>(report_at(json.get(), "curves")), "threshold");
  html = text_of(report_html, json.get());
  for (const char *part : {"<script", "script-src", "\"threshold\"", "threshold-mark"})
    EXPECT_EQ(count(html, part), 0u) << part;
}

TEST(ReportPage, SizeHoldsWhateverTheReportHolds) {
  Json json = fixture("full");
  for (const char *list :
       {"slices/items", "drift/items", "importance/items", "fairness/groups", "data/missing", "dependence"}) {
    json_t *items = const_cast<json_t *>(report_at(json.get(), list));
    for (size_t i = 0; json_array_size(items) < 400; i++) json_array_append(items, json_array_get(items, i));
  }
  for (const char *curve : {"roc/champion", "roc/challenger", "pr/champion", "pr/challenger", "profit",
                            "threshold", "capacity"}) {
    const char *key;
    json_t *values;
    json_object_foreach(const_cast<json_t *>(report_at(json.get(), (std::string("curves/") + curve).c_str())),
                        key, values) for (size_t i = 0;
                                          json_is_array(values) && json_array_size(values) < 256; i++)
        json_array_append(values, json_array_get(values, i));
  }
  std::string html = text_of(report_html, json.get());
  expect_well_formed(html);
  expect_unique_ids(html);
  EXPECT_LT(html.size(), 300000u);
  EXPECT_GT(count(html, "further slices are in report.json"), 0u);
}

// ---- whatever it holds ----

TEST(ReportPage, HostileTextsAreInertEverywhere) {
  for (const std::string &name :
       {hostile, std::string("]]><!-- --></style></details></script>\x01\x1f\x7f\r\n"),
        std::string("\xef\xbf\xbf\xef\xbf\xbe")}) {
    Json json = fixture("full"), board = fixture("leaderboard");
    json_object_set(json.get(), "leaderboard", json_object_get(board.get(), "leaderboard"));
    std::string before = text_of(report_html, json.get());
    replace_each(json.get(), [&](const json_t *value) {
      return json_is_string(value) ? json_string(name.c_str()) : nullptr;
    });
    std::string html = text_of(report_html, json.get());
    expect_well_formed(html);
    expect_unique_ids(html);
    EXPECT_EQ(count(html, "<details class=\"section"), count(before, "<details class=\"section"));
    for (const char *part : {"<script", "<!--", "src=", "href=\"http", " onload"})
      EXPECT_EQ(count(without_script(html), part), 0u) << part;
    for (auto render : {report_html, report_text, report_markdown})
      for (char c : text_of(render, json.get())) ASSERT_TRUE((unsigned char)c >= ' ' || c == '\n') << (int)c;
    std::string markdown = text_of(report_markdown, json.get());
    EXPECT_EQ(count(markdown, "<"), 0u);
    EXPECT_EQ(count(markdown, "\n## "), 0u); // the first line alone
    EXPECT_LT(markdown.size(), 64000u);
  }
}

TEST(ReportPage, AnyNumberIsDrawnOrLeftOut) {
  for (double number : {0.0, -0.0, 1e300, -1e300, 1e-300, 0.5, -3.25e8}) {
    for (const char *name : every_fixture) {
      Json json = fixture(name);
      replace_each(json.get(),
                   [&](const json_t *value) { return json_is_number(value) ? json_real(number) : nullptr; });
      std::string html = text_of(report_html, json.get());
      expect_well_formed(html);
      EXPECT_EQ(count(html, "nan"), 0u) << number;
      text_of(report_markdown, json.get());
      text_of(report_text, json.get());
      text_of(report_junit, json.get());
    }
  }
}

TEST(ReportPage, ToleratesAnyMember) {
  Json json = fixture("full");
  shorten(json.get()); // what one item of a list does, the others do
  std::string before = text_of(json_text, json.get());
  drop_each(json.get(), json.get(), 0);
  EXPECT_EQ(text_of(json_text, json.get()), before);
}

// ---- Markdown and the terminal ----

TEST(ReportPage, MarkdownIsCutWithASentence) {
  Json json = fixture("full");
  EXPECT_EQ(text_of(report_markdown, json.get()).find("cut to fit"), std::string::npos);
  json_t *metrics = json_object_get(json.get(), "metrics");
  for (size_t i = 0; json_array_size(metrics) < 3000; i++)
    json_array_append(metrics, json_array_get(metrics, i));
  std::string markdown = text_of(report_markdown, json.get());
  EXPECT_LT(markdown.size(), 64000u);
  EXPECT_EQ(count(markdown, "This text was cut to fit a comment"), 1u);
  EXPECT_NE(markdown.find("### Money"), std::string::npos);
  EXPECT_NE(markdown.find("report.html#pm"), std::string::npos);
  EXPECT_EQ(markdown.find("### Metrics"), std::string::npos);
}

TEST(ReportPage, TheTerminalSaysWhatIsNew) {
  Json json = fixture("leaderboard");
  std::string text = text_of(report_text, json.get());
  EXPECT_NE(text.find("A  churn "), std::string::npos) << text;
  EXPECT_NE(text.find("The champion wins if an offer costs more than 142.50 USD"), std::string::npos) << text;
  Json full = fixture("full");
  EXPECT_EQ(text_of(report_text, full.get()).find("harm is shown"), std::string::npos);
  json_object_set_new(const_cast<json_t *>(report_at(full.get(), "slices/items/1/harm")), "shown",
                      json_true());
  EXPECT_NE(text_of(report_text, full.get())
                .find("harm is shown where Contract is One year (Value of the policy, 216 rows)"),
            std::string::npos);
}

// ---- programs ----

std::string output_of(const std::string &command, int *status) {
  std::string said;
  std::array<char, 4096> buffer;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "no shell";
  for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) said.append(buffer.data(), n);
  *status = WEXITSTATUS(pclose(pipe));
  return said;
}

class Folder {
public:
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string put(const std::string &name, const std::string &content) const {
    std::ofstream(path / name, std::ios::binary) << content;
    return " '" + (path / name).string() + "'";
  }
  const fs::path path = fs::path(testing::TempDir()) / ("page-" + std::to_string(getpid()));
};

// "class name: state message" a line, as Python's parser reads the file; and that the counts are right.
const char *const read_junit = R"(
import sys, xml.etree.ElementTree as tree
for path in sys.argv[1:]:
    suite = tree.parse(path).getroot().find("testsuite")
    cases = suite.findall("testcase")
    for kind in ("failure", "skipped"):
        found = sum(case.find(kind) is not None for case in cases)
        assert int(suite.get(kind + "s" if kind == "failure" else kind)) == found, kind
    assert int(suite.get("tests")) == len(cases)
    for case in cases:
        state = next((kind for kind in ("failure", "skipped") if case.find(kind) is not None), "passed")
        message = "" if state == "passed" else " " + case.find(state).get("message")
        print(case.get("classname"), case.get("name"), state + message)
)";

TEST(ReportJunit, OneCaseARuleAndTheVerdict) {
  Folder folder;
  std::string reader = folder.put("read.py", read_junit);
  auto read = [&](const json_t *json) {
    int status = -1;
    std::string said =
        output_of("python3" + reader + folder.put("junit.xml", text_of(report_junit, json)), &status);
    EXPECT_EQ(status, 0) << said;
    return said;
  };
  EXPECT_EQ(read(fixture("full").get()),
            "eval.verdict verdict passed\neval.primary primary.value passed\n"
            "eval.guardrail guardrail.auc passed\neval.guardrail guardrail.log_loss passed\n"
            "eval.guardrail guardrail.accuracy passed\neval.slice slice.value.Contract passed\n"
            "eval.validity validity.rows passed\neval.validity validity.threshold passed\n"
            "eval.validity validity.overlap passed\n");
  std::string said = read(fixture("inconclusive").get());
  EXPECT_EQ(said.rfind("eval.verdict verdict failure INCONCLUSIVE: Against the champion", 0), 0u) << said;
  EXPECT_NE(
      said.find("eval.primary primary.value skipped inconclusive: primary.value: low = -2242.42 <= 0\n"),
      std::string::npos);
  said = read(fixture("regression").get());
  EXPECT_NE(said.find("eval.verdict verdict failure HOLD: "), std::string::npos) << said;
  EXPECT_NE(said.find("eval.guardrail guardrail.bias failure guardrail.bias: fails\n"), std::string::npos)
      << said;
  EXPECT_EQ(read(fixture("one").get()).rfind("eval.verdict verdict passed\n", 0), 0u); // FIRST
  EXPECT_NE(read(fixture("refused").get()).find("failure NOT_COMPARABLE: "), std::string::npos);
  Json asked = fixture("full");
  json_object_set_new(const_cast<json_t *>(report_at(asked.get(), "checks/1")), "result",
                      json_string("not_applicable"));
  EXPECT_NE(read(asked.get()).find("eval.validity validity.threshold skipped not asked\n"),
            std::string::npos);
}

TEST(ReportJunit, HoldsDifferenceAndInterval) {
  std::string xml = text_of(report_junit, fixture("full").get());
  size_t at = xml.find("name=\"guardrail.auc\"");
  std::string own = xml.substr(at, xml.find("</testcase>", at) - at);
  for (const char *part : {"<system-out>rule: not_worse 0.01\n", "champion: 0.78", "challenger: 0.82",
                           "difference: 0.0411", " ["})
    EXPECT_NE(own.find(part), std::string::npos) << part << " in " << own;
}

TEST(ReportJunit, IsWellFormedWhateverTheNames) {
  Folder folder;
  std::string files, reader = folder.put("read.py", read_junit);
  int n = 0, status = -1;
  for (const std::string &name :
       {hostile, std::string("]]>\x01\x02\x1b\x7f\t\r\n"),
        std::string("\xef\xbf\xbf \xef\xbf\xbe \xf4\x8f\xbf\xbf"), std::string(5000, '<')}) {
    for (const char *from : {"full", "inconclusive"}) {
      Json json = fixture(from);
      replace_each(json.get(), [&](const json_t *value) {
        return json_is_string(value) ? json_string(name.c_str()) : nullptr;
      });
      files += folder.put("junit-" + std::to_string(n++) + ".xml", text_of(report_junit, json.get()));
    }
  }
  std::string said = output_of("python3" + reader + files, &status);
  EXPECT_EQ(status, 0) << said;
}

// Debian's Chromium: no console message, no sideways scroll at 390 px, accessible in every view, light and
// dark.
TEST(ReportBrowser, PagesHoldInChromium) {
  Folder folder;
  std::string files;
  int status = -1;
  for (const char *name : every_fixture)
    files += folder.put(std::string(name) + ".html", text_of(report_html, fixture(name).get()));
  Json json = fixture("full");
  replace_each(json.get(), [&](const json_t *value) {
    return json_is_string(value) && json_string_length(value) > 0 ? json_string(hostile.c_str()) : nullptr;
  });
  files += folder.put("hostile.html", text_of(report_html, json.get()));
  Json alone = fixture("full"); // whatever a report of one model may hold
  json_object_del(const_cast<json_t *>(report_at(alone.get(), "subject")), "champion");
  files += folder.put("alone.html", text_of(report_html, alone.get()));
  Json longest = fixture("full");
  replace_each(longest.get(), [&](const json_t *value) {
    return json_is_string(value) && json_string_length(value) > 0 ? json_string(std::string(200, 'W').c_str())
                                                                  : nullptr;
  });
  files += folder.put("long.html", text_of(report_html, longest.get()));
  std::string said = output_of("python3 " INGOT_SOURCE_DIR "/tests/io/check_page.py" + files, &status);
  if (status == 77) GTEST_SKIP() << said;
  EXPECT_EQ(status, 0) << said;
}

TEST(ReportBrowser, EachRuleFindsWhatBreaksIt) {
  int status = -1;
  std::string said = output_of("python3 " INGOT_SOURCE_DIR "/tests/io/check_page.py --self-test", &status);
  if (status == 77) GTEST_SKIP() << said;
  EXPECT_EQ(status, 0) << said;
}

} // namespace
