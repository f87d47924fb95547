// Cuts a payoff expression into tokens; refuses what is not part of the language.
#ifndef INGOT_IO_PAYOFF_LEXER_H
#define INGOT_IO_PAYOFF_LEXER_H

#include "engine/shared/status.h"

#include <stdbool.h>

typedef enum TokenKind {
  TOKEN_END,
  TOKEN_NUMBER,    // text: digits as written; value; whole = no point and no exponent
  TOKEN_TEXT,      // 'text': unquoted
  TOKEN_NAME,      // a column, a function: text, unquoted; quoted = it stood in double quotes
  TOKEN_PARAMETER, // :name, text without the colon
  TOKEN_KEYWORD,   // upper case
  TOKEN_SYMBOL     // + - * / ( ) , = <> < <= > >=   (== reads as =, != as <>)
} TokenKind;

typedef struct Token {
  TokenKind kind;
  char *text;
  double value;
  bool whole, quoted;
  int column; // from 1, in bytes
} Token;

typedef struct TokenList {
  Token *items; // ends with TOKEN_END
  int count;
} TokenList;

enum { EXPRESSION_BYTES_MAX = 8192 };

// Errors 78, each with the place in the expression and the remedy.
Status tokens_read(TokenList *tokens, const char *expression, Error *error);
void tokens_free(TokenList *tokens);

#endif
