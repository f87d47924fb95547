// Finds libingot_cuda.so beside the program and loads it once.
#include "engine/device/cuda_library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char file_name[] = "libingot_cuda.so";

// The folder of the running program, with a final '/'.
static int program_folder(char folder[PATH_MAX]) {
  ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length < 0) return 0;
  folder[length] = '\0';
  strrchr(folder, '/')[1] = '\0';
  return 1;
}

static Status open_library(const CudaLibrary **library, const char *path, Error *error) {
  if (access(path, F_OK) != 0) {
    return error_set(error, STATUS_UNAVAILABLE,
                     "%s is not there: this build of the program has no GPU support; build it where the CUDA "
                     "toolkit is (nvcc in the PATH)",
                     path);
  }
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    return error_set(error, STATUS_UNAVAILABLE, "%s cannot be loaded: %s", path, dlerror());
  }
  const CudaLibrary *(*find)(void);
  *(void **)&find = dlsym(handle, "ingot_cuda_library");
  const CudaLibrary *found = find == NULL ? NULL : find();
  if (found == NULL || found->interface != CUDA_INTERFACE) {
    dlclose(handle);
    return error_set(error, STATUS_UNAVAILABLE,
                     "%s belongs to another version of the program: build it again", path);
  }
  *library = found;
  return STATUS_OK;
}

Status cuda_library_load(const CudaLibrary **library, Error *error) {
  static const CudaLibrary *loaded; // from one thread: devices are made before work is shared out
  char path[PATH_MAX + sizeof file_name];
  if (loaded == NULL) {
    if (!program_folder(path))
      return error_set(error, STATUS_UNAVAILABLE, "the folder of the program cannot be read");
    strcat(path, file_name);
    PASS(open_library(&loaded, path, error));
  }
  *library = loaded;
  return STATUS_OK;
}
