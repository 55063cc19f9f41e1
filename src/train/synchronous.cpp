/// Synchronous minibatch SGD (hogwild-python's, and with a batch fraction Spark's): every rank
/// computes a batch's change at the same weights, the changes are added up in rank order, everyone
/// applies the same total. The same seed and rank count give the same bits.
#include <algorithm>

#include "hogwild/model/accumulator.hpp"
#include "hogwild/mpi/collectives.hpp"
#include "hogwild/train/batch_step.hpp"
#include "hogwild/train/decay.hpp"
#include "hogwild/train/delta_message.hpp"
#include "strategy_list.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Synchronous final : public Strategy {
public:
    Synchronous(const Problem& problem, const mpi::Communicators& comms)
        : comm_(comms.world()),
          step_(problem),
          w_(problem.objective.n_weights()),
          sums_(problem.objective.n_weights()),
          decay_(Decay::make<Real>(problem, std::span(&slot_, 1), 0)) {}

    void run(std::int64_t until) override {
        const std::span<Real> w(w_);
        // A rank without batches left goes on with empty ones: the others wait for its share.
        for (; iteration_ < until; ++iteration_) {
            const auto change = step_.compute(iteration_, std::span<const Real>(w_));
            DeltaMessage::pack(change.exponent, change.documents, change.delta, mine_);
            mpi::all_gather(comm_, mine_, all_);
            add_up();
            decay_.advance(w, exponent_, documents_);
            step_.add(w, total_);
        }
    }
    void quiesce() override { decay_.flush(std::span<Real>(w_)); }
    void weights(std::span<double> out) override {
        std::ranges::transform(w_, out.begin(), [](Real w) { return static_cast<double>(w); });
    }
    void close() override {}

private:
    /// total_ = sum of all ranks' changes, in rank order: one batch of all ranks.
    void add_up() {
        exponent_ = 0.0;
        documents_ = 0;
        for (const std::span<const std::byte> bytes : all_.parts()) {
            const DeltaMessage::View part = DeltaMessage::unpack(bytes);
            exponent_ += part.header.exponent;
            documents_ += part.header.documents;
            for (std::size_t k = 0; k < part.index.size(); ++k) {
                sums_.add(part.index[k], part.value[k], 0.0);
            }
        }
        total_.clear();
        sums_.drain([&](std::uint32_t u, const auto& sums) { total_.push(u, sums.pull); });
    }

    MPI_Comm comm_;
    std::int64_t iteration_ = 0;
    BatchStep<Real> step_;
    std::vector<Real> w_;
    model::BatchAccumulator sums_;
    model::SparseDelta total_;
    double exponent_ = 0.0;
    std::size_t documents_ = 0;
    std::vector<std::byte> mine_;
    mpi::GatheredBytes all_;
    ExponentSlot slot_;
    Decay decay_;
};

}  // namespace

template <class Real>
std::unique_ptr<Strategy> make_synchronous(const Problem& problem,
                                           const mpi::Communicators& comms) {
    return std::make_unique<Synchronous<Real>>(problem, comms);
}
template std::unique_ptr<Strategy> make_synchronous<float>(const Problem&,
                                                           const mpi::Communicators&);
template std::unique_ptr<Strategy> make_synchronous<double>(const Problem&,
                                                            const mpi::Communicators&);

}  // namespace hogwild::train
