# Writes OUTPUT, a C file with the commit of the source in SOURCE, where it says something else: "unknown" outside of
# git, "-dirty" behind it where files of git differ from it. cmake -DSOURCE=DIR -DOUTPUT=FILE -P write_commit.cmake
set(failed TRUE)
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=* OUTPUT_VARIABLE commit
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
endif()
if(failed)
  set(commit unknown)
endif()
set(text "extern const char source_commit[];\nconst char source_commit[] = \"${commit}\";\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
