# The page of a report and Chart.js (of Debian's libjs-chart.js), as bytes in a source file.
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js REQUIRED NO_DEFAULT_PATH)

function(segue_embed_report result)
  set(generated ${CMAKE_BINARY_DIR}/generated/cli/report_files.cpp)
  set(text "#include \"cli/report_files.h\"\n\nnamespace segue::cli {\n")
  foreach(each IN ITEMS "page;${CMAKE_CURRENT_SOURCE_DIR}/report/page.html" "charts;${CHART_JS}")
    list(GET each 0 name)
    list(GET each 1 file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND text "\nstd::string_view report_${name}_file() {\n  static const unsigned char bytes[] = {${bytes}};\n"
                       "  return {reinterpret_cast<const char*>(bytes), sizeof bytes};\n}\n")
  endforeach()
  string(APPEND text "\n}  // namespace segue::cli\n")
  file(CONFIGURE OUTPUT ${generated} CONTENT "@text@" @ONLY)
  set(${result} ${generated} PARENT_SCOPE)
endfunction()
