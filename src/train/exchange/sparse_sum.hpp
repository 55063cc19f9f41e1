#pragma once
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "train/exchange/change_sum.hpp"
#include "train/exchange/group_share.hpp"
#include "train/exchange/weight_blocks.hpp"

namespace hogwild::train {

/// The sum of the changes of all groups, without blocking: each leader sends each owner of blocks
/// its changes there (ChangeWriter), the owner adds them up and sends the sums to all leaders. So
/// what a leader sends and receives is at most about twice the changes of a group plus twice those
/// of all, however many groups there are. All leaders end with the same bits.
///
/// MPI progresses only when called, so poll() must be called until it returns true, also after the
/// last message has come: it sends, too.
template <class Real>
class SparseSum {
public:
    /// @param comm  of the leaders, in group order; no one else receives messages in it.
    SparseSum(MPI_Comm comm, bool sums, const WeightBlocks& blocks);
    SparseSum(const SparseSum&) = delete;
    SparseSum& operator=(const SparseSum&) = delete;
    ~SparseSum() = default;  // never communicates

    /// @param changes   of this group, by weight; must stay until the sum is there.
    /// @param bfloat16  values of messages; `changes` are rounded to them already.
    /// @pre there is no sum under way.
    void start(std::span<const Real> changes, const GroupShare& own, bool bfloat16);
    /// @return whether the sum is there. @throws MpiError, or std::runtime_error if a message is
    /// damaged or longer than MPI can count.
    bool poll();
    void wait() {
        while (!poll()) {
        }
    }
    /// What is left of roundings of earlier sums is forgotten.
    void restart() noexcept { adder_.restart(); }

    // The sum, until the next start().
    std::span<const Real> sums() const noexcept { return sums_; }  ///< by weight
    /// By block, whether sums() has a change there.
    const std::vector<bool>& in_sums() const noexcept { return in_sums_; }
    const GroupTotals& totals() const noexcept { return totals_; }
    /// Weights with a change in the sum divided by all weights, on all leaders the same.
    double changed_share() const noexcept;
    /// What this leader has sent to others since start().
    double bytes_sent() const noexcept { return bytes_sent_; }

private:
    enum class Stage { idle, gather, hand_out };
    /// In front of every message.
    struct Header {
        std::int64_t number;   ///< of the sum
        std::int64_t changes;  ///< in the sums of an owner
        std::int64_t bfloat16;
        GroupShare share;
    };
    struct Incoming {
        std::vector<std::byte> bytes;
        MPI_Request receiving = MPI_REQUEST_NULL;
        bool begun = false;
        bool complete = false;
    };

    bool receive();
    void begin_receiving(int source, MPI_Message& matched, const MPI_Status& status);
    bool all_sent();
    void send(const std::vector<std::byte>& message, std::size_t to, int tag);
    void add_up();
    void take_sums();
    std::vector<std::byte> new_message(std::int64_t changes) const;
    Header header_of(std::span<const std::byte> message) const;
    int tag() const noexcept { return stage_ == Stage::gather ? kChanges : kSums; }

    static constexpr int kChanges = 1;  ///< tags
    static constexpr int kSums = 2;

    MPI_Comm comm_;
    bool adds_;  ///< changes are summed; else they are averaged
    WeightBlocks blocks_;
    std::size_t me_;
    ChangeSum<Real> adder_;
    Stage stage_ = Stage::idle;
    std::int64_t number_ = 0;
    std::span<const Real> changes_;
    GroupShare own_;
    bool bfloat16_ = false;
    std::vector<Incoming> incoming_;                ///< by group
    std::vector<std::vector<std::byte>> outgoing_;  ///< by group: its part of the changes
    std::vector<std::byte> own_sums_;               ///< the message to all
    std::vector<MPI_Request> sending_;
    std::vector<Real> sums_;
    std::vector<bool> in_sums_;
    GroupTotals totals_;
    std::int64_t changed_ = 0;
    double bytes_sent_ = 0.0;
};

}  // namespace hogwild::train
