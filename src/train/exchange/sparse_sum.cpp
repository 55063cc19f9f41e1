#include "train/exchange/sparse_sum.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "mpi/communicator.hpp"
#include "mpi/count.hpp"
#include "mpi/error.hpp"

namespace hogwild::train {
namespace {

using mpi::check;

void check_message(bool holds) {
    if (!holds) throw std::runtime_error("a message of an exchange does not fit the others");
}

}  // namespace

template <class Real>
SparseSum<Real>::SparseSum(MPI_Comm comm, bool sums, const WeightBlocks& blocks)
    : comm_(comm),
      adds_(sums),
      blocks_(blocks),
      me_(static_cast<std::size_t>(mpi::Communicator(comm).rank())),
      adder_(blocks, me_),
      incoming_(blocks.groups()),
      outgoing_(blocks.groups()),
      sums_(blocks.weights()),
      in_sums_(blocks.count()) {}

template <class Real>
void SparseSum<Real>::start(std::span<const Real> changes, const GroupShare& own, bool bfloat16) {
    changes_ = changes;
    own_ = own;
    bfloat16_ = bfloat16;
    bytes_sent_ = 0.0;
    changed_ = 0;
    ++number_;
    for (std::size_t block = 0; block < blocks_.count(); ++block) {
        if (in_sums_[block]) std::ranges::fill(blocks_.of(std::span(sums_), block), Real{0});
        in_sums_[block] = false;
    }
    stage_ = Stage::gather;
    const ChangeWriter<Real> writer(bfloat16);
    for (std::size_t step = 1; step < blocks_.groups(); ++step) {
        const std::size_t to = (me_ + step) % blocks_.groups();  // not all to the same at once
        outgoing_[to] = new_message(0);
        blocks_.for_each_of(to, [&](std::size_t block) {
            writer.append(block, blocks_.of(changes, block), outgoing_[to]);
        });
        send(outgoing_[to], to, kChanges);
    }
}

template <class Real>
std::vector<std::byte> SparseSum<Real>::new_message(std::int64_t changes) const {
    std::vector<std::byte> message(sizeof(Header));
    const Header header{number_, changes, bfloat16_ ? 1 : 0, own_};
    std::memcpy(message.data(), &header, sizeof header);
    return message;
}

template <class Real>
void SparseSum<Real>::send(const std::vector<std::byte>& message, std::size_t to, int tag) {
    sending_.emplace_back();
    check(MPI_Isend(message.data(), mpi::count_of(message.size()), MPI_BYTE, static_cast<int>(to),
                    tag, comm_, &sending_.back()),
          "MPI_Isend");
    bytes_sent_ += static_cast<double>(message.size());
}

template <class Real>
bool SparseSum<Real>::poll() {
    if (stage_ == Stage::gather && receive()) {
        add_up();
        stage_ = Stage::hand_out;
    }
    if (stage_ == Stage::hand_out && receive() && all_sent()) {
        take_sums();
        stage_ = Stage::idle;
    }
    return stage_ == Stage::idle;
}

/// A leader that is ahead may have sent changes of the next sum, but no sums of it: these need
/// changes of this leader. So a message with the tag of the stage belongs to it.
/// @return whether this stage has a message of every other leader.
template <class Real>
bool SparseSum<Real>::receive() {
    for (int found = 1; found != 0;) {
        MPI_Message matched = MPI_MESSAGE_NULL;
        MPI_Status status;
        const auto is_missing = [&](std::size_t k) { return k != me_ && !incoming_[k].begun; };
        std::size_t missing = 0;
        while (missing < incoming_.size() && !is_missing(missing)) ++missing;
        if (missing == incoming_.size()) break;
        check(MPI_Improbe(MPI_ANY_SOURCE, tag(), comm_, &found, &matched, &status), "MPI_Improbe");
        if (found != 0) begin_receiving(status.MPI_SOURCE, matched, status);
    }
    bool all = true;
    for (std::size_t k = 0; k < incoming_.size(); ++k) {
        Incoming& message = incoming_[k];
        if (k == me_ || message.complete) continue;
        int done = 0;
        if (message.begun) {
            check(MPI_Test(&message.receiving, &done, MPI_STATUS_IGNORE), "MPI_Test");
        }
        message.complete = done != 0;
        all = all && message.complete;
    }
    return all;
}

template <class Real>
void SparseSum<Real>::begin_receiving(int source, MPI_Message& matched, const MPI_Status& status) {
    Incoming& message = incoming_[static_cast<std::size_t>(source)];
    check_message(!message.begun && static_cast<std::size_t>(source) != me_);
    int length = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &length), "MPI_Get_count");
    check_message(length != MPI_UNDEFINED && length >= static_cast<int>(sizeof(Header)));
    message.bytes.resize(static_cast<std::size_t>(length));
    check(MPI_Imrecv(message.bytes.data(), length, MPI_BYTE, &matched, &message.receiving),
          "MPI_Imrecv");
    message.begun = true;
}

template <class Real>
bool SparseSum<Real>::all_sent() {
    int done = 0;
    check(MPI_Testall(mpi::count_of(sending_.size()), sending_.data(), &done, MPI_STATUSES_IGNORE),
          "MPI_Testall");
    if (done != 0) sending_.clear();
    return done != 0;
}

template <class Real>
typename SparseSum<Real>::Header SparseSum<Real>::header_of(
    std::span<const std::byte> message) const {
    Header header;
    std::memcpy(&header, message.data(), sizeof header);
    check_message(header.number == number_ && (header.bfloat16 != 0) == bfloat16_);
    return header;
}

/// All changes of this leader's blocks are there.
template <class Real>
void SparseSum<Real>::add_up() {
    std::vector<GroupShare> shares(blocks_.groups(), own_);
    std::vector<std::span<const std::byte>> messages(blocks_.groups());
    for (std::size_t k = 0; k < messages.size(); ++k) {
        if (k == me_) continue;
        shares[k] = header_of(incoming_[k].bytes).share;
        messages[k] = std::span<const std::byte>(incoming_[k].bytes).subspan(sizeof(Header));
        incoming_[k].begun = incoming_[k].complete = false;
    }
    totals_ = GroupTotals::of(adds_, shares);
    own_sums_ = new_message(0);
    const auto changes = static_cast<std::int64_t>(
        adder_.add_up(changes_, messages, totals_.factors, bfloat16_, sums_, own_sums_));
    const Header header{number_, changes, bfloat16_ ? 1 : 0, own_};
    std::memcpy(own_sums_.data(), &header, sizeof header);
    blocks_.for_each_of(me_, [&](std::size_t block) {
        in_sums_[block] = std::ranges::any_of(blocks_.of(std::span<const Real>(sums_), block),
                                              [](Real sum) { return sum != 0; });
    });
    changed_ = changes;
    for (std::size_t step = 1; step < blocks_.groups(); ++step) {
        send(own_sums_, (me_ + step) % blocks_.groups(), kSums);
    }
}

/// All sums are there.
template <class Real>
void SparseSum<Real>::take_sums() {
    for (std::size_t k = 0; k < incoming_.size(); ++k) {
        if (k == me_) continue;
        const std::span<const std::byte> message(incoming_[k].bytes);
        changed_ += header_of(message).changes;
        ChangeReader<Real> reader(message.subspan(sizeof(Header)), blocks_, bfloat16_);
        while (!reader.at_end()) {
            const std::size_t block = reader.block();
            check_message(blocks_.owner(block) == k);
            in_sums_[block] = true;
            const std::span<Real> sums = blocks_.of(std::span(sums_), block);
            reader.next([sums](std::size_t u, Real value) { sums[u] = value; });
        }
        incoming_[k].begun = incoming_[k].complete = false;
    }
}

template <class Real>
double SparseSum<Real>::changed_share() const noexcept {
    return static_cast<double>(changed_) / static_cast<double>(blocks_.weights());
}

template class SparseSum<float>;
template class SparseSum<double>;

}  // namespace hogwild::train
