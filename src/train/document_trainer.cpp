#include "train/document_trainer.hpp"

namespace hogwild::train {

model::TrainingRows::Layout document_layout(const HotHeadPlan& plan, bool writes_only_active,
                                            const model::WeightShape& shape) {
    if (!plan.by_document || !writes_only_active) return model::TrainingRows::Layout::plain;
    return compact_layout(shape);
}

model::TrainingRows::Layout compact_layout(const model::WeightShape& shape) {
    using Layout = model::TrainingRows::Layout;
    return shape.features < std::size_t{1} << 16 ? Layout::narrow : Layout::wide;
}

std::uint64_t document_or_batch_bytes(const SharedMemoryPlan& plan) {
    return shared_trainer_bytes<Protection>(plan) + HotWeights<float>::head_bytes(plan);
}

}  // namespace hogwild::train
