#include "app/sweep/sweep_digests.hpp"

#include <cstddef>
#include <span>
#include <string>

#include "app/common/run_collectively.hpp"
#include "app/train/category_settings.hpp"
#include "io/digest.hpp"
#include "io/model_file.hpp"

namespace hogwild::app {
namespace {

/// Of what a training begins with: the weights that are not 0, and the bias.
std::string digest_of(const io::Model& model) {
    io::Digest digest;
    for (std::size_t k = 0; k < model.columns.size(); ++k) {
        if (model.weights[k] == 0.0) continue;  // as if the column had none
        digest.update(std::span(&model.columns[k], 1));
        digest.update(std::span(&model.weights[k], 1));
    }
    digest.update(std::span(&model.bias, 1));
    return digest.hex();
}

std::string digest_of(const std::string& text) {
    io::Digest digest;
    digest.update(text.data(), text.size());
    return digest.hex();
}

}  // namespace

DatasetDigests digests_of(const std::vector<LabelledDataset>& opened, const TrainOptions& options,
                          const mpi::Communicators& comms) {
    DatasetDigests digests;
    digests.train = opened.front().dataset.digest();
    for (const LabelledDataset& test : std::span(opened).subspan(1)) {
        digests.test.push_back(test.dataset.digest());
    }
    if (!options.category_settings.empty()) {
        digests.category_settings =
            digest_of(read_settings_text(options.category_settings, comms.world()));
    }
    if (options.initial_model.empty()) return digests;
    run_collectively(comms.world(), [&] {
        digests.initial_model = digest_of(io::read_model(options.initial_model));
    });
    return digests;
}

}  // namespace hogwild::app
