#include "app/evaluate/score_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "app/common/last_words.hpp"
#include "app/evaluate/document_match.hpp"
#include "app/evaluate/text_labels.hpp"
#include "data/error.hpp"
#include "data/line_cursor.hpp"
#include "io/block_stream.hpp"
#include "io/dataset.hpp"
#include "io/score_matrix_reader.hpp"
#include "io/text_reader.hpp"

namespace hogwild::app {
namespace {

/// A document of --data, or of the scores.
struct ScoredDocument {
    std::int64_t id = 0;
    double score = 0.0;
    int label = 0;  ///< 0: none
};

using Words = std::vector<std::string_view>;

/// The lines of a file of scores, which have the columns of the first one.
class ScoreParser {
public:
    explicit ScoreParser(const EvaluateOptions& options)
        : options_(options), labels_(options.positive) {}

    void add(std::string_view line) {
        split(line);
        if (words_.empty()) return;
        if (columns_ == 0) set_columns();
        if (words_.size() != columns_) {
            throw data::LineError(1, "has " + std::to_string(words_.size()) +
                                         " columns, and the lines before have " +
                                         std::to_string(columns_));
        }
        ScoredDocument document;
        document.score = number(words_[score_column()], line);
        if (has_labels()) labels_.add(words_.front());
        if (has_ids()) document.id = id(words_.front(), line);
        documents_.push_back(document);
    }

    bool has_ids() const noexcept { return columns_ >= 2 && !options_.data.empty(); }
    bool has_labels() const noexcept { return !options_.labels_elsewhere(); }
    std::vector<ScoredDocument>& documents() noexcept { return documents_; }
    TextLabels& labels() noexcept { return labels_; }

private:
    void split(std::string_view line) {
        words_.clear();
        data::LineCursor cursor(line);
        for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
            words_.push_back(cursor.word());
        }
        if (!words_.empty() && words_.front().starts_with('#')) words_.clear();
    }
    void set_columns() {
        columns_ = words_.size();
        if (!has_labels() || columns_ == 2) return;
        throw data::LineError(
            1, columns_ == 1
                   ? "a score without a label: put the label before it, or name the labels by "
                     "--data or --labels"
                   : "has " + std::to_string(columns_) +
                         " columns, and none is known to be the label: name the labels by --data "
                         "or --labels, or give two columns, label and score");
    }
    std::size_t score_column() const noexcept {
        if (options_.probability && columns_ >= 4) return 3;
        return columns_ == 1 ? 0 : 1;
    }
    [[noreturn]] static void refuse_word(std::string_view word, std::string_view line,
                                         const std::string& what) {
        throw data::LineError(static_cast<std::size_t>(word.data() - line.data()) + 1,
                              "'" + std::string(word) + "' is " + what);
    }
    double number(std::string_view word, std::string_view line) const {
        std::string_view digits = word;
        if (digits.starts_with('+')) digits.remove_prefix(1);
        double value = 0.0;
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value);
        if (error != std::errc() || stop != end || !std::isfinite(value)) {
            refuse_word(word, line, "no score: a finite number is expected");
        }
        if (options_.probability && !(value >= 0.0 && value <= 1.0)) {
            refuse_word(word, line, "no probability: --probability needs numbers from 0 to 1");
        }
        return value;
    }
    static std::int64_t id(std::string_view word, std::string_view line) {
        std::int64_t value = 0;
        const char* const end = word.data() + word.size();
        const auto [stop, error] = std::from_chars(word.data(), end, value);
        if (error != std::errc() || stop != end) {
            refuse_word(word, line, "no document id: a whole number is expected");
        }
        return value;
    }

    const EvaluateOptions& options_;
    std::size_t columns_ = 0;
    Words words_;
    std::vector<ScoredDocument> documents_;
    TextLabels labels_;
};

/// Gives document i the i-th label. @param source  of the labels, for messages.
void label_in_order(std::vector<ScoredDocument>& documents, const std::vector<int>& labels,
                    const std::string& scores, const std::string& source) {
    if (documents.size() != labels.size()) {
        throw Error(ExitCode::bad_data,
                    scores + " has " + std::to_string(documents.size()) + " scores, and " + source +
                        " has " + std::to_string(labels.size()) +
                        " documents: a score is needed for each, in the same order");
    }
    for (std::size_t i = 0; i < labels.size(); ++i) documents[i].label = labels[i];
}

/// The documents of a dataset in the order of its file.
std::vector<ScoredDocument> read_documents(io::Dataset& dataset, const std::string& category) {
    io::Labelling labelling = dataset.labelling(category);
    labelling.may_be_missing = true;
    std::vector<ScoredDocument> documents;
    documents.reserve(static_cast<std::size_t>(dataset.rows()));
    io::BlockStream blocks({{&dataset, labelling, 0, dataset.rows()}});
    io::RowBlock block;
    while (blocks.next(block)) {
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            documents.push_back({.id = block.document_id[static_cast<std::size_t>(i)],
                                 .label = block.rows.label(i)});
        }
    }
    return documents;
}

/// @return how many documents of the dataset have no score.
std::int64_t label_by_id(std::vector<ScoredDocument>& scored,
                         const std::vector<ScoredDocument>& documents,
                         const EvaluateOptions& options) {
    const auto ids_of = [](const std::vector<ScoredDocument>& some) {
        std::vector<std::int64_t> ids(some.size());
        std::ranges::transform(some, ids.begin(), &ScoredDocument::id);
        return ids;
    };
    const std::vector<std::int64_t> found =
        match_by_id(ids_of(scored), ids_of(documents), options.scores, options.data);
    for (std::size_t i = 0; i < scored.size(); ++i) {
        scored[i].label = documents[static_cast<std::size_t>(found[i])].label;
    }
    return std::ssize(documents) - std::ssize(scored);
}

/// Labels in the order of the text that was converted.
std::vector<int> labels_by_text(io::Dataset& dataset,
                                const std::vector<ScoredDocument>& documents) {
    std::vector<int> labels(documents.size());
    if (dataset.header().shuffle_seed < 0) {
        std::ranges::transform(documents, labels.begin(), &ScoredDocument::label);
        return labels;
    }
    const auto positions = dataset.positions(0, dataset.rows());
    if (!positions) {
        throw Error(ExitCode::bad_data,
                    dataset.name() +
                        " keeps no record of the text's order: convert it again, or "
                        "put document ids before the scores");
    }
    for (std::size_t i = 0; i < documents.size(); ++i) {
        labels[static_cast<std::size_t>((*positions)[i])] = documents[i].label;
    }
    return labels;
}

/// @return how many documents of the dataset have no score.
std::int64_t label_from_dataset(std::vector<ScoredDocument>& scored, bool by_id,
                                const EvaluateOptions& options) {
    io::Dataset dataset(options.data);
    if (dataset.header().has_weights) {
        say(options.data + " has weights of documents; evaluate counts every document once");
    }
    const std::vector<ScoredDocument> documents = read_documents(dataset, options.category);
    if (by_id) return label_by_id(scored, documents, options);
    label_in_order(scored, labels_by_text(dataset, documents), options.scores, options.data);
    return 0;
}

LabelledScores labelled(const std::vector<ScoredDocument>& scored, std::int64_t unscored) {
    LabelledScores result;
    result.unscored = unscored;
    for (const ScoredDocument& document : scored) {
        if (document.label == 0) {
            ++result.unlabelled;
        } else {
            result.scores.push_back({.score = document.score, .positive = document.label > 0});
        }
    }
    return result;
}

LabelledScores label_lines(ScoreParser& lines, const std::string& name,
                           const EvaluateOptions& options) {
    std::vector<ScoredDocument>& scored = lines.documents();
    std::int64_t unscored = 0;
    if (!options.data.empty()) {
        unscored = label_from_dataset(scored, lines.has_ids(), options);
    } else if (!options.labels.empty()) {
        label_in_order(scored, read_text_labels(options.labels, options.positive), name,
                       io::text_name(options.labels));
    } else {
        label_in_order(scored, lines.labels().take(name), name, name);
    }
    return labelled(scored, unscored);
}

}  // namespace

TextScores read_text_scores(const EvaluateOptions& options) {
    // a line with an id alone may be a score, or a document without categories: until another line
    // decides, both parsers take the lines
    ScoreParser scores(options);
    CategoryParser categories(options);
    bool may_be_scores = true;
    bool may_be_categories = true;
    io::TextReader reader(options.scores);
    io::for_each_line(reader, [&](std::string_view line) {
        if (may_be_scores && may_be_categories) {
            const LineKind kind = CategoryParser::kind_of(line);
            may_be_scores = kind != LineKind::categories;
            may_be_categories = kind != LineKind::scores;
        }
        if (may_be_scores) scores.add(line);
        if (may_be_categories) categories.add(line);
    });
    if (!may_be_scores || (may_be_categories && categories.has_tabs_alone())) {
        return categories.take();
    }
    return label_lines(scores, reader.name(), options);
}

LabelledScores read_matrix_column(const EvaluateOptions& options) {
    const io::ScoreMatrixReader matrix(options.scores);
    const auto found = std::ranges::find(matrix.categories(), options.category);
    if (found == matrix.categories().end()) {
        throw Error(ExitCode::bad_data, options.scores + ": no category '" + options.category +
                                            "' among its " +
                                            std::to_string(matrix.categories().size()));
    }
    const auto column = static_cast<std::size_t>(found - matrix.categories().begin());
    const std::vector<float> scores = matrix.scores_of(column);
    std::vector<ScoredDocument> scored(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        scored[i] = {.id = matrix.ids()[i], .score = static_cast<double>(scores[i])};
    }
    const std::int64_t unscored = label_from_dataset(scored, true, options);
    LabelledScores result = labelled(scored, unscored);
    if (matrix.thresholds()) result.threshold = (*matrix.thresholds())[column];
    return result;
}

}  // namespace hogwild::app
