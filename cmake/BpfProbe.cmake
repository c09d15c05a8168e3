# tidemark_bpf_probe(TARGET NAME): compiles NAME.bpf.c of the current folder and
# gives TARGET the generated NAME.skel.h to include. The object is relocated
# against the running kernel's own types (CO-RE), so no kernel headers are
# needed here.
find_program(BPF_CLANG NAMES clang clang-19 clang-14 REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)

function(tidemark_bpf_probe target name)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/skeletons/${name}.skel.h)
  # The multiarch folder holds asm/types.h, which clang does not look into for
  # a foreign target.
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter
      -I${PROJECT_SOURCE_DIR} -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "Compiling probe ${name}" VERBATIM)
  add_custom_command(OUTPUT ${skeleton}
    COMMAND ${CMAKE_COMMAND} -E make_directory
      ${CMAKE_CURRENT_BINARY_DIR}/skeletons
    COMMAND sh -c "\"$1\" gen skeleton \"$2\" name \"$3\" > \"$4\".new && mv \"$4\".new \"$4\""
      sh ${BPFTOOL} ${object} ${name}_bpf ${skeleton}
    DEPENDS ${object}
    COMMENT "Generating skeleton of ${name}" VERBATIM)
  add_custom_target(${target}_${name}_skeleton DEPENDS ${skeleton})
  add_dependencies(${target} ${target}_${name}_skeleton)
  target_include_directories(${target} SYSTEM PRIVATE
    ${CMAKE_CURRENT_BINARY_DIR}/skeletons)
endfunction()
