#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "convert.hpp"

namespace hogwild::tools {

/// What 0 means beside -1 and +1.
enum class ZeroLabel { unknown, negative, unlabelled };

/// What a user says of the labels of a text.
struct LabelOptions {
    std::optional<double> positive;  ///< this value is +1, all others are -1
    ZeroLabel zero = ZeroLabel::unknown;
    bool skip_unlabelled = false;  ///< leave documents without a label out
};

/// The labels in front of the lines of a text: collects them, and finds out at the end what they
/// are, two classes or several, which become topics.
class Labels {
public:
    explicit Labels(LabelOptions options) : options_(options) {}

    /// Takes a document's label as data::parse_svmlight_line gives it: a number, several with
    /// commas between them, `?`, or nothing.
    /// @return the numbers of its classes, to be kept with the document; valid as long as this
    ///         object. Classes are numbered as they appear.
    /// @throws data::LineError: too many classes.
    std::span<const std::uint16_t> add(std::string_view label);

    /// Decides, once all documents are there. @throws Error: bad_data, with what to do.
    void finish();

    /// After finish(): what the numbers of add() mean. This object must outlive the result.
    Labelling labelling();
    /// After finish(): a line for people, where labels are not -1 and +1 or 0 and 1; else empty.
    const std::string& summary() const noexcept { return summary_; }

private:
    static constexpr std::uint16_t kUnlabelled = 0xffff;
    static constexpr std::size_t kMostClasses = 0xffff;

    struct Class {
        double value = 0.0;
        std::int64_t documents = 0;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::vector<std::uint16_t> parse(std::string_view label);
    std::uint16_t number_of(double value);
    bool has(double value) const;
    std::int64_t documents_of(double value) const;
    void set_positive(double value);
    void decide_signs();
    void decide_two();
    void make_topics();
    bool resolve(io::DocumentRecord& record);
    std::int8_t label_of(std::span<const std::uint16_t> classes) const;
    std::string key() const;

    LabelOptions options_;
    std::unordered_map<std::string, std::vector<std::uint16_t>, Hash, std::equal_to<>> known_;
    std::vector<Class> classes_;
    std::int64_t unlabelled_ = 0;
    std::int64_t without_class_ = 0;  ///< documents with nothing in front of their features
    bool lists_ = false;              ///< a document has several classes
    std::vector<std::string> topics_;
    std::vector<std::uint16_t> topic_of_;          ///< by class
    std::vector<std::int8_t> label_of_;            ///< by class
    std::vector<std::uint16_t> topics_of_record_;  ///< of resolve()
    std::string summary_;
};

}  // namespace hogwild::tools
