#include "app/predict/category_lines.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "app/common/run_collectively.hpp"
#include "data/append_number.hpp"
#include "model/label_ranking.hpp"
#include "model/ranking.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

struct LineHeader {
    std::int64_t place;
    std::uint64_t size;
};

}  // namespace

/// Lists the outputs that are predicted, the highest score first.
void CategoryFormat::predict(std::span<const float> scores) {
    if (decision_ == data::Decision::highest) {
        predicted_.assign(1, model::first_output(scores));
        return;
    }
    predicted_.clear();
    for (std::size_t o = 0; o < scores.size(); ++o) {
        if (model::predicts_positive(static_cast<double>(scores[o]), outputs_[o].threshold)) {
            predicted_.push_back(o);
        }
    }
    std::ranges::stable_sort(predicted_, std::greater<>(),
                             [&](std::size_t o) { return scores[o]; });
}

std::string_view CategoryFormat::line(std::int64_t id, std::span<const float> scores) {
    predict(scores);
    line_.clear();
    data::append_number(line_, id);
    line_ += '\t';
    for (std::size_t k = 0; k < predicted_.size(); ++k) {
        if (k > 0) line_ += '\t';
        line_ += names_[predicted_[k]].category;
        line_ += ':';
        data::append_number(line_, scores[predicted_[k]]);
    }
    line_ += '\n';
    return line_;
}

void CategoryLines::add(std::int64_t place, std::string_view line) {
    if (sorted_) {
        kept_.push_back({place, text_.size(), line.size()});
        text_ += line;
        return;
    }
    output_.file.text() += line;
    output_.file.flush_if_full();
}

void CategoryLines::finish() {
    std::ranges::sort(kept_, {}, &Kept::place);  // no two in one place
    for (const Kept& line : kept_) {
        output_.file.text().append(text_, line.begin, line.size);
        output_.file.flush_if_full();
    }
    output_.file.commit();
}

void LineBuffer::add(std::int64_t place, std::string_view line) {
    constexpr std::size_t kMessage = std::size_t{1} << 22;  // bytes: bounds what is under way
    const LineHeader header{place, line.size()};
    records_.append(reinterpret_cast<const char*>(&header), sizeof header);
    records_ += line;
    if (records_.size() - message_begin_ < kMessage) return;
    message_begin_ = records_.size();
    ends_.push_back(message_begin_);
}

void LineBuffer::pass_on(CategoryLines* lines, const mpi::Communicators& comms) {
    ends_.push_back(records_.size());
    for (int rank = 1; rank < comms.size(); ++rank) {
        const std::int64_t messages = mpi::broadcast(comms.world(), rank, std::ssize(ends_));
        std::size_t begin = 0;
        for (std::int64_t k = 0; k < messages; ++k) {
            std::string message;
            if (comms.rank() == rank) {
                const std::size_t end = ends_[static_cast<std::size_t>(k)];
                message = records_.substr(begin, end - begin);
                begin = end;
            }
            const std::string all = mpi::gather_text(comms.world(), message);
            run_collectively_on_root(comms.world(), [&] {
                LineHeader header{};
                for (std::size_t at = 0; at < all.size(); at += header.size) {
                    std::memcpy(&header, all.data() + at, sizeof header);
                    at += sizeof header;
                    lines->add(header.place, std::string_view(all).substr(at, header.size));
                }
            });
        }
    }
    *this = {};
}

}  // namespace hogwild::app
