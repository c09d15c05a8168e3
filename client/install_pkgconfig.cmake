# Run at install time: tidemark.pc names the prefix that is really installed to,
# and below /usr lies where pkg-config looks when it compiles for another
# architecture too. file(INSTALL) puts DESTDIR before.
set(PROJECT_VERSION @PROJECT_VERSION@)
set(CMAKE_INSTALL_LIBDIR @CMAKE_INSTALL_LIBDIR@)
set(CMAKE_INSTALL_INCLUDEDIR @CMAKE_INSTALL_INCLUDEDIR@)
set(multiarch "@CMAKE_LIBRARY_ARCHITECTURE@")
get_filename_component(prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
set(folder "${prefix}/${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(prefix STREQUAL "/usr" AND multiarch)
  set(folder "/usr/lib/${multiarch}/pkgconfig")
endif()
set(CMAKE_INSTALL_PREFIX "${prefix}")
configure_file(@CMAKE_CURRENT_SOURCE_DIR@/tidemark.pc.in
               @CMAKE_CURRENT_BINARY_DIR@/tidemark.pc @ONLY)
file(INSTALL @CMAKE_CURRENT_BINARY_DIR@/tidemark.pc DESTINATION "${folder}")
