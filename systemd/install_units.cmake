# Run at install time: the units name the prefix that is really installed to,
# and below /usr configuration lies in /etc. file(INSTALL) puts DESTDIR before.
set(source @CMAKE_CURRENT_SOURCE_DIR@)
set(work @CMAKE_CURRENT_BINARY_DIR@/installed)
get_filename_component(prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
if(prefix STREQUAL "/usr" OR prefix STREQUAL "/")
  set(TIDEMARK_SYSCONFDIR /etc)
else()
  set(TIDEMARK_SYSCONFDIR "${prefix}/etc")
endif()
set(TIDEMARK_BINDIR "${prefix}/@CMAKE_INSTALL_BINDIR@")
foreach(unit tidemarkd.service tidemarkd.socket)
  configure_file(${source}/${unit} ${work}/${unit} @ONLY)
  file(INSTALL ${work}/${unit} DESTINATION "${prefix}/lib/systemd/system")
endforeach()
file(INSTALL ${source}/tidemark.toml
     DESTINATION "${TIDEMARK_SYSCONFDIR}/tidemark")
