#include "app/common/confusion_table.hpp"

#include "app/common/text_table.hpp"

namespace hogwild::app {

std::string confusion_table(const model::Confusion& confusion) {
    TextTable table({{.header = "documents", .width = 11, .align = TextTable::Align::left},
                     {.header = "predicted +1", .width = 13},
                     {.header = "predicted -1", .width = 13}});
    table.add({"labelled +1", confusion.true_positives, confusion.false_negatives});
    table.add({"labelled -1", confusion.false_positives, confusion.true_negatives});
    return table.text();
}

}  // namespace hogwild::app
