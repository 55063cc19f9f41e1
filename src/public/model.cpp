#include "hogwild/model.hpp"

#include <utility>

#include "data/feature_set.hpp"
#include "io/hdf5_library.hpp"
#include "io/idf_store.hpp"
#include "io/model_reader.hpp"
#include "model/calibration.hpp"
#include "model/kernels.hpp"

namespace hogwild {

struct Model::Impl {
    io::Model file;
    data::FeatureSet columns;
    std::optional<model::Calibration> calibration;
    data::Preprocessing preprocessing;

    /// One more weight than the file has: 0, for all features that are new to the model.
    explicit Impl(io::Model model)
        : file(std::move(model)),
          columns(file.columns),
          calibration(model::calibration_of(file)),
          preprocessing(file.preprocessing()) {
        file.idf = {};  // it is in preprocessing
        file.weights.push_back(0.0);
    }
};

Model::Model(const std::string& path) {
    io::with_quiet_hdf5(
        [&] { impl_ = std::make_unique<const Impl>(io::read_model_of_one_output(path)); });
}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

namespace {

void check_document(std::span<const std::uint32_t> indices, std::span<const float> values) {
    if (indices.size() == values.size()) return;
    throw Error(ExitCode::usage, "a document with " + std::to_string(indices.size()) +
                                     " indices and " + std::to_string(values.size()) +
                                     " values cannot be scored; give as many of both");
}

}  // namespace

double Model::score(std::span<const std::uint32_t> indices, std::span<const float> values) const {
    check_document(indices, values);
    // New features stay in the sum: without them its rounding would change.
    std::vector<std::uint32_t> places(indices.begin(), indices.end());
    impl_->columns.number(places);
    const std::span<const double> w(impl_->file.weights);
    return model::dot(w, {places, values}) + impl_->file.bias;
}

void Model::prepare(std::span<const std::uint32_t> indices, std::span<float> values) const {
    check_document(indices, values);
    if (!impl_->preprocessing.apply(indices, values)) {
        throw Error(ExitCode::bad_data, data::Preprocessing::kTooLarge);
    }
}

std::optional<double> Model::probability(double score) const noexcept {
    if (!impl_->calibration) return std::nullopt;
    return impl_->calibration->probability(score);
}

std::int64_t Model::features() const noexcept { return impl_->file.features; }
std::int64_t Model::feature_id_base() const noexcept { return impl_->file.feature_id_base; }
std::span<const std::uint32_t> Model::columns() const noexcept { return impl_->file.columns; }
std::span<const double> Model::weights() const noexcept {
    return std::span(impl_->file.weights).first(impl_->columns.size());
}
double Model::bias() const noexcept { return impl_->file.bias; }
double Model::threshold() const noexcept { return impl_->file.threshold; }
std::string Model::normalization() const {
    return impl_->file.normalization ? data::name_of(*impl_->file.normalization) : std::string();
}
std::string Model::idf_digest() const { return io::digest_of(impl_->preprocessing.idf); }
const std::string& Model::category() const noexcept { return impl_->file.category; }
const std::string& Model::loss() const noexcept { return impl_->file.loss; }
const std::string& Model::regularizer() const noexcept { return impl_->file.regularizer; }
double Model::lambda() const noexcept { return impl_->file.lambda; }
const std::string& Model::strategy() const noexcept { return impl_->file.strategy; }
std::int64_t Model::ranks() const noexcept { return impl_->file.ranks; }
std::int64_t Model::seed() const noexcept { return impl_->file.seed; }
const std::string& Model::precision() const noexcept { return impl_->file.precision; }
const std::string& Model::options() const noexcept { return impl_->file.options; }
const std::vector<std::string>& Model::dataset_digests() const noexcept {
    return impl_->file.dataset_digests;
}
const std::string& Model::program() const noexcept { return impl_->file.program; }
const std::map<std::string, double>& Model::metrics() const noexcept { return impl_->file.metrics; }
const std::vector<std::string>& Model::warnings() const noexcept { return impl_->file.warnings; }

}  // namespace hogwild
