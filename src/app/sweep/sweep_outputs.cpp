#include "app/sweep/sweep_outputs.hpp"

#include <ostream>
#include <utility>

#include "app/common/table_stream.hpp"
#include "app/sweep/best_by_category.hpp"
#include "io/file_kind.hpp"
#include "io/text_file.hpp"

namespace hogwild::app {
namespace {

void write_text(const std::string& path, std::string text) {
    io::TextFile file(path);
    file.text() = std::move(text);
    file.commit();
}

}  // namespace

std::vector<std::string> SweepOutputs::texts() const {
    std::vector<std::string> given{options_.csv, options_.best, options_.best_by_category};
    std::erase(given, std::string());
    return given;
}

void SweepOutputs::claim() {
    if (!options_.state.empty()) locks_.emplace_back(options_.state);
    for (const std::string& output : texts()) locks_.emplace_back(output);
    for (const std::string& output : texts()) io::check_text_output(output);
}

void SweepOutputs::write(const std::vector<Training>& trainings,
                         const std::vector<PointSummary>& ranked, bool shows) const {
    const bool selects = !ranked.empty() && ranked.front().eligible;
    const std::int64_t best = selects ? ranked.front().point : 0;
    std::vector<CategoryChoice> choices;
    if (selects && !options_.best_by_category.empty()) {
        choices = choose_by_category(options_, trainings, best);
    }
    if (shows) {
        std::ostream& out = table_stream(texts());
        out << (ranked.empty() ? "this share has no points\n" : sweep_table(options_, ranked));
        if (!choices.empty()) out << category_choice_text(options_, choices, best);
        out << std::flush;
    }
    if (!options_.csv.empty()) write_text(options_.csv, sweep_csv(options_, trainings));
    if (selects && !options_.best.empty()) {
        write_text(options_.best, std::string(io::kSettingsTitle) + "\n" +
                                      options_.grid.train_options(best).effective_ini());
    }
    if (!choices.empty()) {
        write_text(options_.best_by_category, category_settings_csv(options_, choices));
    }
}

}  // namespace hogwild::app
