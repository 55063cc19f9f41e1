#include "app/sweep/sweep_progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "data/printable.hpp"
#include "mpi/request.hpp"

namespace hogwild::app {
namespace {

constexpr char kValid = 'V';    ///< first character of a message: the training gave a model
constexpr char kInvalid = 'I';  ///< it did not

std::string outcome_text(const Outcome& outcome) {
    if (!outcome.valid()) return outcome.verdict;
    return fmt::format("objective {:.5f}, accuracy {:.4f}, {:.3f} s",
                       outcome.number("validation_objective"),
                       outcome.number("validation_accuracy"), outcome.number("train_seconds"));
}

}  // namespace

SweepProgress::SweepProgress(mpi::Communicator world, std::int64_t trainings, bool quiet)
    : world_(world), trainings_(trainings), mailbox_(world) {
    if (world.rank() == 0 && !quiet) line_.emplace(StatusLine::AtEnd::keep, 0.0);
}

void SweepProgress::add(const std::string& name, const Outcome& outcome) {
    mailbox_.send((outcome.valid() ? kValid : kInvalid) +
                  data::printable(name + ": " + outcome_text(outcome)));
    show_arrived();
}

void SweepProgress::show(const std::string& name, const ProgressRow& row, std::int64_t together) {
    show_arrived();
    if (!line_) return;
    const double done = (static_cast<double>(ended_) + static_cast<double>(together) * row.done()) /
                        static_cast<double>(trainings_);
    const std::int64_t training = std::min(ended_ + 1, trainings_);
    line_->show_interim(
        done, position(training, done) + data::printable(": " + name + ": " + position_text(row)));
}

void SweepProgress::finish() {
    const auto poll_until = [this](auto&& holds) {
        while (show_arrived(), !holds()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    poll_until([this] { return mailbox_.all_received(); });
    mpi::Request all_here = mpi::start_barrier(world_);
    poll_until([&] { return all_here.complete(); });
    if (line_) line_->end();
    mailbox_.close();
}

void SweepProgress::show_arrived() {
    if (world_.rank() != 0) return;
    for (const std::string& message : mailbox_.take()) show_ended(message);
}

void SweepProgress::show_ended(const std::string& message) {
    ++ended_;
    if (!line_) return;
    const double done = static_cast<double>(ended_) / static_cast<double>(trainings_);
    const std::string text = position(ended_, done) + ": " + message.substr(1);
    if (message[0] == kValid) return line_->show(done, text);
    line_->end();  // a failure stays, and has a line of its own also in a file
    std::cerr << text + "\n" << std::flush;
}

std::string SweepProgress::position(std::int64_t training, double done) const {
    std::string text = "training " + std::to_string(training) + " of " + std::to_string(trainings_);
    constexpr double kWorthSaying = 1.0;  // s
    const double left = watch_.seconds() * (1.0 - done) / std::max(done, 1e-9);
    if (done > 0.0 && left >= kWorthSaying) text += ", " + duration_text(left) + " left";
    return text;
}

}  // namespace hogwild::app
