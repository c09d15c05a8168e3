# Flags of every target, in one place.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON) # the client uses GNU C for TLS and asm
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TIDEMARK_WERROR "Warnings are errors" OFF)
set(TIDEMARK_SANITIZE "" CACHE STRING "e.g. address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the source folder count as relative, so that worktrees and
  # clones share what was compiled once.
  set(CMAKE_C_COMPILER_LAUNCHER
      env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()

add_library(tidemark_flags INTERFACE)
target_include_directories(tidemark_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(tidemark_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
  $<$<BOOL:${TIDEMARK_WERROR}>:-Werror>)
# libstdc++ 12 uses in std::stable_sort what it deprecates itself, and clang
# tells of it; g++ still tells of what we use.
target_compile_options(tidemark_flags INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>)
# Missing initialisers are how aggregates with defaults are meant to be used.
target_compile_options(tidemark_flags INTERFACE
  -Wno-missing-field-initializers)
if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo" AND NOT TIDEMARK_SANITIZE)
  target_compile_options(tidemark_flags INTERFACE -fstack-protector-strong
    -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=2)
  target_compile_definitions(tidemark_flags INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(tidemark_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(TIDEMARK_SANITIZE)
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE})
endif()
# Coverage in everything that a fuzz target calls.
if(TIDEMARK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
