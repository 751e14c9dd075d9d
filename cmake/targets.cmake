# How a folder of src/ or tests/ becomes part of the build. Sources are globbed.

include(GoogleTest)

# The precompiled headers live in this target; others reuse them.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/arrow_headers.cpp CONTENT "")
add_library(segue_arrow_headers OBJECT ${CMAKE_BINARY_DIR}/generated/arrow_headers.cpp)
target_link_libraries(segue_arrow_headers PUBLIC segue::arrow segue::arrow_compute segue::parquet)
target_precompile_headers(segue_arrow_headers PRIVATE ${PROJECT_SOURCE_DIR}/cmake/arrow_headers.h)

function(segue_use_arrow target)
  target_link_libraries(${target} PUBLIC segue::arrow segue::arrow_compute segue::parquet)
  target_precompile_headers(${target} REUSE_FROM segue_arrow_headers)
endfunction()

# Links the libraries of other folders of src/ and remembers their names for segue_verify_dependencies.
function(segue_depend target)
  list(TRANSFORM ARGN PREPEND segue_ OUTPUT_VARIABLE libraries)
  target_link_libraries(${target} PUBLIC ${libraries})
  foreach(library IN LISTS libraries)
    set_property(GLOBAL APPEND PROPERTY segue_dependencies "${target} ${library}")
  endforeach()
endfunction()

# segue_library(plan DEPENDS base … [LIBRARIES yaml-cpp::yaml-cpp …] [ARROW])
# The library segue_plan of all sources in this folder and below, without main.cpp.
# DEPENDS: folders of src/; LIBRARIES: others; ARROW: Arrow, Parquet and their precompiled headers.
function(segue_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ARROW" "" "DEPENDS;LIBRARIES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp *.h)
  list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
  add_library(segue_${name} STATIC ${sources})
  set_target_properties(segue_${name} PROPERTIES LINKER_LANGUAGE CXX) # a folder may have only headers
  target_include_directories(segue_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(segue_${name} PUBLIC fmt::fmt nlohmann_json::nlohmann_json ${arg_LIBRARIES})
  segue_depend(segue_${name} ${arg_DEPENDS})
  if(arg_ARROW)
    segue_use_arrow(segue_${name})
  endif()
endfunction()

# segue_program(segue DEPENDS cli …)
# The program of this folder's main.cpp, at the top of the build folder. Installed as bin/segue, its libraries beside it.
function(segue_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  add_executable(${name} main.cpp)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  segue_depend(${name} ${arg_DEPENDS})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/segue")
  install(TARGETS ${name})
endfunction()

# segue_test(plan DEPENDS plan … [LIBRARIES …] [ARROW] [PROGRAM])
# The GoogleTest program test_plan of this folder's sources, and of its *_long_test.cpp test_plan_long with the label
# `long`. Every case is a test of ctest, or with a sanitizer every eighth part of them, run from the root of the
# repository. PROGRAM: it runs the segue program, whose path is then SEGUE_PROGRAM. RapidCheck is there.
function(segue_test name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp *.h)
  set(long_sources ${sources})
  list(FILTER sources EXCLUDE REGEX "_long_test\\.cpp$")
  list(FILTER long_sources EXCLUDE REGEX "[^g]_test\\.cpp$")
  segue_test_program(test_${name} short "${sources}" ${ARGN})
  if(long_sources MATCHES "_long_test\\.cpp")
    segue_test_program(test_${name}_long long "${long_sources}" ${ARGN})
  endif()
endfunction()

function(segue_test_program target label sources)
  cmake_parse_arguments(PARSE_ARGV 3 arg "ARROW;PROGRAM" "" "DEPENDS;LIBRARIES")
  add_executable(${target} ${sources})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>) # compiles in half the time of -O3
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} ${RAPIDCHECK} GTest::gmock GTest::gtest_main)
  segue_depend(${target} ${arg_DEPENDS})
  if(arg_ARROW)
    segue_use_arrow(${target})
    target_compile_options(${target} PRIVATE -fPIC) # a program would have -fPIE, which the precompiled headers do not fit
  endif()
  if(arg_PROGRAM)
    add_dependencies(${target} segue)
    target_compile_definitions(${target} PRIVATE SEGUE_PROGRAM="${CMAKE_BINARY_DIR}/segue")
  endif()
  if(NOT SEGUE_SANITIZE)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      PROPERTIES LABELS ${label} ENVIRONMENT "${SEGUE_TEST_ENVIRONMENT}")
    return()
  endif()
  # A program with a sanitizer takes a second to start, so there are eight processes for all of its cases.
  foreach(shard RANGE 7)
    add_test(NAME ${target}_${shard} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${target}_${shard} PROPERTIES LABELS ${label}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=8;GTEST_SHARD_INDEX=${shard};${SEGUE_TEST_ENVIRONMENT}")
  endforeach()
endfunction()

# A misspelt folder in DEPENDS would reach the linker as a library to search for; say it here instead.
function(segue_verify_dependencies)
  get_property(dependencies GLOBAL PROPERTY segue_dependencies)
  foreach(dependency IN LISTS dependencies)
    separate_arguments(dependency)
    list(GET dependency 0 target)
    list(GET dependency 1 library)
    if(NOT TARGET ${library})
      message(SEND_ERROR "${target} depends on ${library}, but there is no such folder of src/ with a CMakeLists.txt")
    endif()
  endforeach()
endfunction()
