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
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/io/provenance.c PROPERTIES COMPILE_DEFINITIONS
    "FCAST_VERSION=\"${PROJECT_VERSION}\";FCAST_REVISION=\"${revision}\";FCAST_BUILD=\"${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_BUILD_TYPE}\"")
endfunction()
