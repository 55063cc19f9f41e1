#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/model_file.hpp"
#include "io/text_file.hpp"
#include "model/matrix_model.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// A document's line: its id, a tab and, with tabs between them, `category:score` of each category
/// that the model's decision predicts, the highest score first.
class CategoryFormat {
public:
    /// Both references must outlive this.
    CategoryFormat(const std::vector<io::ModelOutput>& names,
                   const std::vector<model::OutputModel>& outputs, data::Decision decision)
        : names_(names), outputs_(outputs), decision_(decision) {}
    /// @param scores  of all outputs. @return valid until the next call.
    std::string_view line(std::int64_t id, std::span<const float> scores);

private:
    void predict(std::span<const float> scores);

    const std::vector<io::ModelOutput>& names_;
    const std::vector<model::OutputModel>& outputs_;
    data::Decision decision_;
    std::vector<std::size_t> predicted_;
    std::string line_;
};

/// Where the lines of all ranks become a file, on rank 0.
class CategoryLines {
public:
    /// @param sorted  by the places of the lines; else they stay in the order in which they come.
    /// @throws Error: cannot_create.
    CategoryLines(const std::string& output, bool sorted) : sorted_(sorted), output_(output) {}

    void add(std::int64_t place, std::string_view line);
    void finish();

private:
    struct Kept {
        std::int64_t place;
        std::size_t begin;  ///< in text_
        std::size_t size;
    };
    bool sorted_;
    io::LockedTextFile output_;
    std::string text_;
    std::vector<Kept> kept_;
};

/// A rank's lines until rank 0 gets to them.
class LineBuffer {
public:
    void add(std::int64_t place, std::string_view line);
    /// Passes the lines of the other ranks to rank 0, rank by rank, in bounded messages.
    /// @param lines  on rank 0. @throws CollectiveError. @note Collective over `comms.world()`.
    void pass_on(CategoryLines* lines, const mpi::Communicators& comms);

private:
    std::string records_;            ///< place, size and text of each line
    std::vector<std::size_t> ends_;  ///< of messages in records_
    std::size_t message_begin_ = 0;
};

}  // namespace hogwild::app
