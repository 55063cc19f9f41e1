#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/cache_line_allocator.hpp"
#include "mpi/communicators.hpp"
#include "mpi/shared_window.hpp"
#include "train/context.hpp"
#include "train/regularization/lazy_l2_scale.hpp"

namespace hogwild::train {

/// Lazy weight decay of a weight matrix, see LazyL2Scale: the weights of output o are w = s_o v
/// with a scale of its own, s_o = exp(-lambda_o r_o (E - E_o)). r_o is its rate_share, E the step
/// sum of all ranks of the group, and E_o that at which the output was last materialized.
///
/// During training an output is materialized when its own scale is too small. So its weights have
/// the bits that they would have without the other outputs. Between the calls, presence is as
/// LazyL2Scale describes it.
class OutputScales {
public:
    /// Bytes of shared memory. @param ranks  of the group.
    static std::uint64_t bytes(std::size_t outputs, int ranks) {
        return mpi::SharedWindow<double>::bytes(outputs) + LazyL2Scale::bytes(ranks);
    }
    /// @param stride  floats of a row; what is behind the outputs has the scale 1.
    /// @note Collective over the group, here and in close().
    OutputScales(const TrainingContext& context, const mpi::Communicators& comms,
                 std::size_t stride);
    void close();

    /// w / v by output, as this rank estimated it at the last renew().
    std::span<const float> values() const noexcept { return values_; }
    /// 1 / values().
    std::span<const float> inverses() const noexcept { return inverses_; }
    /// How often this rank has multiplied v during training.
    std::int64_t materializations() const noexcept { return calls_.materializations(); }

    /// Computes all scales. @param exponent  E, see above.
    void advance(double exponent) noexcept;
    /// Whether this rank must call materialize(). After advance().
    bool due() const noexcept;
    /// values() and inverses() become those of the last advance().
    void renew() noexcept;

    // As with LazyL2Scale; but each sets factors(): of this rank's copies of v or, where v itself
    // must be multiplied, of that.

    void enter();
    void leave() noexcept { calls_.leave(); }
    void catch_up() noexcept;
    /// @return factors(), of v.
    std::span<const float> materialize_at_boundary(double exponent) noexcept;
    /// @param exponent  returns E. @param multiply  multiplies v: takes factors by output, of which
    ///                  most may be 1, and E.
    template <class Exponent, class Multiply>
    void materialize(Exponent&& exponent, Multiply&& multiply) {
        double now = 0.0;
        calls_.materialize([&] { return now = exponent(); },
                           [&](double) { multiply(materialize_small(now), now); });
        take_over();
    }

    /// By output. @pre has_factors()
    std::span<const float> factors() const noexcept { return factors_; }
    /// Whether the last of the calls above has found an output that others have materialized.
    bool has_factors() const noexcept { return has_factors_; }

private:
    using Floats = std::vector<float, data::CacheLineAllocator<float>>;

    double scale(std::size_t rate, double exponent) const noexcept;
    /// Materializes those that are too small. @return the factors of v.
    std::span<const float> materialize_small(double exponent) noexcept;
    void take_over() noexcept;
    /// Of all outputs with this rate.
    void set_factors(std::span<const double> by_rate) noexcept;

    LazyL2Scale calls_;                       ///< at the largest rate: who waits for whom
    std::vector<double> rates_;               ///< lambda_o r_o, each once
    std::vector<std::size_t> rate_of_;        ///< by output
    mpi::SharedWindow<double> materialized_;  ///< E_o by rate, of all ranks
    std::vector<double> known_materialized_;  ///< as of the last take_over()
    std::vector<double> scales_;              ///< by rate
    std::vector<double> factor_of_rate_;
    Floats values_;
    Floats inverses_;
    Floats factors_;
    bool has_factors_ = false;
};

}  // namespace hogwild::train
