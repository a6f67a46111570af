// Text in columns for a terminal of a given width.
#ifndef COPYCOST_COORDINATOR_REPORT_TEXT_GRID_H_
#define COPYCOST_COORDINATOR_REPORT_TEXT_GRID_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace copycost::report {

struct GridColumn {
  std::string name;
  std::string unit;  // a second line of the heading; may be empty
  bool right_aligned = false;
  int drop_order = 0;              // 1 is left out first when width is short; 0 never
  std::vector<std::string> cells;  // one a row; each newline begins a further line of it
};

struct Grid {
  std::string text;                  // every line ended by a newline
  std::vector<std::string> dropped;  // names of the columns that were left out
};

// Rows of columns, two spaces between them. Where that does not fit even without the columns that
// may be dropped, no column is: each row becomes a block of lines, "name (unit) value". A single
// word may stick out of `width`; none is broken.
Grid LayOut(std::vector<GridColumn> columns, size_t width);

// `text` in lines of at most `width`, broken at spaces, all but the first indented.
std::string Wrap(absl::string_view text, size_t width, size_t indent);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_TEXT_GRID_H_
