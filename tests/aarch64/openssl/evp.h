// The part of OpenSSL's digest interface that kernels, engine and their tests use, of SHA-256 alone: Debian
// has no libcrypto for cross compilers. A wrong digest would match no golden.
#ifndef INGOT_TESTS_AARCH64_OPENSSL_EVP_H
#define INGOT_TESTS_AARCH64_OPENSSL_EVP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EVP_MD EVP_MD; // there is one, so nothing is known of it
typedef struct EVP_MD_CTX EVP_MD_CTX;

const EVP_MD *EVP_sha256(void);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *context);
int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, void *engine);
int EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length);
int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *size);
int EVP_Digest(const void *bytes, size_t length, unsigned char *digest, unsigned int *size,
               const EVP_MD *type, void *engine);

#ifdef __cplusplus
}
#endif

#endif
