// Looks into an object's header before HDF5 does, because opening decodes it: what leads to other files or
// data sets is refused here.
//
// Headers are those of the HDF5 File Format Specification, section IV.A: version 1, or version 2 ("OHDR").
#include "io/data/hdf5_shim.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
  BLOCKS_MAX = 64,
  MESSAGES_MAX = 65536,
  EXTERNAL_FILES = 7,
  LAYOUT = 8,
  FILTERS = 11,
  CONTINUATION = 16,
  CLASS_VIRTUAL = 3
};

static const char *const DAMAGED = "is damaged.";

typedef struct Block {
  uint64_t at, length; // of messages
} Block;

typedef struct Header {
  int fd;
  uint64_t base; // of addresses, in the file
  unsigned version;
  unsigned message_bytes; // before the data of a message
  Block blocks[BLOCKS_MAX];
  int count, messages;
} Header;

static bool read_at(const Header *header, uint8_t *bytes, size_t length, uint64_t at) {
  return pread(header->fd, bytes, length, (off_t)(header->base + at)) == (ssize_t)length;
}

static uint64_t natural(const uint8_t *bytes, size_t length) {
  uint64_t value = 0;
  for (size_t i = length; i > 0; i--) value = value << 8 | bytes[i - 1];
  return value;
}

// Version and first block of messages.
static bool begin(Header *header, uint64_t address) {
  uint8_t bytes[16], length[8];
  if (!read_at(header, bytes, sizeof bytes, address)) return false;
  header->count = 1;
  if (memcmp(bytes, "OHDR", 4) != 0) {
    header->version = 1;
    header->message_bytes = 8;
    header->blocks[0] = (Block){address + 16, natural(bytes + 8, 4)};
    return bytes[0] == 1;
  }
  unsigned flags = bytes[5];
  size_t width = (size_t)1 << (flags & 3);
  uint64_t at = address + 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
  header->version = 2;
  header->message_bytes = flags & 4 ? 6 : 4;
  if (!read_at(header, length, width, at)) return false;
  header->blocks[0] = (Block){at + width, natural(length, width)};
  return true;
}

// Whether every filter of a pipeline message lies in it, its name ended.
static bool filters_are_sound(const Header *header, uint64_t at, size_t length) {
  uint8_t bytes[UINT16_MAX];
  if (length < 2 || !read_at(header, bytes, length, at)) return false;
  bool first_version = bytes[0] == 1;
  size_t used = first_version ? 8 : 2;
  for (int i = 0; i < bytes[1]; i++) {
    if (used + 6 > length) return false;
    bool named = first_version || natural(bytes + used, 2) >= 256;
    size_t name = named ? natural(bytes + used + 2, 2) : 0;
    if (named && used + 8 > length) return false;
    size_t values = natural(bytes + used + (named ? 6 : 4), 2);
    used += named ? 8 : 6;
    if (used + name > length || (name > 0 && memchr(bytes + used, '\0', name) == NULL)) return false;
    used += name + 4 * (values + (first_version ? values % 2 : 0));
  }
  return used <= length;
}

// A continuation adds a block. NULL, or why the message is refused.
static const char *message_problem(Header *header, unsigned type, uint64_t at, size_t length) {
  uint8_t bytes[16];
  if (type == EXTERNAL_FILES) {
    return "keeps its values in other files; only values in the file itself are read.";
  }
  if (type == LAYOUT) {
    if (!read_at(header, bytes, 3, at)) return DAMAGED;
    if (bytes[bytes[0] < 3 ? 2 : 1] != CLASS_VIRTUAL) return NULL;
    return "is a virtual data set; only values in the file itself are read.";
  }
  if (type == FILTERS) return filters_are_sound(header, at, length) ? NULL : DAMAGED;
  if (type != CONTINUATION) return NULL;
  if (header->count == BLOCKS_MAX || !read_at(header, bytes, 16, at)) return DAMAGED;
  uint64_t frame = header->version == 2 ? 4 : 0; // "OCHK" before the messages, a checksum behind them
  uint64_t start = natural(bytes, 8), size = natural(bytes + 8, 8);
  if (size < 2 * frame) return DAMAGED;
  header->blocks[header->count++] = (Block){start + frame, size - 2 * frame};
  return NULL;
}

static const char *block_problem(Header *header, Block block) {
  uint8_t bytes[8];
  uint64_t done = 0;
  while (block.length >= header->message_bytes && done <= block.length - header->message_bytes) {
    uint64_t at = block.at + done;
    if (++header->messages > MESSAGES_MAX || !read_at(header, bytes, header->message_bytes, at)) {
      return DAMAGED;
    }
    unsigned type = header->version == 1 ? (unsigned)natural(bytes, 2) : bytes[0];
    uint64_t length = natural(bytes + (header->version == 1 ? 2 : 1), 2);
    const char *problem = message_problem(header, type, at + header->message_bytes, length);
    if (problem != NULL) return problem;
    done += header->message_bytes + length;
  }
  return NULL;
}

const char *hdf5_header_problem(const char *path, uint64_t base, uint64_t address) {
  Header header = {.fd = open(path, O_RDONLY | O_CLOEXEC), .base = base};
  const char *problem = header.fd >= 0 && begin(&header, address) ? NULL : DAMAGED;
  for (int i = 0; problem == NULL && i < header.count; i++)
    problem = block_problem(&header, header.blocks[i]);
  if (header.fd >= 0) close(header.fd);
  return problem;
}
