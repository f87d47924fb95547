// SHA-256 of OpenSSL's low-level interface, beside evp.h.
#ifndef INGOT_TESTS_AARCH64_OPENSSL_SHA_H
#define INGOT_TESTS_AARCH64_OPENSSL_SHA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct SHA256_CTX {
  uint32_t h[8];
  uint64_t length; // bytes so far
  uint8_t block[64];
} SHA256_CTX;

int SHA256_Init(SHA256_CTX *context);
int SHA256_Update(SHA256_CTX *context, const void *bytes, size_t length);
int SHA256_Final(unsigned char *digest, SHA256_CTX *context);

#ifdef __cplusplus
}
#endif

#endif
