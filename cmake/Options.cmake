# One interface target carries what every target of the project is compiled with.
add_library(copycost_options INTERFACE)
target_include_directories(copycost_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(copycost_options INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
# The build id is part of every run's identity.
target_link_options(copycost_options INTERFACE -Wl,--build-id)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(copycost_options INTERFACE -Wthread-safety)
else()
  # clang tells of constants that nobody uses by itself, but not in sources that are joined.
  target_compile_options(copycost_options INTERFACE -Wunused-const-variable=1)
endif()

if(COPYCOST_SANITIZE)
  target_compile_options(copycost_options INTERFACE
    -fsanitize=${COPYCOST_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(copycost_options INTERFACE -fsanitize=${COPYCOST_SANITIZE})
  if(COPYCOST_SANITIZE STREQUAL "thread")
    target_compile_options(copycost_options INTERFACE
      "SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/tsan_protobuf.h")
  endif()
endif()
