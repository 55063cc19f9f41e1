#include "train/certifier.hpp"

#include <algorithm>
#include <cmath>

namespace hogwild::train {
namespace {

constexpr int kMost = 60;            // evaluations
constexpr double kPrecision = 1e-7;  // of the root

struct End {
    double x;
    double f;
    double weight = 1.0;  ///< of f in the next secant
    bool is_new = false;  ///< it was the last to move
};

/// Looks in growing steps for an end on the other side of the root.
End look(const std::function<double(double)>& f, End from, int& left) {
    double step = from.f > 0.0 ? -0.01 : 0.01;
    End end = from;
    while (left > 0 && end.f * from.f > 0.0) {
        end.x += step;
        end.f = f(end.x);
        step *= 4.0;
        --left;
    }
    return end;
}

}  // namespace

double find_root(const std::function<double(double)>& f, double start, double enough) {
    int left = kMost;
    const End first{start, f(start)};
    const End other = look(f, first, left);
    End low = first.f <= 0.0 ? first : other;
    End high = first.f <= 0.0 ? other : first;
    for (; left > 0 && low.f < 0.0 && high.f > 0.0; --left) {
        const double width = high.x - low.x;
        if (width <= kPrecision * (1.0 + std::abs(low.x))) break;
        if (width * std::min(-low.f, high.f) <= enough) break;
        const double below = low.weight * low.f;
        double x = low.x - below * width / (high.weight * high.f - below);
        if (!(x > low.x && x < high.x)) x = 0.5 * (low.x + high.x);
        const double value = f(x);
        End& moved = value < 0.0 ? low : high;
        End& stays = value < 0.0 ? high : low;
        stays.weight = moved.is_new ? 0.5 * stays.weight : 1.0;
        moved = {x, value};
        moved.is_new = true;
        stays.is_new = false;
    }
    return low.f == 0.0 || -low.f < high.f ? low.x : high.x;
}

}  // namespace hogwild::train
