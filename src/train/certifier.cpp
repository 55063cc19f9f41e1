#include "train/certifier.hpp"

namespace hogwild::train {
namespace {

constexpr int kMost = 60;            // evaluations
constexpr double kPrecision = 1e-7;  // of the root

struct End {
    double x;
    double f;
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

double find_root(const std::function<double(double)>& f, double start) {
    int left = kMost;
    const End first{start, f(start)};
    const End other = look(f, first, left);
    End low = first.f <= 0.0 ? first : other;
    End high = first.f <= 0.0 ? other : first;
    int side = 0;
    for (; left > 0 && low.f < 0.0 && high.f > 0.0; --left) {
        if (high.x - low.x <= kPrecision * (1.0 + std::abs(low.x))) break;
        double x = low.x - low.f * (high.x - low.x) / (high.f - low.f);
        if (!(x > low.x && x < high.x)) x = 0.5 * (low.x + high.x);
        const double value = f(x);
        if (value < 0.0) {
            low = {x, value};
            if (side < 0) high.f *= 0.5;
            side = -1;
        } else {
            high = {x, value};
            if (side > 0) low.f *= 0.5;
            side = 1;
        }
    }
    return low.f == 0.0 || -low.f < high.f ? low.x : high.x;
}

}  // namespace hogwild::train
