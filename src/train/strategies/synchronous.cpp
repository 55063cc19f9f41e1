/// Synchronous minibatch SGD (hogwild-python's, and with a batch fraction Spark's): every rank
/// computes a batch's change at the same weights, the changes are added up in rank order, everyone
/// applies the same total. The same seed and rank count give the same bits.
#include "model/accumulator.hpp"
#include "mpi/collectives.hpp"
#include "train/exchange/delta_message.hpp"
#include "train/registry.hpp"
#include "train/weights/own_weights.hpp"

namespace hogwild::train {
namespace {

template <class Real>
class Synchronous final : public OwnWeightsStrategy<Real> {
public:
    Synchronous(const TrainingContext& context, const mpi::Communicators& comms)
        : OwnWeightsStrategy<Real>(context, comms),
          comm_(comms.world()),
          sums_(context.objective.n_weights()) {}

    void run(std::int64_t until) override {
        // A rank without batches left goes on with empty ones: the others wait for its share.
        for (; this->iteration_ < until; ++this->iteration_) {
            const auto change = this->compute();
            mine_.clear();
            DeltaMessage::pack(change.exponent, change.documents, change.delta.value,
                               change.delta.index, {}, mine_);
            mpi::all_gather(comm_, mine_, all_);
            add_up();
            this->apply(exponent_, documents_, total_);
            staleness_.add(0);  // nobody writes between anybody's reading and writing
        }
    }
    Meters meters() const override {
        Meters meters = OwnWeightsStrategy<Real>::meters();
        meters.staleness = staleness_;
        return meters;
    }

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
    model::BatchAccumulator sums_;
    model::SparseDelta total_;
    double exponent_ = 0.0;
    std::size_t documents_ = 0;
    std::vector<std::byte> mine_;
    mpi::GatheredBytes all_;
    StalenessHistogram staleness_;
};

}  // namespace

extern const StrategyInfo kSynchronous{
    .name = "synchronous",
    .summary = "a copy per rank, one step for the sum of all ranks' batches",
    .reference = "seed paper, section II.C",
    .sums_batches = true,
    .make = make_with<Synchronous>};

}  // namespace hogwild::train
