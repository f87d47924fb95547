// Private to io/data: the filters lz4 and zstd for HDF5 to write chunks by. What they read is decode.h's.
#ifndef INGOT_IO_DATA_STORED_ENCODE_H
#define INGOT_IO_DATA_STORED_ENCODE_H

// Makes both known to HDF5; under its lock.
void encode_register(void);

#endif
