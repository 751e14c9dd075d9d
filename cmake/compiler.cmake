# How every file of ours is compiled and linked.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -fno-omit-frame-pointer")

# The two left out find overlaps and overflows in g++ 12's own std::string that are not there (gcc bugs 105651, 105329).
add_compile_options(-Wall -Wextra -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict -Wno-stringop-overflow)
endif()

# Every 64-bit machine since 2009. What newer ones can do is chosen at run time, function by function.
add_compile_options(-march=x86-64-v2)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
link_libraries(Threads::Threads)

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Paths below the source folder count as relative, so that all clones share what was compiled once.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options(-fpch-preprocess) # ccache needs it to see through precompiled headers
endif()

set(SEGUE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
if(SEGUE_SANITIZE)
  # Type information of the prebuilt libraries is hidden, so vptr would report what is right.
  add_compile_options(-fsanitize=${SEGUE_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=vptr)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code confuses the analysis behind these warnings; the release build has them.
    add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds)
  endif()
  add_link_options(-fsanitize=${SEGUE_SANITIZE})
  if(SEGUE_SANITIZE STREQUAL "thread")
    # Before a fork the allocator inside libarrow takes more locks than the detector of deadlocks can count.
    set(SEGUE_TEST_ENVIRONMENT
      TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.suppressions:detect_deadlocks=0)
  else()
    set(SEGUE_TEST_ENVIRONMENT UBSAN_OPTIONS=print_stacktrace=1)
  endif()
endif()

# libFuzzer is part of clang: see tests/fuzz.
option(SEGUE_FUZZ "Instrument the code for the fuzzers of tests/fuzz" OFF)
if(SEGUE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
