// safetensors files: u64 header length, JSON header, tensor bytes; little-endian.
//
// Format: https://github.com/huggingface/safetensors (README, "Format"). What we write depends on the tensors
// alone: names sorted in the header, bytes laid out by element size (8, 4, 1) then name so that all are
// aligned, header padded with blanks to 8 bytes, metadata {"format": "pt"}.
#ifndef INGOT_IO_CHECKPOINT_SAFETENSORS_H
#define INGOT_IO_CHECKPOINT_SAFETENSORS_H

#include "engine/shared/tensor.h"
#include "io/shared/durable.h"

enum { SAFETENSORS_HEADER_MAX = 16 << 20 };

// Tensors that own their memory, each aligned to 64 bytes, but for those that were read into places.
typedef struct SafeTensors {
  TensorSet set; // sorted by name
  void *memory;
} SafeTensors;

// The file as parts: header first (owned, *header, freed by free()), then the bytes of the tensors (views).
// *parts is freed by free().
void safetensors_parts(FilePart **parts, int *count, char **header, const TensorSet *set);

// Creates the file, durably. digest: SHA-256 of the file, or NULL.
Status safetensors_write(uint8_t digest[DIGEST_BYTES], const FileCalls *calls, const char *path,
                         const TensorSet *set, Error *error);

// Trusts nothing: 65 for duplicate keys, unknown types or members, ranks outside 1..8, sizes that are not
// shape times type, offsets that overlap, leave holes or do not end with the file, a header above the limit.
// 66 where there is no such file, 69 where it is larger than this machine's memory.
Status safetensors_read(SafeTensors *tensors, const char *path, Error *error);

// The same, but a tensor that has its name, type and shape in `places` is read to where that one is, so that
// it is in memory once. After a failure what is there is anything.
Status safetensors_read_into(SafeTensors *tensors, const char *path, const TensorSet *places, Error *error);
void safetensors_free(SafeTensors *tensors);

#endif
