# Run by cpack on each package it has made. CPack gives one with a shared library
# scripts that call ldconfig; Debian's policy wants the trigger, which we have.
foreach(package ${CPACK_PACKAGE_FILES})
  set(work ${CPACK_TOPLEVEL_DIRECTORY}/again)
  file(REMOVE_RECURSE ${work})
  execute_process(COMMAND dpkg-deb -R ${package} ${work}
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT EXISTS ${work}/DEBIAN/triggers)
    continue()
  endif()
  file(REMOVE ${work}/DEBIAN/postinst ${work}/DEBIAN/postrm)
  execute_process(COMMAND dpkg-deb --root-owner-group -b ${work} ${package}
                  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endforeach()
