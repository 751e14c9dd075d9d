# Libraries that are not ours. Debian's have their own targets; Arrow, DuckDB and simdjson come from the folder `./dev setup` made.

find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)

# .deps is a link; its target names the pinned versions. A new target configures anew.
file(REAL_PATH .deps deps BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
if(NOT EXISTS ${deps}/simdjson)
  message(FATAL_ERROR "Arrow, DuckDB or simdjson is missing: run ./dev setup")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS deps/pins deps/install)

function(segue_import name include_folder library)
  add_library(segue::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(segue::${name} PROPERTIES
    IMPORTED_LOCATION ${deps}/${library}
    INTERFACE_INCLUDE_DIRECTORIES ${deps}/${include_folder})
  target_link_libraries(segue::${name} INTERFACE ${ARGN})
  # Installed under the name that programs ask for, which is the link's target.
  file(REAL_PATH ${deps}/${library} file)
  install(FILES ${file} DESTINATION lib/segue)
endfunction()

segue_import(arrow arrow/include arrow/lib/libarrow.so)
segue_import(arrow_compute arrow/include arrow/lib/libarrow_compute.so segue::arrow)
segue_import(parquet arrow/include arrow/lib/libparquet.so segue::arrow)
segue_import(duckdb duckdb/include duckdb/lib/libduckdb.so)
target_compile_definitions(segue::duckdb INTERFACE DUCKDB_API_NO_DEPRECATED)

# Compiled once at setup: it chooses instructions at run time by itself. As a whole, or mold would take the symbols that
# libparquet hides for what the program asks for.
add_library(segue_simdjson INTERFACE)
add_library(segue::simdjson ALIAS segue_simdjson)
target_include_directories(segue_simdjson SYSTEM INTERFACE ${deps}/simdjson/include)
target_link_libraries(segue_simdjson INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${deps}/simdjson/lib/libsimdjson.a>")

# Linked in and hidden: Arrow exports the symbols of its own RE2, of another version.
find_library(RE2 libre2.a REQUIRED)
find_library(MD libmd.a REQUIRED)
add_link_options(LINKER:--exclude-libs,libre2.a LINKER:--exclude-libs,libmd.a)

find_library(RAPIDCHECK rapidcheck REQUIRED)
