// Tokens of payoff expressions: SQL scalar syntax without comments, statements and untyped strings.
#include "io/payoff/lexer.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const KEYWORDS[] = {"CASE", "WHEN", "THEN",    "ELSE", "END", "AND",
                                       "OR",   "NOT",  "BETWEEN", "IN",   "IS",  "NULL"};

typedef struct Lexer {
  const char *start, *at;
  TokenList *tokens;
} Lexer;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int place(const Lexer *lexer) {
  return (int)(lexer->at - lexer->start) + 1;
}

static Token *token_add(Lexer *lexer, TokenKind kind, int column, char *text) {
  TokenList *list = lexer->tokens;
  list->items = memory_grow(list->items, (size_t)list->count + 1, sizeof *list->items);
  list->items[list->count] = (Token){.kind = kind, .text = text, .column = column};
  return &list->items[list->count++];
}

static Status read_number(Lexer *lexer, Error *error) {
  const char *p = lexer->at;
  bool whole = true;
  while (is_digit(*p)) p++;
  if (*p == '.') {
    whole = false;
    p++;
    while (is_digit(*p)) p++;
  }
  if (*p == 'e' || *p == 'E') {
    const char *exponent = p + 1 + (p[1] == '+' || p[1] == '-');
    if (is_digit(*exponent)) {
      whole = false;
      for (p = exponent; is_digit(*p);) p++;
    }
  }
  int column = place(lexer);
  if (is_letter(*p) || *p == '.')
    return error_set(error, STATUS_CONFIG,
                     "column %d: a number is followed by '%c'; write numbers as 12, 0.3 or 1e-3", column, *p);
  char *text = memory_text_n(lexer->at, (size_t)(p - lexer->at));
  double value = strtod(text, NULL);
  Token *token = token_add(lexer, TOKEN_NUMBER, column, text);
  token->value = value;
  token->whole = whole;
  lexer->at = p;
  if (value - value != 0)
    return error_set(error, STATUS_CONFIG, "column %d: the number %.40s is too large", column, text);
  return STATUS_OK;
}

// 'text' and "name": a doubled quote stands for one.
static Status read_quoted(Lexer *lexer, Error *error) {
  char quote = *lexer->at;
  int column = place(lexer), length = 0;
  const char *p = lexer->at + 1;
  char *text = memory_get(strlen(p) + 1, 1);
  for (; *p; p++) {
    if (*p == quote) {
      if (p[1] != quote) break;
      p++;
    }
    text[length++] = *p;
  }
  Token *token = token_add(lexer, quote == '"' ? TOKEN_NAME : TOKEN_TEXT, column, text);
  token->quoted = true;
  if (*p != quote)
    return error_set(error, STATUS_CONFIG, "column %d: the quote %c is never closed", column, quote);
  if (quote == '"' && length == 0)
    return error_set(error, STATUS_CONFIG, "column %d: \"\" names no column", column);
  lexer->at = p + 1;
  return STATUS_OK;
}

static char *upper(const char *from, size_t length) {
  char *text = memory_text_n(from, length);
  for (char *p = text; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return text;
}

static void read_word(Lexer *lexer) {
  const char *p = lexer->at;
  while (is_letter(*p) || is_digit(*p)) p++;
  size_t length = (size_t)(p - lexer->at);
  int column = place(lexer);
  char *word = upper(lexer->at, length);
  TokenKind kind = TOKEN_NAME;
  for (size_t k = 0; k < sizeof KEYWORDS / sizeof *KEYWORDS; k++)
    if (!strcmp(word, KEYWORDS[k])) kind = TOKEN_KEYWORD;
  if (kind == TOKEN_NAME) {
    free(word);
    word = memory_text_n(lexer->at, length);
  }
  token_add(lexer, kind, column, word);
  lexer->at = p;
}

static Status read_parameter(Lexer *lexer, Error *error) {
  const char *p = lexer->at + 1;
  if (!is_letter(*p))
    return error_set(error, STATUS_CONFIG, "column %d: ':' begins a parameter, as in :offer", place(lexer));
  while (is_letter(*p) || is_digit(*p)) p++;
  token_add(lexer, TOKEN_PARAMETER, place(lexer), memory_text_n(lexer->at + 1, (size_t)(p - lexer->at - 1)));
  lexer->at = p;
  return STATUS_OK;
}

static Status read_symbol(Lexer *lexer, Error *error) {
  static const char *const SYMBOLS[] = {"<=", ">=", "<>", "==", "!=", "=", "<", ">",
                                        "+",  "-",  "*",  "/",  "(",  ")", ","};
  const char *p = lexer->at;
  if (!strncmp(p, "--", 2) || !strncmp(p, "/*", 2))
    return error_set(error, STATUS_CONFIG, "column %d: comments are not allowed in a payoff", place(lexer));
  for (size_t k = 0; k < sizeof SYMBOLS / sizeof *SYMBOLS; k++) {
    size_t length = strlen(SYMBOLS[k]);
    if (strncmp(p, SYMBOLS[k], length)) continue;
    const char *text = !strcmp(SYMBOLS[k], "==") ? "=" : !strcmp(SYMBOLS[k], "!=") ? "<>" : SYMBOLS[k];
    token_add(lexer, TOKEN_SYMBOL, place(lexer), memory_text(text));
    lexer->at += length;
    return STATUS_OK;
  }
  if (*p == '%')
    return error_set(error, STATUS_CONFIG,
                     "column %d: '%%' drops the fractions of both sides in SQL and is "
                     "not allowed",
                     place(lexer));
  return error_set(error, STATUS_CONFIG,
                   "column %d: the character '%c' has no meaning in a payoff; a name that is no identifier "
                   "is put in double quotes, as in \"emp.var.rate\"",
                   place(lexer), *p >= ' ' && *p <= '~' ? *p : '?');
}

Status tokens_read(TokenList *tokens, const char *expression, Error *error) {
  *tokens = (TokenList){0};
  Lexer lexer = {.start = expression, .at = expression, .tokens = tokens};
  if (strlen(expression) > EXPRESSION_BYTES_MAX)
    return error_set(error, STATUS_CONFIG, "the expression is longer than %d bytes", EXPRESSION_BYTES_MAX);
  while (*lexer.at) {
    char c = *lexer.at;
    if (is_space(c)) {
      lexer.at++;
    } else if (is_digit(c) || (c == '.' && is_digit(lexer.at[1]))) {
      PASS(read_number(&lexer, error));
    } else if (c == '\'' || c == '"') {
      PASS(read_quoted(&lexer, error));
    } else if (c == ':') {
      PASS(read_parameter(&lexer, error));
    } else if (is_letter(c)) {
      read_word(&lexer);
    } else {
      PASS(read_symbol(&lexer, error));
    }
  }
  token_add(&lexer, TOKEN_END, place(&lexer), memory_text(""));
  return STATUS_OK;
}

void tokens_free(TokenList *tokens) {
  for (int i = 0; i < tokens->count; i++) free(tokens->items[i].text);
  free(tokens->items);
  *tokens = (TokenList){0};
}
