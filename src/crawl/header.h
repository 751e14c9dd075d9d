// Whether the first row of delimited text holds names.
//
// A column of numbers, dates or truth values tells: its first value is one of them or not. Where all is text, a name is
// known by what the texts below it all have and it has not: digits, capitals, one length; or by itself, where it is a
// word that names are made of. Many files that begin with the same row have a header.
#pragma once

#include <string>
#include <vector>

#include "crawl/look.h"

namespace segue::crawl {

struct HeaderOpinion {
  int votes = 0;  // above 0: it is a header; below: a row like others; 0: nothing tells
  std::string why;
};

// Of one file. REQUIRES: look.state is kRows, of delimited text.
HeaderOpinion header_opinion(const Look& look);

// Names for the columns: of the header without what SQL would need quotes for, each once; or column_1, column_2, …
// `renamed` gets "`#id` is `id`" for each that was changed.
std::vector<std::string> column_names(const std::vector<HeaderCell>& header, std::vector<std::string>& renamed);
std::vector<std::string> column_names(size_t columns);

}  // namespace segue::crawl
