#pragma once
#include <algorithm>
#include <cmath>
#include <string_view>

/// Losses by margin m = y (w . x). Each is a type with
///
///     kName            as users call it
///     value(m)         the loss of a document
///     slope(m) >= 0    -dL/dm, which a step follows; 0: the document asks for no change. In
///                      float or double
///
/// A value is not a number if m is not: it must not pass for 0.
namespace hogwild::model {

enum class LossKind { hinge, squared_hinge, logistic, modified_huber };

/// max(0, 1 - m), the loss of the linear SVM.
struct Hinge {
    static constexpr LossKind kKind = LossKind::hinge;
    static constexpr std::string_view kName = "hinge";
    /// Without a branch, so that loops become vectors; in this order the maximum keeps what is not
    /// a number.
    static double value(double margin) noexcept { return std::max(1.0 - margin, 0.0); }
    template <class Real>
    static Real slope(Real margin) noexcept {
        return margin < Real{1} ? Real{1} : Real{0};
    }
};

/// max(0, 1 - m)^2, of the linear SVM with L2 loss.
struct SquaredHinge {
    static constexpr LossKind kKind = LossKind::squared_hinge;
    static constexpr std::string_view kName = "squared-hinge";
    static double value(double margin) noexcept {
        const double below = Hinge::value(margin);
        return below * below;
    }
    template <class Real>
    static Real slope(Real margin) noexcept {
        return margin < Real{1} ? Real{2} * (Real{1} - margin) : Real{0};
    }
};

/// log(1 + exp(-m)), without overflow.
struct Logistic {
    static constexpr LossKind kKind = LossKind::logistic;
    static constexpr std::string_view kName = "logistic";
    static double value(double margin) noexcept {
        return margin > 0.0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    template <class Real>
    static Real slope(Real margin) noexcept {
        return Real{1} / (Real{1} + std::exp(margin));
    }
};

/// max(0, 1 - m)^2 from m = -1 on, and the tangent there, -4 m, below (Zhang 2004): outliers pull
/// with a bounded force.
struct ModifiedHuber {
    static constexpr LossKind kKind = LossKind::modified_huber;
    static constexpr std::string_view kName = "modified-huber";
    static double value(double margin) noexcept {
        return margin < -1.0 ? -4.0 * margin : SquaredHinge::value(margin);
    }
    template <class Real>
    static Real slope(Real margin) noexcept {
        return margin < Real{-1} ? Real{4} : SquaredHinge::slope(margin);
    }
};

/// Calls `f` with an instance of the loss's type: dispatch once, outside the kernels.
template <class F>
decltype(auto) with_loss(LossKind kind, F&& f) {
    switch (kind) {
        case LossKind::squared_hinge:
            return f(SquaredHinge{});
        case LossKind::logistic:
            return f(Logistic{});
        case LossKind::modified_huber:
            return f(ModifiedHuber{});
        case LossKind::hinge:
            break;
    }
    return f(Hinge{});
}

}  // namespace hogwild::model
