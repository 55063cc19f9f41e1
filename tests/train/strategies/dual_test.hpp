#pragma once
// A run of dual coordinate ascent, for the tests of it on one node and on several.
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "train/certificate.hpp"
#include "train/strategy_test.hpp"

namespace hogwild::train {

struct DualSetting {
    model::LossKind loss = model::LossKind::hinge;
    double lambda = 1e-2;
    Precision precision = Precision::double_;
    bool bias = true;
    DualPlan dual = {};
    std::int64_t epochs = 400;
    std::size_t head = 60;
    std::int64_t merge_every = 16;
    model::ClassWeights class_weights = {};
};

class DualTest : public StrategyTest {
protected:
    explicit DualTest(int replicas = 1) : StrategyTest(replicas) {}

    struct Outcome {
        Certificate certificate;
        std::vector<double> weights;
        std::vector<double> uncertified;  ///< those before the last certificate
        std::int64_t epochs = 0;
        Meters meters;
    };

    static model::Objective objective_of(const DualSetting& s, const data::Rows& rows,
                                         std::size_t features) {
        model::Objective o = make_objective(model::Regularizer::l2, rows, features);
        o.lambda = s.lambda;
        o.loss = s.loss;
        o.bias = s.bias;
        const model::DocumentWeights sums = model::weights_of(rows);
        const double mean =
            (sums.positive * s.class_weights.positive + sums.negative * s.class_weights.negative) /
            static_cast<double>(rows.size());
        o.class_weights = s.class_weights;
        o.step_weights = {s.class_weights.negative / mean, s.class_weights.positive / mean};
        return o;
    }

    /// Trains until the gap is reached, or for all epochs.
    /// @param at_end  called on every rank after each epoch.
    Outcome solve(const DualSetting& s, const data::Rows& all, std::size_t features,
                  const std::function<void(std::int64_t)>& at_end = {}) {
        const StrategyInfo& info = strategy_info("dual");
        const model::Objective objective = objective_of(s, all, features);
        const HotHeadPlan head{true, std::min(s.head, features), s.merge_every};
        const data::Rows part = own_part(all, comms_.size());
        model::TrainingRows own(info.row_layout(head, true, objective.shape), head.size);
        own.append(part, 0, part.size());
        const std::int64_t per_epoch = mpi::max(comms_.world(), own.size());
        const auto batches =
            info.batches({Sampler::Kind::permutation, own.size(), 1, 0, s.epochs, 3, comms_.rank()},
                         s.dual, per_epoch);
        TrainingContext context{objective, own, *batches, {}, {}, all.size()};
        context.oversubscribed = comms_.size() > 2;
        context.hot_head_plan = head;
        context.dual = s.dual;
        context.dual.groups = comms_.replicas();
        const auto trainer = info.make(s.precision, context, comms_);
        Outcome out;
        out.weights.resize(objective.shape.size());
        out.uncertified.resize(objective.shape.size());
        std::optional<Certificate> now;
        while (out.epochs < s.epochs) {
            trainer->run(++out.epochs * per_epoch);
            trainer->quiesce();
            if (at_end) at_end(out.epochs);
            trainer->weights(out.uncertified);
            now = trainer->certify(out.epochs == s.epochs);
            if (now && s.dual.gap && now->relative_gap() <= *s.dual.gap) break;
        }
        out.certificate = *now;
        trainer->weights(out.weights);
        out.meters = trainer->meters().summed(comms_.world());
        mpi::barrier(comms_.world());
        trainer->close();
        return out;
    }

    /// 40 times the same 50 documents.
    static data::Rows duplicated_rows() {
        data::Rows copies;
        const data::Rows once = reference::random_rows(50, 20, 6);
        for (int k = 0; k < 40; ++k) {
            for (std::int64_t i = 0; i < once.size(); ++i)
                copies.append(once.row(i), once.label(i));
        }
        return copies;
    }
    /// For solve(): the last rank sleeps after some epochs.
    std::function<void(std::int64_t)> sleeps_now_and_then() const {
        return [this](std::int64_t epoch) {
            if (comms_.rank() != comms_.size() - 1 || epoch % 3 != 0) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        };
    }

    /// What the certificate says of the primal objective, computed plainly.
    static double primal(const DualSetting& s, const std::vector<double>& w,
                         const data::Rows& rows) {
        const model::Objective o = objective_of(s, rows, w.size() - 1);
        double loss = 0.0;
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const data::SparseRow x = rows.row(i);
            double score = s.bias ? w.back() : 0.0;
            for (std::size_t k = 0; k < x.size(); ++k) {
                score += w[x.index[k]] * static_cast<double>(x.value[k]);
            }
            const double c = o.step_weights.of(rows.label(i)) * static_cast<double>(rows.weight(i));
            loss += c * model::with_loss(s.loss, [&]<class Loss>(Loss) {
                        return Loss::value(rows.label(i) * score);
                    });
        }
        double norm2 = 0.0;
        for (const double v : w) norm2 += v * v;
        return loss / static_cast<double>(rows.size()) + 0.5 * s.lambda * norm2;
    }
};

inline constexpr model::LossKind kLosses[] = {
    model::LossKind::hinge, model::LossKind::squared_hinge, model::LossKind::logistic,
    model::LossKind::modified_huber};

}  // namespace hogwild::train
