# Man pages and shell completion, made from the tables of the commands while building.
add_executable(flockcast_man tools/man_pages.c)
target_link_libraries(flockcast_man PRIVATE flockcast_commands)
string(TIMESTAMP FCAST_DATE "%Y-%m-%d" UTC) # of SOURCE_DATE_EPOCH, where that is set
set(FCAST_MANUAL ${PROJECT_BINARY_DIR}/manual)
set(FCAST_COMPLETION ${PROJECT_BINARY_DIR}/completion)
add_custom_command(OUTPUT ${FCAST_MANUAL}/flockcast.1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${FCAST_MANUAL}
  COMMAND flockcast_man ${FCAST_MANUAL} ${FCAST_DATE}
  DEPENDS flockcast_man VERBATIM)
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT ${FCAST_COMPLETION}/flockcast.${shell}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${FCAST_COMPLETION}
    COMMAND flockcast_program completion ${shell} > ${FCAST_COMPLETION}/flockcast.${shell}
    DEPENDS flockcast_program VERBATIM)
  list(APPEND FCAST_COMPLETIONS ${FCAST_COMPLETION}/flockcast.${shell})
endforeach()
add_custom_target(flockcast_manual ALL DEPENDS ${FCAST_MANUAL}/flockcast.1 ${FCAST_COMPLETIONS})

install(DIRECTORY ${FCAST_MANUAL}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(DIRECTORY ${FCAST_MANUAL}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 FILES_MATCHING PATTERN "*.5")
install(FILES ${FCAST_COMPLETION}/flockcast.bash DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions
  RENAME flockcast)
install(FILES ${FCAST_COMPLETION}/flockcast.zsh DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/site-functions
  RENAME _flockcast)
install(FILES ${FCAST_COMPLETION}/flockcast.fish DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d)
