# segue_unicode_tables(target): makes unicode_tables.h for a target's sources.
find_library(UTF8PROC utf8proc REQUIRED)
find_path(UTF8PROC_INCLUDE utf8proc.h REQUIRED)
add_executable(make_unicode_tables ${CMAKE_CURRENT_LIST_DIR}/unicode_tables.cpp)
target_link_libraries(make_unicode_tables PRIVATE ${UTF8PROC})
target_include_directories(make_unicode_tables SYSTEM PRIVATE ${UTF8PROC_INCLUDE})

function(segue_unicode_tables target)
  set(tables ${CMAKE_CURRENT_BINARY_DIR}/unicode/unicode_tables.h)
  add_custom_command(OUTPUT ${tables}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/unicode
    COMMAND make_unicode_tables > ${tables}
    DEPENDS make_unicode_tables VERBATIM)
  target_sources(${target} PRIVATE ${tables})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/unicode)
endfunction()
