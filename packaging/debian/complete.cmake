# What Debian wants of a package beyond an installation: its own copyright file, a packed changelog and manual pages.
# CPack runs this on the folders of the components before it packs them.
foreach(component IN ITEMS program development)
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  string(TOUPPER ${component} name)
  set(documents ${root}/share/doc/${CPACK_DEBIAN_${name}_PACKAGE_NAME})
  file(MAKE_DIRECTORY ${documents})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${documents}/copyright COPYONLY)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog ${documents}/changelog.Debian COPYONLY)
  file(GLOB pages ${root}/share/man/man*/*.[0-9])
  if(EXISTS ${documents}/CHANGELOG.md)
    file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
  endif()
  file(GLOB changes ${documents}/changelog*)
  file(REMOVE ${documents}/LICENSE) # the same as copyright
  execute_process(COMMAND gzip --best --no-name --force ${pages} ${changes} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
