// The command that writes a report again, as a shell takes it.
#include "io/shared/text.h"
#include "tools/cli/judge/judgement.h"

#include <string.h>

// A word as a shell takes it.
static void add_word(Text *text, const char *option, const char *word) {
  if (word == NULL) return;
  text_add(text, " %s", option);
  bool plain =
      word[0] != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                      "._-=/,:+") == strlen(word);
  text_put(text, plain ? "" : "'");
  for (const char *c = word; *c != '\0'; c++) text_put_n(text, *c == '\'' ? "'\\''" : c, *c == '\'' ? 4 : 1);
  text_put(text, plain ? "" : "'");
}

static const char *last_name(const char *path) {
  const char *slash = path == NULL ? NULL : strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

char *judgement_command(const char *verb, const char *const *names, int count, const JudgeChoices *choices) {
  Text text = {0};
  text_add(&text, "ingot %s", verb);
  for (int i = 0; i < count; i++) add_word(&text, "", names[i]);
  add_word(&text, "--checkpoint ", choices->checkpoint);
  add_word(&text, "--data ", last_name(choices->data));
  add_word(&text, "--split ", choices->part);
  add_word(&text, "--config ", last_name(choices->config));
  if (choices->retrain > 0) text_add(&text, " --retrain %lld", (long long)choices->retrain);
  for (int i = 0; i < choices->sets.count; i++) {
    bool machine = strncmp(choices->sets.items[i], "machine.", strlen("machine.")) == 0; // changes time alone
    if (!machine) add_word(&text, "--set ", choices->sets.items[i]);
  }
  return text_take(&text);
}
