# tidemark_library(NAME [PUBLIC lib...] [PRIVATE lib...] [EXCLUDE file...])
#
# One static library per folder: every *.cpp of the folder it is called in and
# of the subfolders named in SUBFOLDERS. The links are the folder's allowed
# arrows (cmake/layers.txt); nothing else can be included through them.
function(tidemark_library name)
  cmake_parse_arguments(arg "" "" "PUBLIC;PRIVATE;EXCLUDE;SUBFOLDERS" ${ARGN})
  set(globs ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(folder ${arg_SUBFOLDERS})
    list(APPEND globs ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  foreach(file ${arg_EXCLUDE})
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC tidemark_flags ${arg_PUBLIC}
                          PRIVATE ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE tidemark_flags ${arg_PUBLIC})
  endif()
endfunction()

# tidemark_tests(FOLDER lib...): every tests/FOLDER/*.cpp as one GoogleTest
# program FOLDER_tests (slashes become underscores), one ctest case per TEST.
function(tidemark_tests folder)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT;LABEL" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS
       ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target ${folder}_tests)
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${arg_UNPARSED_ARGUMENTS}
                        GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE
    TIDEMARK_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TIDEMARK_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  if(arg_LABEL)
    list(APPEND properties LABELS ${arg_LABEL})
  endif()
  gtest_discover_tests(${target} PROPERTIES ${properties}
                       DISCOVERY_TIMEOUT 60)
endfunction()
