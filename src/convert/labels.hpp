#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "convert/convert.hpp"

namespace hogwild::tools {

/// What 0 means beside -1 and +1.
enum class ZeroLabel { unknown, negative, unlabelled };

/// What a user says of the labels of a text.
struct LabelOptions {
    std::vector<std::string> words;        ///< what the labels 0, 1, ... are called; empty: numbers
    std::optional<double> positive;        ///< this value is +1, all others are -1
    bool positive_may_be_missing = false;  ///< no document need have that label: in a test set
    /// Names of classes, in order: labels are these classes, however few of them occur. Empty: what
    /// labels are is found out.
    std::vector<std::string> classes = {};
    ZeroLabel zero = ZeroLabel::unknown;
    bool skip_unlabelled = false;  ///< leave documents without a label out
};

/// The labels in front of the lines of a text: collects them, and finds out at the end what they
/// are, two classes or several, which become topics.
class Labels {
public:
    explicit Labels(LabelOptions options) : options_(std::move(options)) {}

    /// Takes a document's label as data::parse_svmlight_line gives it: a number, several with
    /// commas between them, `?`, or nothing.
    /// @return the numbers of its classes, to be kept with the document; valid until the next call.
    ///         Classes are numbered as they appear.
    /// @throws data::LineError: too many classes.
    std::span<const std::uint16_t> add(std::string_view label);

    /// Decides, once all documents are there. @throws Error: bad_data, with what to do.
    void finish();

    /// After finish(): what the numbers of add() mean. This object must outlive the result.
    Labelling labelling();
    /// After finish(): what people should know of it, a sentence or more; empty where there is
    /// nothing to say, as for labels -1 and +1 or 0 and 1.
    const std::string& summary() const noexcept { return summary_; }

private:
    static constexpr std::uint16_t kUnlabelled = 0xffff;
    static constexpr std::size_t kMostClasses = 0xffff;

    struct Class {
        double value = 0.0;
        std::int64_t documents = 0;
        std::int8_t label = 0;    ///< of two classes; 0: its documents have no label
        std::uint16_t topic = 0;  ///< of several classes
    };

    std::string name_of(double value) const;
    void parse(std::string_view label, std::vector<std::uint16_t>& classes);
    std::uint16_t number_of(double value);
    std::int64_t documents_of(double value) const;
    void forget_zeros();
    void decide();
    void decide_positive(double value);
    std::string some_labels() const;
    void decide_signs();
    void decide_two();
    void decide_topics();
    void decide_classes();
    void add_to_topic(Class& c, std::size_t number);
    void say(const std::string& sentence);
    bool resolve(io::DocumentRecord& record);
    std::int8_t label_of(std::span<const std::uint16_t> classes) const;
    std::string key() const;

    LabelOptions options_;
    std::unordered_map<double, std::uint16_t> number_;  ///< of a class, by value
    std::vector<Class> classes_;                        ///< by number
    std::vector<std::uint16_t> current_;                ///< of add()
    std::string last_label_;  ///< which current_ belongs to: most follow one like it
    std::int64_t unlabelled_ = 0;
    std::int64_t without_class_ = 0;  ///< documents with nothing in front of their features
    bool lists_ = false;              ///< a document has several classes
    std::vector<Class*> kept_;        ///< classes that are labels, by value
    std::vector<std::string> topics_;
    std::string positive_label_;  ///< what +1 is called in the text, where it is not 1
    std::vector<std::uint16_t> topics_of_record_;  ///< of resolve()
    std::string summary_;
};

}  // namespace hogwild::tools
