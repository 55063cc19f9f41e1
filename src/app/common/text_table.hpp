#pragma once
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace hogwild::app {

/// A number with a fixed count of digits after the point; "-" where it is not finite.
std::string fixed_text(double value, int digits);
/// An objective, an accuracy or seconds: as fixed_text(), but 1.235e+06 from a million on, where
/// only a run that diverges gets to.
std::string metric_text(double value, int digits);
/// A share as a percentage, "12.5 %"; "-" where it is not finite. @param digits  after the point.
std::string percent_text(double share, int digits);

/// A table of text for people.
class TextTable {
public:
    enum class Align { left, right };
    struct Column {
        std::string header;
        std::size_t width = 0;  ///< at least, in characters; a longer cell widens the column
        Align align = Align::right;
        int digits = 0;  ///< of cells that are numbers
        std::string (*number)(double value, int digits) = fixed_text;
    };
    /// Text as it is, or a number, which the column's `number` writes.
    using Cell = std::variant<std::string, double>;

    /// @param gap  between two columns.
    explicit TextTable(std::vector<Column> columns, std::string gap = " ");
    /// Columns as wide as their text, two blanks apart.
    static TextTable left_aligned(const std::vector<std::string>& headers);

    /// @throws std::invalid_argument unless there is a cell for every column.
    void add(const std::vector<Cell>& cells);
    /// The headers, then a line per row, without blanks at the ends of lines.
    std::string text() const;

private:
    using Row = std::vector<std::string>;
    std::string line(const Row& row) const;

    std::vector<Column> columns_;
    std::string gap_;
    std::vector<Row> rows_;
};

}  // namespace hogwild::app
