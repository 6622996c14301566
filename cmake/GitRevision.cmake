# Compile version and build facts into src/io/provenance.c, where every output file takes them from.
function(fcast_git_revision target)
  set(revision "unknown")
  find_package(Git QUIET)
  if(GIT_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
      ERROR_QUIET RESULT_VARIABLE status)
    if(status EQUAL 0)
      set(revision ${described})
    endif()
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/build_facts.h.in ${PROJECT_BINARY_DIR}/generated/build_facts.h @ONLY)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
