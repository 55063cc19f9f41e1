#include "train/matrix_trainer.hpp"

#include <stdexcept>
#include <string>

namespace hogwild::train {

void check_matrix_context(Precision precision, const TrainingContext& context) {
    const auto require = [](bool holds, const char* what) {
        if (!holds) throw std::invalid_argument(std::string("several outputs need ") + what);
    };
    using Form = RegularizationPlan::Form;
    const Form form = context.regularization.form();
    require(precision != Precision::double_, "weights in float or bfloat16");
    require(context.rows.layout() != model::TrainingRows::Layout::plain, "compact rows");
    require(form == Form::none || form == Form::common_scale, "l2 as a common scale");
    require(!records(context), "a run without snapshots and averages");
}

}  // namespace hogwild::train
