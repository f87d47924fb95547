// events.jsonl: lines that read back as the same bits, torn ends, and the chain through them.
#include "tests/io/checkpoint_case.h"

#include <cfloat>

extern "C" {
#include "engine/train/chain.h"
#include "io/run/events.h"
}

namespace {

std::string line_of(const Event &event) {
  Text text{};
  event_write(&text, &event);
  std::string line(text.bytes, text.length);
  text_free(&text);
  return line;
}

Event event_of(EventKind kind, uint64_t step) {
  Event event{};
  event.kind = kind;
  event.step = step;
  event.epoch = step / 3;
  event.loss = 0.5f;
  event.gradient_norm = 0.25f;
  event.value = 0.8125;
  event.validation_loss = 2;
  event.improved = 1;
  event.reason = "early_stop";
  memset(event.chain, (int)step + 1, sizeof event.chain);
  return event;
}

bool reads(Event *event, const std::string &line) {
  return event_read(event, line.data(), line.size() - 1) != 0;
}

// A log of two epochs whose chain holds.
std::vector<Event> log_of(const uint8_t origin[DIGEST_BYTES]) {
  std::vector<Event> events;
  uint8_t chain[DIGEST_BYTES];
  memcpy(chain, origin, DIGEST_BYTES);
  auto add = [&](EventKind kind, uint64_t step) {
    Event event = event_of(kind, step);
    event.loss = (float)step / 7;
    if (kind == EVENT_STEP) chain_step(chain, step, event.loss, event.gradient_norm);
    if (kind == EVENT_VALIDATION) chain_validation(chain, step, event.value);
    memcpy(event.chain, chain, DIGEST_BYTES);
    events.push_back(event);
  };
  for (uint64_t step = 1; step <= 6; step++) {
    add(EVENT_STEP, step);
    if (step % 3 != 0) continue;
    add(EVENT_VALIDATION, step);
    add(EVENT_CHECKPOINT, step);
  }
  add(EVENT_END, 6);
  return events;
}

int64_t first_break(std::vector<Event> events, const uint8_t origin[DIGEST_BYTES]) {
  EventLog log{events.data(), (int64_t)events.size(), 0};
  return event_log_first_break(&log, origin);
}

} // namespace

TEST(Events, LinesAreAsDocumented) {
  std::string chain;
  for (int i = 0; i < 32; i++) chain += "05";
  EXPECT_EQ(line_of(event_of(EVENT_STEP, 4)),
            "{\"event\":\"step\",\"step\":4,\"epoch\":1,\"loss\":0.5,\"norm\":0.25,\"chain\":\"" + chain +
                "\"}\n");
  EXPECT_EQ(line_of(event_of(EVENT_VALIDATION, 4)),
            "{\"event\":\"validation\",\"step\":4,\"epoch\":1,\"value\":0.8125,\"loss\":2,\"improved\":true,"
            "\"chain\":\"" +
                chain + "\"}\n");
  EXPECT_EQ(line_of(event_of(EVENT_CHECKPOINT, 4)),
            "{\"event\":\"checkpoint\",\"step\":4,\"epoch\":1,\"chain\":\"" + chain + "\"}\n");
  EXPECT_EQ(line_of(event_of(EVENT_END, 4)),
            "{\"event\":\"end\",\"step\":4,\"epoch\":1,\"reason\":\"early_stop\",\"chain\":\"" + chain +
                "\"}\n");
}

TEST(Events, NumbersReadBackAsTheSameBits) {
  std::vector<float> floats{0.0f,    -0.0f,    1.0f,    -1.0f,        0.1f,     16777217.0f, 123456789.0f,
                            FLT_MAX, -FLT_MAX, FLT_MIN, FLT_TRUE_MIN, INFINITY, -INFINITY};
  uint32_t bits = 12345;
  for (int i = 0; i < 20000; i++) {
    float value;
    bits = bits * 1664525u + 1013904223u;
    memcpy(&value, &bits, 4);
    if (value == value) floats.push_back(value);
  }
  for (float value : floats) {
    Event event = event_of(EVENT_STEP, 1), back;
    event.loss = value;
    ASSERT_TRUE(reads(&back, line_of(event))) << line_of(event);
    ASSERT_EQ(memcmp(&back.loss, &value, 4), 0) << line_of(event);
    event = event_of(EVENT_VALIDATION, 1);
    event.value = (double)value / 3;
    event.validation_loss = (double)value * (1 + DBL_EPSILON);
    ASSERT_TRUE(reads(&back, line_of(event))) << line_of(event);
    ASSERT_EQ(memcmp(&back.value, &event.value, 8), 0) << line_of(event);
    ASSERT_EQ(memcmp(&back.validation_loss, &event.validation_loss, 8), 0) << line_of(event);
  }
}

TEST(Events, NotANumberReadsBack) {
  Event event = event_of(EVENT_STEP, 1), back;
  event.loss = NAN;
  EXPECT_NE(line_of(event).find("\"loss\":\"nan\""), std::string::npos);
  ASSERT_TRUE(reads(&back, line_of(event)));
  EXPECT_NE(back.loss, back.loss);
}

TEST(Events, EveryMemberReadsBack) {
  for (EventKind kind : {EVENT_STEP, EVENT_VALIDATION, EVENT_CHECKPOINT, EVENT_END}) {
    Event event = event_of(kind, (uint64_t)1 << 40), back;
    ASSERT_TRUE(reads(&back, line_of(event)));
    EXPECT_EQ(back.kind, kind);
    EXPECT_EQ(back.step, event.step);
    EXPECT_EQ(back.epoch, event.epoch);
    EXPECT_EQ(memcmp(back.chain, event.chain, DIGEST_BYTES), 0);
    EXPECT_EQ(back.improved, kind == EVENT_VALIDATION);
    EXPECT_STREQ(back.reason, kind == EVENT_END ? "early_stop" : nullptr);
  }
}

// Whatever reads at all is what would have been written.
TEST(Events, NoOtherBytesRead) {
  for (EventKind kind : {EVENT_STEP, EVENT_VALIDATION, EVENT_CHECKPOINT, EVENT_END}) {
    std::string line = line_of(event_of(kind, 4));
    for (size_t at = 0; at + 1 < line.size(); at++) {
      for (int bit = 0; bit < 8; bit++) {
        std::string changed = line;
        changed[at] = (char)(changed[at] ^ (1 << bit));
        Event event;
        EXPECT_TRUE(!reads(&event, changed) || line_of(event) == changed) << changed;
      }
      Event event;
      EXPECT_FALSE(reads(&event, line.substr(0, at) + line.substr(at + 1)) && line_of(event) == line);
      EXPECT_FALSE(event_read(&event, line.data(), at));
    }
  }
  Event event;
  for (const char *line : {"{}\n", "[]\n", "null\n", "\n", " {\"event\":\"step\"}\n", "{\"event\":7}\n"})
    EXPECT_FALSE(reads(&event, line)) << line;
}

TEST(Events, ALogWithATornEnd) {
  Folder folder;
  uint8_t origin[DIGEST_BYTES] = {1};
  std::string text, path = folder / "events.jsonl";
  for (const Event &event : log_of(origin)) text += line_of(event);
  for (size_t cut : {(size_t)0, (size_t)1, (size_t)40}) {
    spit(path, text.substr(0, text.size() - cut));
    EventLog log;
    Error error;
    ASSERT_EQ(event_log_read(&log, path.c_str(), &error), STATUS_OK) << error.text;
    EXPECT_EQ(log.count, cut == 0 ? 11 : 10);
    EXPECT_EQ(log.torn, cut != 0);
    event_log_free(&log);
  }
}

TEST(Events, ALineThatIsNotOursIsNamed) {
  Folder folder;
  Error error;
  EventLog log;
  std::string path = folder / "events.jsonl", line = line_of(event_of(EVENT_STEP, 1));
  spit(path, line + line + "{\"event\": \"step\"}\n" + line);
  EXPECT_EQ(event_log_read(&log, path.c_str(), &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("line 3"), std::string::npos) << error.text;
  EXPECT_EQ(event_log_read(&log, (folder / "absent").c_str(), &error), STATUS_MISSING);
}

TEST(Events, TheChainFindsTheFirstBreak) {
  uint8_t origin[DIGEST_BYTES] = {1}, other[DIGEST_BYTES] = {2};
  std::vector<Event> events = log_of(origin);
  EXPECT_EQ(first_break(events, origin), -1);
  EXPECT_EQ(first_break(events, other), 0);
  EXPECT_EQ(first_break({}, origin), -1);
  for (size_t i = 0; i < events.size(); i++) {
    std::vector<Event> changed = events;
    changed[i].chain[31] ^= 1;
    EXPECT_EQ(first_break(changed, origin), (int64_t)i);
    changed = events;
    changed[i].step++;
    EXPECT_EQ(first_break(changed, origin), (int64_t)i);
    changed = events;
    if (events[i].kind == EVENT_STEP) changed[i].loss = nextafterf(changed[i].loss, 10);
    if (events[i].kind == EVENT_VALIDATION) changed[i].value = nextafter(changed[i].value, 10);
    bool link = events[i].kind == EVENT_STEP || events[i].kind == EVENT_VALIDATION;
    EXPECT_EQ(first_break(changed, origin), link ? (int64_t)i : -1);
    changed = events;
    changed.erase(changed.begin() + (long)i);
    EXPECT_EQ(first_break(changed, origin), link ? (int64_t)i : -1);
  }
}
