// What a person reads: reasons as sentences, columns, names and cuts, in whole reports (fixtures).
#include "tests/io/report_case.h"

#include <cstdio>
#include <cstring>

extern "C" {
#include "io/report/json/panels_json.h"
#include "io/report/json/parts.h"
#include "io/report/reasons.h"
}

namespace {

// Every text about a rule names its metric, unit and numbers; the rule's own words stay in the JSON.
TEST(ReportWords, ReasonsAreSentences) {
  Json json = fixture("inconclusive");
  ASSERT_STREQ(report_string(json.get(), "verdict/reason/0"), "primary.value: low = -2242.42 <= 0");
  for (auto render : {report_html, report_markdown, report_text, report_junit}) {
    std::string text = text_of(render, json.get());
    EXPECT_NE(text.find("Value of the policy: the gain could be as low as −2,242 USD, and must be above 0"),
              std::string::npos)
        << text;
    EXPECT_EQ(render != report_junit && text.find("low = ") != std::string::npos, false) << text;
  }
}

std::string reason_of(const std::string &gate, const std::string &reason = "raw: x") {
  std::string report = R"({"metrics": [{"id": "auc", "label": "AUC"}, {"id": "value", "label": "Value"}],)"
                       R"("checks": [{"id": "validity.rows", "text": "12 rows differ"}],)"
                       R"("verdict": {"reason": [")" +
                       reason + R"("]}, "gates": [{"text": "raw: x", "id": "raw", )" + gate + "}]}";
  Json json(json_loads(report.c_str(), JSON_REJECT_DUPLICATES, nullptr));
  Text text = {};
  report_reason(&text, json.get(), 0);
  return take(text_take(&text));
}

TEST(ReportWords, EveryRuleHasItsSentence) {
  const std::string auc = R"("metric": "auc", )",
                    money = R"("metric": "value", "scale": 1000000, "unit": "EUR", )";
  auto gate = [](const char *rule, const char *result, const char *margin, const char *judged) {
    return std::string(R"("rule": ")") + rule + R"(", "result": ")" + result + R"(", "margin": )" + margin +
           R"(, "judged": {"value": 0, "ci": )" + judged + "}";
  };
  EXPECT_EQ(reason_of(money + gate("superior", "fail", "5000000", "[-6912000000, -2672070000]")),
            "Value: the gain is at most −2,672 EUR, and must be above 5.00 EUR");
  EXPECT_EQ(reason_of(money + gate("superior", "unknown", "500", "[-6912000000, 1000]")),
            "Value: the gain could be as low as −6,912 EUR, and must be above 0.00050 EUR");
  EXPECT_EQ(reason_of(auc + gate("not_worse", "unknown", "0.01", "[-0.02, 0.03]")),
            "AUC: the gain could be as low as −0.0200, and must be above −0.0100");
  EXPECT_EQ(reason_of(auc + gate("not_worse", "unknown", "0.01", "[-0.010000001, 0.03]")),
            "AUC: the gain could be as low as −0.010000001, and must be above −0.010000000");
  EXPECT_EQ(reason_of(auc + gate("at_least", "unknown", "0.75", "[0.74, 0.8]")),
            "AUC could be as low as 0.7400, and must be at least 0.7500");
  EXPECT_EQ(reason_of(auc + gate("at_least", "fail", "0.75", "[0.6, 0.7]")),
            "AUC is at most 0.7000, and must be at least 0.7500");
  EXPECT_EQ(reason_of(auc + gate("at_most", "unknown", "0.75", "[0.6, 0.8]")),
            "AUC could be as high as 0.8000, and must be at most 0.7500");
  EXPECT_EQ(reason_of(auc + gate("at_most", "fail", "0.75", "[0.76, 0.8]")),
            "AUC is at least 0.7600, and must be at most 0.7500");
  EXPECT_EQ(reason_of(auc + gate("suspicious", "fail", "0.2", "[0.3, 0.4]")),
            "AUC: the gain is at least 0.3000, and more than 0.2000 is too good to be true; look for leakage "
            "of the target");
  EXPECT_EQ(reason_of(auc + gate("not_worse", "unknown", "null", "[-0.02, 0.03]")),
            "AUC: a share of the champion's own value decides nothing where that value may be 0");
  EXPECT_EQ(reason_of(auc + R"("rule": "at_least", "margin": 0.5, "challenger": {"value": 0.6})"),
            "AUC: 0.6000 has no interval, so it cannot be decided");
  const std::string slice = R"("slice": "job", "slice_value": "retired", "delta": {"value": -6912000000, )"
                            R"("ci": [-9000000000, -5000000000]}, "margin": 0, "rule": )";
  EXPECT_EQ(reason_of(money + slice + R"("detect_harm", "result": "fail")"),
            "Value where job is retired: harm is shown, the gain is −6,912 EUR");
  EXPECT_EQ(reason_of(money + slice + R"("prove_safe", "result": "fail")"),
            "Value where job is retired: the gain is at most −5,000 EUR, and must be above 0");
  EXPECT_EQ(reason_of(money + slice + R"("prove_safe", "result": "unknown", "too_few": true)"),
            "Value where job is retired: not enough data to prove it safe");
  EXPECT_EQ(reason_of(R"("metric": "value", "slice": "job", "rule": "detect_harm", "margin": 0)"),
            "Value by job: x");
  EXPECT_EQ(reason_of("\"rule\": 1", "validity.rows: 12 rows differ"), "12 rows differ");
  EXPECT_EQ(reason_of("\"rule\": 1", "every rule passed"), "every rule passed");
}

TEST(ReportWords, TheChanceOfALossIsNeverCertain) {
  Json json = fixture("full");
  for (auto [loss, words] : {std::pair{1.0, "above 99 %"}, {0.0, "below 0.1 %"}, {0.16, "16 %"}}) {
    json_object_set_new(json_object_get(json.get(), "risk"), "probability_of_loss", json_real(loss));
    std::string html = text_of(report_html, json.get());
    std::string figure = "Chance that the challenger earns less than the champion</dt><dd "
                         "id=\"/risk/probability_of_loss\">";
    EXPECT_NE(html.find(figure + words), std::string::npos) << loss;
  }
}

// However large the amounts, two blanks part the cells and the numbers end in one column.
TEST(ReportWords, TerminalColumnsHoldLargeAmounts) {
  Json json = fixture("full");
  for (const char *side : {"champion", "challenger", "delta"}) {
    json_t *estimate = const_cast<json_t *>(report_at(json.get(), (std::string("gates/0/") + side).c_str()));
    json_object_set_new(estimate, "value", json_integer(-27608610000000));
    json_object_set_new(estimate, "ci",
                        json_pack("[I,I]", (json_int_t)-42647040000000, (json_int_t)-12000000));
  }
  json_t *policy = const_cast<json_t *>(report_at(json.get(), "business/policies/1"));
  json_object_set_new(policy, "value", json_integer(-427608610123456789));
  json_object_set_new(policy, "acted", json_integer(1234567890123));
  std::string text = text_of(report_text, json.get());
  std::string cell = "−27,608,610 [−42,647,040, −12]";
  EXPECT_NE(text.find("  " + cell + "  " + cell + "  " + cell + "  pass\n"), std::string::npos) << text;
  EXPECT_NE(text.find("act on everybody  acts on  1,234,567,890,123  −427,608,610,123\n"), std::string::npos)
      << text;
}

// The largest amount of a table decides the decimals of all of them.
TEST(ReportWords, AmountsOfATableHaveTheSameDecimals) {
  Json json = fixture("full");
  auto values = [&](int64_t everybody, int64_t others) {
    json_t *policies = const_cast<json_t *>(report_at(json.get(), "business/policies"));
    for (size_t i = 0; i < json_array_size(policies); i++)
      json_object_set_new(json_array_get(policies, i), "value", json_integer(i == 1 ? everybody : others));
  };
  values(1234567890, 5250000);
  EXPECT_EQ(count(text_of(report_text, json.get()), "5.25"), 0u);
  EXPECT_NE(text_of(report_markdown, json.get()).find(" | 1,235 |"), std::string::npos);
  EXPECT_NE(text_of(report_markdown, json.get()).find(" | 5 |"), std::string::npos);
  values(234567890, 5000000);
  EXPECT_NE(text_of(report_text, json.get()).find("  234.57\n"), std::string::npos);
  EXPECT_NE(text_of(report_text, json.get()).find("    5.00\n"), std::string::npos);
  EXPECT_NE(text_of(report_markdown, json.get()).find(" | 5.00 |"), std::string::npos);
}

// What an undecided rule needs stands beside its result, and that of a slice too.
TEST(ReportWords, RowsNeededStandBesideTheResult) {
  Json json = fixture("inconclusive");
  json_t *gate = const_cast<json_t *>(report_at(json.get(), "gates/0"));
  json_object_set_new(gate, "rows_needed", json_integer(9100));
  json_object_set_new(gate, "rows_text", json_string("about 3 more weeks of labels"));
  const std::string needs = "needs about 9,100 rows: about 3 more weeks of labels";
  EXPECT_NE(text_of(report_text, json.get()).find("unknown, " + needs + "\n"), std::string::npos);
  EXPECT_NE(text_of(report_markdown, json.get()).find("| unknown, " + needs + " |"), std::string::npos);
  std::string html = text_of(report_html, json.get());
  EXPECT_NE(html.find(">cannot tell</span><small id=\"/gates/0/rows_needed\">" + needs + "</small>"),
            std::string::npos);
  EXPECT_NE(html.find(">cannot tell</span><small id=\"/slices/items/1/rows_needed\">needs about 12,960 "
                      "rows</small>"),
            std::string::npos);
}

// From the span of the rows' own dates, else from the population a period; rows alone where neither is known.
TEST(ReportWords, RowsNeededInTime) {
  Config config = {};
  EvaluationReport challenger = {};
  challenger.rows = 1000;
  Panels panels = {};
  ReportContext context = {};
  context.config = &config;
  context.panels = &panels;
  ReportParts parts = {&context, &challenger, nullptr, nullptr, nullptr};
  auto words = [&](int64_t needed) {
    Json json(json_object());
    put_rows_needed(json.get(), &parts, needed, challenger.rows);
    EXPECT_EQ(report_number(json.get(), "rows_needed"), (double)needed);
    return std::string(report_string(json.get(), "rows_text"));
  };
  EXPECT_EQ(words(9000), "");
  config.business.present = true;
  config.business.population_rows = 365242.5; // 1,000 a day
  for (const char *per : {"", "campaign", "year"}) {
    config.business.population_per = (char *)per;
    EXPECT_EQ(words(2000), strcmp(per, "year") == 0 ? "about 1 more day of labels" : "") << per;
  }
  EXPECT_EQ(words(14900), "about 14 more days of labels"); // 13.9, up
  panels.stability.from = (char *)"2024-02-28T23:00", panels.stability.to = (char *)"2024-03-05";
  EXPECT_EQ(words(2990), "about 14 more days of labels"); // 1,000 in 7 days, the 29th among them
  EXPECT_EQ(words(4000), "about 3 more weeks of labels");
  EXPECT_EQ(words(20000), "about 5 more months of labels");
  EXPECT_EQ(words(200000), "about 4 more years of labels");
  EXPECT_EQ(words(900000000), "more than 100 years of labels");
  panels.stability.from = (char *)"2023-12-31", panels.stability.to = (char *)"2023-12-31";
  EXPECT_EQ(words(1001), "about 1 more day of labels");
  panels.stability.from = (char *)"17",
  panels.stability.to = (char *)"2024-03-05"; // no dates: the population
  EXPECT_EQ(words(2000), "about 1 more day of labels");
  config.business.population_rows = 0;
  EXPECT_EQ(words(2000), "");
}

TEST(ReportWords, PoliciesHaveTheirNamesEverywhere) {
  Json json = fixture("full");
  for (auto render : {report_html, report_markdown, report_text}) {
    std::string text = text_of(render, json.get());
    std::string threshold = render == report_markdown ? "threshold 0.5 |" : "threshold 0.5";
    for (const std::string &name :
         {threshold, std::string("best threshold"), std::string("act on everybody")})
      EXPECT_NE(text.find(name), std::string::npos) << name;
    EXPECT_EQ(text.find("| half"), std::string::npos);
  }
}

// Long explanations end with a sentence, else with a word; only one long word is cut inside.
TEST(ReportWords, MarkdownCutsAtSentencesAndWords) {
  auto cut = [](const std::string &sentence) {
    Json json = fixture("full");
    json_object_set_new(json_object_get(json.get(), "verdict"), "sentence", json_string(sentence.c_str()));
    std::string markdown = text_of(report_markdown, json.get());
    size_t from = markdown.find("\n\n") + 2;
    return markdown.substr(from, markdown.find("\n\n", from) - from);
  };
  std::string words;
  while (words.size() < 280) words += "money ";
  EXPECT_EQ(cut(words + "no more money money money money"), words + "no more money…");
  std::string sentence = words.substr(0, 239) + ". ";
  EXPECT_EQ(cut(sentence + words), sentence + "…");
  EXPECT_EQ(cut(std::string(301, 'x')), std::string(300, 'x') + "…");
  EXPECT_EQ(cut(std::string(300, 'x')), std::string(300, 'x'));
}

// Bands by hand: what each contributes to AUC, and the rows that are decided differently there.
struct BandsCase {
  Config config{};
  Panels panels{};
  Comparison comparison{};
  EvaluationReport report{};
  ReportContext context{};
  ReportParts parts{};
  BandsCase(const std::vector<std::pair<double, int>> &bands) {
    char unit[] = "EUR";
    Agreement &agreement = panels.agreement;
    agreement.present = agreement.money = true, agreement.metric = &metric_table[METRIC_auc];
    double sum = 0;
    for (auto [auc, swapped] : bands) {
      int at = agreement.band_count++;
      agreement.bands[at] = {at, at + 1, 100, 10, swapped, auc, swapped * 1000000};
      sum += auc;
    }
    agreement.pairs[agreement.pair_count++] = {agreement.metric, sum, 7, sum > 0, sum == 0, 0.0 / 0.0};
    config.business.unit = unit;
    context.config = &config, context.panels = &panels;
    parts.context = &context, parts.challenger = &report, parts.comparison = &comparison;
    Json json(agreement_json(&parts));
    text = report_string(json.get(), "text");
  }
  std::string text;
};

// A sum over bands of unlike signs is nothing that a band does.
TEST(ReportWords, UnlikeBandsAreNotAddedUp) {
  BandsCase unlike({{0.001, 0},
                    {0.001, 0},
                    {0.002, 3},
                    {0, 1},
                    {0, 1},
                    {0, 1},
                    {0, 1},
                    {-0.00203, 1},
                    {-0.0006, 0},
                    {-0.0003, 0}});
  EXPECT_NE(unlike.text.find("Where no decision differs and no money moves, it orders the top 20 % of the "
                             "champion's scores better (AUC +0.0020) and the bottom 20 % worse (AUC "
                             "−0.0009); in the other bands it orders partly better and partly worse (AUC "
                             "0.0000 in all) and earns more (+7.00 EUR)."),
            std::string::npos)
      << unlike.text;
  BandsCase still({{0, 2}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}});
  EXPECT_NE(still.text.find("as well; in the other bands it orders as well and earns"), std::string::npos)
      << still.text;
  BandsCase moved({{0.003, 2}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0.001, 4}});
  EXPECT_NE(moved.text.find("Of the bands by the champion's score most of the change of AUC (+0.0030) comes "
                            "from the top 10 %, most of the money (+4.00 EUR) from the bottom 10 %."),
            std::string::npos)
      << moved.text;
}

// Below 20 rows a share says nothing: counts, and that they are too few.
TEST(ReportWords, FewSwappedRowsAreCounted) {
  for (int64_t out : {3, 300}) {
    BandsCase made({{0.001, 0}, {0.002, 1}});
    char column[] = "Contract", value[] = "Two year";
    made.comparison.has_swap = true;
    made.comparison.swap.in = 200, made.comparison.swap.out = out;
    made.panels.swap.present = true, made.panels.swap.column_count = made.panels.swap.feature_count = 1;
    made.panels.swap.features[0] = {column, value, 0.25, 1.0 / 3, -0.1};
    Json json = fixture("full");
    json_object_set_new(json.get(), "swap", swap_json(&made.parts));
    std::string words = report_string(json.get(), "swap/features/0/text");
    std::string html = text_of(report_html, json.get());
    EXPECT_EQ(words, out == 3
                         ? "Contract Two year: 25 % of the rows that came in, 1 of 3 of those that went "
                           "out (not enough data)"
                         : "Contract Two year: 25 % of the rows that came in, 33 % of those that went out");
    EXPECT_EQ(html.find("Not enough data for shares") != std::string::npos, out == 3);
    EXPECT_EQ(html.find(">50 of 200</td>") != std::string::npos, out == 3);
    EXPECT_EQ(html.find(">33 %</td>") != std::string::npos, out == 300);
  }
}

// A slice with too few events has its counts and no numbers that look like a finding.
TEST(ReportWords, FewEventsHaveNoEstimates) {
  Json json = fixture("full");
  json_t *item = json_array_get(report_at(json.get(), "slices/items"), 0);
  std::string id = "id=\"/slices/items/0/metrics/0/", name = report_string(item, "value");
  auto plot_has_it = [&](const std::string &html) {
    size_t at = html.find("<figure id=\"plot-slices\"");
    return html.substr(at, html.find("</figure>", at) - at).find(name) != std::string::npos;
  };
  std::string before = text_of(report_html, json.get());
  EXPECT_NE(before.find(id), std::string::npos);
  EXPECT_TRUE(plot_has_it(before));
  json_object_set_new(item, "few", json_true());
  json_object_set_new(item, "note", json_string("not enough data: fewer than 20 events or other rows"));
  json_object_del(item, "harm");
  std::string html = text_of(report_html, json.get());
  EXPECT_EQ(html.find(id), std::string::npos);
  EXPECT_FALSE(plot_has_it(html));
  EXPECT_NE(html.find("not enough data: fewer than 20 events"), std::string::npos);
  EXPECT_NE(html.find("id=\"/slices/items/0/rows\""), std::string::npos);
}

// Each class has its plot with both models, and its errors beside what chance alone would show.
TEST(ReportWords, CalibrationIsByClass) {
  Json json = fixture("multiclass");
  std::string html = text_of(report_html, json.get());
  EXPECT_EQ(count(html, ">Calibration of the class "), 3 * count(html, ">Calibration of the class bag"));
  for (const char *part :
       {"id=\"plot-calibration-class-2\"", "id=\"/calibration/challenger/classes/1/error\"",
        "id=\"/calibration/champion/classes/0/noise_floor/q95\""})
    EXPECT_EQ(count(html, part), 1u) << part;
}

// What the columns of the matrix are: classes that were predicted, or what is done.
TEST(ReportWords, TheConfusionMatrixSaysWhatItCounts) {
  Json json = fixture("full");
  EXPECT_NE(text_of(report_html, json.get()).find("Confusion matrix at the operating point"),
            std::string::npos);
  json_object_set_new(json_object_get(json.get(), "confusion"), "decisions",
                      json_pack("[s,s]", "do not act", "act"));
  json_object_set_new(json_array_get(report_at(json.get(), "metrics"), 1), "at",
                      json_string("at the frozen threshold 0.31 (champion 0.28)"));
  std::string html = text_of(report_html, json.get());
  EXPECT_NE(html.find("Confusion matrix of the decisions"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"col\">do not act</th>"), std::string::npos);
  EXPECT_NE(html.find("at the frozen threshold 0.31 (champion 0.28)"), std::string::npos);
}

// Only a label of two values has positives.
TEST(ReportWords, SlicesCountPositivesOfBinaryLabelsAlone) {
  Json json = fixture("full");
  EXPECT_NE(text_of(report_html, json.get()).find("227 positive"), std::string::npos);
  for (const char *kind : {"regression", "multiclass"}) {
    json_object_set_new(json_object_get(json.get(), "task"), "kind", json_string(kind));
    EXPECT_EQ(text_of(report_html, json.get()).find(" positive</small>"), std::string::npos) << kind;
  }
}

// The notes at the ends of spans keep clear of the names at the left and of the frame.
TEST(ReportWords, TheTornadoLeavesRoomForItsNotes) {
  Json json = fixture("full");
  json_t *items = const_cast<json_t *>(report_at(json.get(), "sensitivity/items"));
  for (size_t i = 0; i < json_array_size(items); i++)
    json_object_set_new(json_array_get(items, i), "low", json_real(-123456.7));
  std::string html = text_of(report_html, json.get());
  size_t at = html.find("<figure id=\"plot-sensitivity\"");
  std::string figure = html.substr(at, html.find("</figure>", at) - at);
  const std::string mark = "<text class=\"tick";
  size_t notes = 0;
  for (size_t from = figure.find(mark); from != std::string::npos; from = figure.find(mark, from + 1)) {
    char anchor[8] = "", note[32] = "";
    double x = 0;
    if (sscanf(figure.c_str() + from, "<text class=\"tick%7[ end]\" x=\"%lf\" y=\"%*f\">%31[^<]", anchor, &x,
               note) != 3 &&
        sscanf(figure.c_str() + from, "<text class=\"tick\" x=\"%lf\" y=\"%*f\">%31[^<]", &x, note) != 2)
      continue; // of the axis
    double width = 7.0 * (double)strlen(note);
    EXPECT_GE(*anchor != '\0' ? x - width : x, 152.0) << note;
    EXPECT_LE(*anchor != '\0' ? x : x + width, 440.0) << note;
    notes++;
  }
  EXPECT_EQ(notes, 2 * json_array_size(items));
}

// Calibration slope: 1 is right, 1.4 is no better than 0.6.
TEST(ReportWords, EveryDirectionIsNamed) {
  Json json = fixture("full");
  for (auto [direction, words] : {std::pair{"up", "higher is better"},
                                  {"down", "lower is better"},
                                  {"zero", "nearer to 0 is better"},
                                  {"one", "nearer to 1 is better"}}) {
    for (size_t i = 0; i < report_size(json.get(), "metrics"); i++)
      json_object_set_new(json_array_get(report_at(json.get(), "metrics"), i), "direction",
                          json_string(direction));
    EXPECT_NE(text_of(report_html, json.get()).find(words), std::string::npos) << direction;
  }
}

// Ship by the rules, while the money is shown to be less: nobody may overlook it.
TEST(ReportWords, MoneyThatContradictsTheVerdictIsLoud) {
  Json json = fixture("full");
  json_t *verdict = json_object_get(json.get(), "verdict");
  const std::string words = "The rules say ship; the money says otherwise";
  json_object_set_new(verdict, "state", json_string("SHIP"));
  for (auto render : {report_html, report_markdown, report_text, report_junit})
    EXPECT_EQ(text_of(render, json.get()).find(words), std::string::npos);
  EXPECT_NE(text_of(report_html, json.get()).find("<span>Ship the challenger</span>"), std::string::npos);
  json_object_set_new(verdict, "warning", json_string((words + ": 71 EUR less <b>").c_str()));
  for (auto render : {report_html, report_markdown, report_text, report_junit})
    EXPECT_NE(text_of(render, json.get()).find(words + ": 71 EUR less"), std::string::npos);
  std::string html = text_of(report_html, json.get());
  EXPECT_EQ(html.find("<span>Ship the challenger</span>"), std::string::npos);
  EXPECT_NE(html.find("verdict hold pm"), std::string::npos);
  expect_well_formed(html);
}

} // namespace
