#include "coordinator/report/text_grid.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace copycost::report {
namespace {

constexpr size_t kGap = 2;

std::vector<std::string> LinesOf(const std::string& cell) { return absl::StrSplit(cell, '\n'); }

size_t WidthOf(const GridColumn& column) {
  size_t width = std::max(column.name.size(), column.unit.size());
  for (const std::string& cell : column.cells) {
    for (const std::string& line : LinesOf(cell)) width = std::max(width, line.size());
  }
  return width;
}

size_t WidthOf(const std::vector<GridColumn>& columns) {
  size_t width = 0;
  for (const GridColumn& column : columns) width += WidthOf(column) + kGap;
  return width - kGap;
}

// The column to leave out next; end() when none may be.
std::vector<GridColumn>::iterator NextToDrop(std::vector<GridColumn>& columns) {
  const auto rank = [](const GridColumn& column) {
    return column.drop_order == 0 ? std::numeric_limits<int>::max() : column.drop_order;
  };
  const auto next =
      std::min_element(columns.begin(), columns.end(),
                       [&](const GridColumn& a, const GridColumn& b) { return rank(a) < rank(b); });
  return next->drop_order == 0 ? columns.end() : next;
}

std::string Padded(const std::string& text, const GridColumn& column) {
  const std::string padding(WidthOf(column) - text.size(), ' ');
  return column.right_aligned ? absl::StrCat(padding, text) : absl::StrCat(text, padding);
}

template <typename TextOf>
std::string LineOf(const std::vector<GridColumn>& columns, const TextOf& text_of) {
  std::string line;
  for (const GridColumn& column : columns) {
    if (!line.empty()) line.append(kGap, ' ');
    line += Padded(text_of(column), column);
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line + "\n";
}

std::string RowOf(const std::vector<GridColumn>& columns, size_t row) {
  size_t height = 1;
  for (const GridColumn& column : columns) {
    height = std::max(height, LinesOf(column.cells[row]).size());
  }
  std::string text;
  for (size_t i = 0; i < height; ++i) {
    text += LineOf(columns, [&](const GridColumn& column) {
      const std::vector<std::string> lines = LinesOf(column.cells[row]);
      return i < lines.size() ? lines[i] : "";
    });
  }
  return text;
}

std::string Rows(const std::vector<GridColumn>& columns) {
  std::string text = LineOf(columns, [](const GridColumn& column) { return column.name; });
  const auto has_unit = [](const GridColumn& column) { return !column.unit.empty(); };
  if (std::any_of(columns.begin(), columns.end(), has_unit)) {
    text += LineOf(columns, [](const GridColumn& column) { return column.unit; });
  }
  for (size_t row = 0; row < columns.front().cells.size(); ++row) text += RowOf(columns, row);
  return text;
}

std::string Block(const std::vector<GridColumn>& columns, size_t row, size_t width) {
  const size_t wrap_at = std::max(width, kGap) - kGap;
  std::string text;
  for (const GridColumn& column : columns) {
    if (column.cells[row].empty()) continue;
    const std::string unit = column.unit.empty() ? "" : absl::StrCat(" (", column.unit, ")");
    const std::string cell = absl::StrJoin(LinesOf(column.cells[row]), " ");
    absl::StrAppend(&text, text.empty() ? "" : "  ",
                    Wrap(absl::StrCat(column.name, unit, " ", cell), wrap_at, 2 * kGap));
  }
  return text;
}

std::string Blocks(const std::vector<GridColumn>& columns, size_t width) {
  std::string text;
  for (size_t row = 0; row < columns.front().cells.size(); ++row) {
    text += Block(columns, row, width);
  }
  return text;
}

}  // namespace

Grid LayOut(std::vector<GridColumn> columns, size_t width) {
  if (columns.empty()) return {};
  const std::vector<GridColumn> all = columns;
  Grid grid;
  while (WidthOf(columns) > width) {
    const auto drop = NextToDrop(columns);
    if (drop == columns.end()) return {.text = Blocks(all, width), .dropped = {}};
    grid.dropped.push_back(drop->name);
    columns.erase(drop);
  }
  grid.text = Rows(columns);
  return grid;
}

std::string Wrap(absl::string_view text, size_t width, size_t indent) {
  std::string wrapped, line;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const bool first_of_line = line.find_first_not_of(' ') == line.npos;
    if (!first_of_line && line.size() + 1 + word.size() > width) {
      absl::StrAppend(&wrapped, line, "\n");
      line = absl::StrCat(std::string(indent, ' '), word);
    } else {
      absl::StrAppend(&line, first_of_line ? "" : " ", word);
    }
  }
  return absl::StrCat(wrapped, line, "\n");
}

}  // namespace copycost::report
