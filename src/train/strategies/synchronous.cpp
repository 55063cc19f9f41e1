#include "model/accumulator.hpp"
#include "mpi/collectives.hpp"
#include "train/exchange/delta_message.hpp"
#include "train/local_trainer.hpp"

namespace hogwild::train {
namespace {

/// Synchronous minibatch SGD (as in hogwild-python, and with a batch fraction as in Spark): every
/// rank computes the change of a batch at the same weights, the changes are summed in rank order,
/// and every rank applies the same total. The same seed and rank count give the same bits.
template <class Real>
class Synchronous final : public LocalUpdate<Real> {
public:
    Synchronous(const TrainingContext& context, const mpi::Communicators& comms,
                LocalWeights<Real>& weights)
        : LocalUpdate<Real>(context, comms, weights),
          comm_(comms.world()),
          sums_(context.objective.shape.size()) {}

    void operator()(const PlainReader::Batch& batch, const Step& step) {
        const model::SparseDelta& change = this->w_.change_of(batch, step);
        mine_.clear();
        DeltaMessage::pack(step.eta * static_cast<double>(batch.size()), batch.size(), change.value,
                           change.index, {}, mine_);
        mpi::all_gather(comm_, mine_, all_);
        add_up();
        this->w_.apply(step_sum_, documents_, total_);
        staleness_.add(0);  // no rank writes between another's reading and writing
    }
    /// A rank that has no batches left continues with empty ones, since the others wait for it.
    static std::int64_t end_of_round(std::int64_t until) { return until; }
    void add_to(Meters& meters) const { meters.staleness = staleness_; }

private:
    /// total_ = sum of all ranks' changes, in rank order: one batch of all ranks.
    void add_up() {
        step_sum_ = 0.0;
        documents_ = 0;
        for (const std::span<const std::byte> bytes : all_.parts()) {
            const DeltaMessage::View part = DeltaMessage::unpack(bytes);
            step_sum_ += part.header.step_sum;
            documents_ += part.header.documents;
            for (std::size_t k = 0; k < part.index.size(); ++k) {
                sums_.add(part.index[k], part.value[k], 0.0);
            }
        }
        total_.clear();
        sums_.drain([&](std::uint32_t u, const auto& sums) { total_.push(u, sums.gradient); });
    }

    MPI_Comm comm_;
    model::BatchAccumulator sums_;
    model::SparseDelta total_;
    double step_sum_ = 0.0;
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
    .make = make_local_trainer<Synchronous>};

}  // namespace hogwild::train
