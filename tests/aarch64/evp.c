// SHA-256 as FIPS 180-4 has it, behind OpenSSL's names.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, DIGEST = 32, ROUNDS = 64 };

struct EVP_MD_CTX {
  SHA256_CTX sha;
};

// 4.2.2: of the first 64 primes, the first 32 bits of the fractions of their cube roots.
static const uint32_t k[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t x, int bits) {
  return x >> bits | x << (32 - bits);
}

static void take_block(SHA256_CTX *context) {
  uint32_t w[ROUNDS], s[8];
  for (int t = 0; t < 16; t++) {
    const uint8_t *b = context->block + 4 * t;
    w[t] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  }
  for (int t = 16; t < ROUNDS; t++) {
    uint32_t x = w[t - 15], y = w[t - 2];
    w[t] = (turned(y, 17) ^ turned(y, 19) ^ y >> 10) + w[t - 7] + (turned(x, 7) ^ turned(x, 18) ^ x >> 3) +
           w[t - 16];
  }
  memcpy(s, context->h, sizeof s);
  for (int t = 0; t < ROUNDS; t++) {
    uint32_t a = s[0], e = s[4];
    uint32_t one =
        s[7] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[t] + w[t];
    uint32_t two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof s[0]);
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) context->h[i] += s[i];
}

int SHA256_Init(SHA256_CTX *context) {
  *context = (SHA256_CTX){
      {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
      0,
      {0}};
  return 1;
}

int SHA256_Update(SHA256_CTX *context, const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  while (length > 0) {
    size_t at = context->length % BLOCK, count = length < BLOCK - at ? length : BLOCK - at;
    memcpy(context->block + at, from, count);
    context->length += count;
    from += count;
    length -= count;
    if (at + count == BLOCK) take_block(context);
  }
  return 1;
}

int SHA256_Final(unsigned char *digest, SHA256_CTX *context) {
  static const uint8_t padding[BLOCK] = {0x80};
  uint64_t bits = 8 * context->length;
  uint8_t end[8];
  SHA256_Update(context, padding, 1 + (2 * BLOCK - 9 - context->length % BLOCK) % BLOCK);
  for (int i = 0; i < 8; i++) end[i] = (uint8_t)(bits >> (56 - 8 * i));
  SHA256_Update(context, end, sizeof end);
  for (int i = 0; i < DIGEST; i++) digest[i] = (uint8_t)(context->h[i / 4] >> (24 - 8 * (i % 4)));
  return 1;
}

const EVP_MD *EVP_sha256(void) {
  return NULL;
}

EVP_MD_CTX *EVP_MD_CTX_new(void) {
  return calloc(1, sizeof(EVP_MD_CTX));
}

void EVP_MD_CTX_free(EVP_MD_CTX *context) {
  free(context);
}

int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, void *engine) {
  (void)type;
  (void)engine;
  return SHA256_Init(&context->sha);
}

int EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length) {
  return SHA256_Update(&context->sha, bytes, length);
}

int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *size) {
  if (size != NULL) *size = DIGEST;
  return SHA256_Final(digest, &context->sha);
}

int EVP_Digest(const void *bytes, size_t length, unsigned char *digest, unsigned int *size,
               const EVP_MD *type, void *engine) {
  EVP_MD_CTX context;
  return EVP_DigestInit_ex(&context, type, engine) && EVP_DigestUpdate(&context, bytes, length) &&
         EVP_DigestFinal_ex(&context, digest, size);
}
