# Writes OUTPUT, a header with the commit of the source in SOURCE, where it says something else: "unknown" outside of
# git, "-dirty" behind it where files of git differ from it. cmake -DSOURCE=DIR -DOUTPUT=FILE -P write_commit.cmake
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=* OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(NOT EXISTS ${SOURCE}/.git OR failed)
  set(commit unknown)
endif()
set(line "#define INGOT_COMMIT \"${commit}\"\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT "${before}" STREQUAL "${line}")
  file(WRITE ${OUTPUT} "${line}")
endif()
