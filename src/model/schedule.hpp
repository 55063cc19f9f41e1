#pragma once
#include <cmath>

namespace hogwild::model {

/// The learning rate per document, as a function of progress alone.
struct StepSchedule {
    enum class Kind {
        constant,  ///< eta
        inverse,   ///< eta / (1 + eta lambda t), t = documents processed by all ranks
        decay      ///< eta beta^floor(epoch)
    };
    Kind kind = Kind::constant;
    double eta = 0.035;    ///< > 0
    double lambda = 1e-4;  ///< of the objective
    double beta = 0.9;     ///< in (0, 1]

    /// @param documents  processed by all ranks so far.
    /// @param epoch      documents / training documents.
    double at(double documents, double epoch) const noexcept {
        switch (kind) {
            case Kind::inverse:
                return eta / (1.0 + eta * lambda * documents);
            case Kind::decay:
                return eta * std::pow(beta, std::floor(epoch));
            case Kind::constant:
                break;
        }
        return eta;
    }
};

}  // namespace hogwild::model
