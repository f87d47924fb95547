// Private to io/data: what its HDF5 files share. Only data_file*.c and stored/ may include hdf5.h, by way of
// this header.
#ifndef INGOT_IO_DATA_HDF5_SHIM_H
#define INGOT_IO_DATA_HDF5_SHIM_H

#define H5_USE_110_API // the interfaces of 1.10, whichever library is installed

#include "engine/shared/status.h"

#include <hdf5.h>
#include <stdint.h>

#define DATA_FILE_LAYOUT "ingot-columns-1"

// Around every use of HDF5, in any thread: whatever was built into the library, it is used by one at a time.
// A thread that has it may take it again.
void hdf5_lock(void);
void hdf5_unlock(void);

// Once: no error stacks on stderr, no plugins from anywhere.
void hdf5_set_up(void);

// More than the library asks for at once: what opening a file takes.
enum { HDF5_ROOM_BYTES = 4 << 20 };

// Of a failure that is told in *error already: its status, or 69 where less than that room is left, for the
// library fails for want of memory as it fails on a damaged file.
Status hdf5_blame(Status status, const char *path, Error *error);

// The innermost message of the library's last failure as " (HDF5: message)", "" where it has none. Valid
// until the next call.
const char *hdf5_reason(void);

// Why an object cannot be given to HDF5 (a rule for a message), NULL where it can: its header is damaged, or
// it keeps values in other files or data sets, which HDF5 is never to decode. Addresses are of 8 bytes.
const char *hdf5_header_problem(const char *path, uint64_t base, uint64_t address);

// A property list for opening and creating files: no locks, format 1.10.
hid_t hdf5_file_access(void);

#endif
