// Rows as text in one file: exports, and whoever else wants to print a Relation.
//
//   tsv   A header line with the names; columns apart by a tab, rows by a line feed, nothing quoted. Within a value,
//         backslash, tab, line feed and carriage return are written \\ \t \n \r; NULL is \N. (What PostgreSQL's COPY
//         and MySQL read by default.)
//   csv   RFC 4180 as DuckDB's COPY writes it: a header line; a value is quoted if it has a comma, a quote, a line
//         break or blanks at an end, quotes inside doubled; NULL is empty, the empty string is "". Lines end in a line
//         feed.
//   json  An array with one object a row, each on a line of its own. Numbers and booleans are JSON's, lists and structs
//         too; all else is text; NaN and infinities, which JSON has not, are the strings "nan", "inf", "-inf".
// Values are written as DuckDB casts them to VARCHAR.
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "lake/publication.h"
#include "storage/store.h"

namespace segue::lake {

// Hands the text on in pieces of about a megabyte, and looks at `cancellation` (may be null) with each. Pure but for
// that; any thread. Throws Failure(kCancelled) and what `write` throws.
void write_rows(ExportFormat format, const Relation& rows, const storage::WritePiece& write,
                const Cancellation* cancellation = nullptr);

// One row as a JSON object on one line, as above; `fields` are the names of the batch's first columns.
std::string json_of_row(const std::vector<Field>& fields, const Batch& batch, size_t row);

}  // namespace segue::lake
