// The slider's places: threshold, rows acted on, value, and where the plot shows them.
#include "io/report/html/plots/slider.h"

#include "io/report/report_read.h"

#include <string.h>

enum { FEWEST_PLACES = 2 };

const char SLIDER_MARK[] = "threshold-mark";

typedef struct Places {
  int count, operating; // operating: the place nearest to the operating point
  double threshold[PLOT_POINTS_MAX], acted[PLOT_POINTS_MAX], value[PLOT_POINTS_MAX];
} Places;

static double distance(double a, double b) {
  return a < b ? b - a : a - b;
}

static bool places_of(Places *places, const json_t *report) {
  const json_t *curve = report_at(report, "curves/threshold");
  double scale = report_number(curve, "scale"), rows = report_number(report, "evaluation_set/rows");
  double frozen = report_number(report, "business/policy/threshold");
  int counts[3] = {
      report_numbers(places->threshold, PLOT_POINTS_MAX, curve, "threshold", 1),
      report_numbers(places->acted, PLOT_POINTS_MAX, curve, "acted", 1),
      report_numbers(places->value, PLOT_POINTS_MAX, curve, "challenger", scale > 0 ? scale : 1)};
  places->count = counts[0];
  places->operating = 0;
  for (int i = 1; i < 3; i++)
    if (counts[i] < places->count) places->count = counts[i];
  for (int i = 0; i < places->count; i++) {
    if (!is_finite(places->threshold[i]) || !is_finite(places->acted[i]) || !is_finite(places->value[i]))
      return false;
    if (distance(places->threshold[i], frozen) < distance(places->threshold[places->operating], frozen))
      places->operating = i;
  }
  return places->count >= FEWEST_PLACES && rows > 0;
}

bool has_slider(const json_t *report) {
  Places places;
  return places_of(&places, report);
}

static double operating_value(const json_t *report) {
  const json_t *policies = report_at(report, "business/policies");
  for (size_t i = 0; i < json_array_size(policies); i++) {
    const json_t *policy = json_array_get(policies, i);
    if (strcmp(report_string(policy, "name"), "challenger") == 0) return report_number(policy, "value");
  }
  return 0.0 / 0.0;
}

// What the script reads: how to write amounts, the plot's linear scale, and the places.
static void write_data(Text *text, const json_t *report, const Plot *plot, const Places *places) {
  const json_t *business = report_at(report, "business");
  double scale = report_number(business, "scale"), none[2], one[2];
  double operating = operating_value(report) / (scale > 0 ? scale : 1);
  int decimals = report_decimals(business, report_largest(report_at(business, "policies"), "value"));
  plot_place(none, plot, 0, 0);
  plot_place(one, plot, 1, 1);
  text_add(text, " data-rows=\"%.0f\" data-decimals=\"%d\" data-cut=\"%s\"",
           report_number(report, "evaluation_set/rows"), decimals,
           json_is_true(report_at(business, "policy/act_below")) ? "below" : "at least");
  text_add(text, " data-frame=\"%.1f,%.1f,%.1f,%.9g\"", none[0], one[0] - none[0], none[1], one[1] - none[1]);
  if (is_finite(operating)) text_add(text, " data-operating=\"%.*f\"", decimals, operating);
  text_put(text, " data-unit=\"");
  text_html(text, report_string(business, "unit"));
  text_put(text, "\" data-places=\"");
  for (int i = 0; i < places->count; i++)
    text_add(text, "%s%.4g,%.0f,%.*f", i > 0 ? ";" : "", places->threshold[i], places->acted[i], decimals,
             places->value[i]);
  text_put(text, "\"");
}

void write_slider(Text *text, const json_t *report, const Plot *plot) {
  Places places;
  if (!places_of(&places, report)) return;
  text_put(text, "<div class=\"slider\" id=\"threshold\" hidden");
  write_data(text, report, plot, &places);
  text_add(text,
           "><label for=\"threshold-range\">Try another threshold</label><input type=\"range\" "
           "id=\"threshold-range\" min=\"0\" max=\"%d\" step=\"1\" value=\"%d\" autocomplete=\"off\">"
           "<output for=\"threshold-range\" aria-live=\"off\"></output><p class=\"small\">A look, no choice: "
           "thresholds are chosen on validation rows; the best one here is known only after the "
           "fact.</p></div>\n",
           places.count - 1, places.operating);
}
