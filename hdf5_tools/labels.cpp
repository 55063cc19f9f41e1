#include "labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "convert.hpp"
#include "data/error.hpp"
#include "data/line_cursor.hpp"

namespace hogwild::tools {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::bad_data, why); }

/// As short as it can be: 3, -1, 0.5, 1000000.
std::string name_of(double value) {
    const bool whole = value == std::floor(value);
    return whole ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

/// @param text  a number, as the parser of lines has found.
double value_of(std::string_view text) {
    constexpr double kMostExact = 0x1p53;  // beyond it two integers may be the same double
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (!(std::abs(value) < kMostExact)) throw data::LineError(1, "label is too large");
    return value;
}

std::string documents(std::int64_t count) {
    return with_commas(count) + (count == 1 ? " document" : " documents");
}

}  // namespace

std::span<const std::uint16_t> Labels::add(std::string_view label) {
    auto known = known_.find(label);
    if (known == known_.end()) known = known_.emplace(std::string(label), parse(label)).first;
    const std::vector<std::uint16_t>& classes = known->second;
    if (classes.empty()) ++without_class_;
    for (const std::uint16_t number : classes) {
        if (number == kUnlabelled) {
            ++unlabelled_;
        } else {
            ++classes_[number].documents;
        }
    }
    return classes;
}

std::vector<std::uint16_t> Labels::parse(std::string_view label) {
    if (label == "?") return {kUnlabelled};
    std::vector<std::uint16_t> classes;
    for (std::size_t begin = 0; begin < label.size();) {
        const std::size_t end = std::min(label.find(',', begin), label.size());
        classes.push_back(number_of(value_of(label.substr(begin, end - begin))));
        begin = end + 1;
    }
    lists_ = lists_ || classes.size() > 1;
    std::ranges::sort(classes);
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    return classes;
}

std::uint16_t Labels::number_of(double value) {
    const auto found = std::ranges::find(classes_, value, &Class::value);
    if (found != classes_.end()) return static_cast<std::uint16_t>(found - classes_.begin());
    if (classes_.size() == kMostClasses) {
        throw data::LineError(1, "more than " + std::to_string(kMostClasses) +
                                     " different labels: are they real numbers? hogwild trains "
                                     "classifiers, no regression");
    }
    classes_.push_back({value, 0});
    return static_cast<std::uint16_t>(classes_.size() - 1);
}

bool Labels::has(double value) const {
    return std::ranges::find(classes_, value, &Class::value) != classes_.end();
}

std::int64_t Labels::documents_of(double value) const {
    const auto found = std::ranges::find(classes_, value, &Class::value);
    return found == classes_.end() ? 0 : found->documents;
}

void Labels::finish() {
    if (classes_.empty()) {
        unlabelled_ += without_class_;
        summary_ = "no document has a label: they can be scored by predict, not trained on";
        return;
    }
    const bool signs = std::ranges::all_of(
        classes_, [](const Class& c) { return c.value == 0.0 || std::abs(c.value) == 1.0; });
    const bool whole = std::ranges::all_of(
        classes_, [](const Class& c) { return c.value == std::floor(c.value); });
    const bool several = lists_ || without_class_ > 0;  // documents of several classes, or of none
    if (options_.positive) {
        set_positive(*options_.positive);
    } else if (signs && !several) {
        decide_signs();
    } else if (classes_.size() <= 2 && !several) {
        decide_two();
    } else if (whole || several) {
        make_topics();
    } else {
        refuse("labels are real numbers (" + name_of(classes_[0].value) + ", " +
               name_of(classes_[1].value) + ", " + name_of(classes_[2].value) +
               ", ...): hogwild trains classifiers, no regression; --positive VALUE sets one label "
               "against all others");
    }
}

void Labels::set_positive(double value) {
    if (!has(value)) {
        refuse("no document has the label " + name_of(value) + " of --positive");
    }
    for (const Class& c : classes_) {
        label_of_.push_back(c.value == value ? std::int8_t{1} : std::int8_t{-1});
    }
    summary_ = "label " + name_of(value) + " (" + documents(documents_of(value)) +
               ") is positive, all others are negative";
}

/// Labels are some of -1, 0 and 1.
void Labels::decide_signs() {
    const bool zero_beside_minus = has(0.0) && has(-1.0);
    if (zero_beside_minus && options_.zero == ZeroLabel::unknown) {
        refuse("labels are -1, 0 and 1, and 0 (" + documents(documents_of(0.0)) +
               ") can mean negative or, as in SVMlight, unlabelled: say --zero-label negative or "
               "--zero-label unlabelled");
    }
    const bool unlabelled = options_.zero == ZeroLabel::unlabelled;
    for (const Class& c : classes_) {
        const bool none = c.value == 0.0 && unlabelled;
        label_of_.push_back(c.value > 0.0 ? std::int8_t{1}
                            : none        ? std::int8_t{0}
                                          : std::int8_t{-1});
    }
    if (!unlabelled) return;
    unlabelled_ += documents_of(0.0);
    summary_ = documents(unlabelled_) + " have no label";
}

/// One or two values that are not -1, 0 or 1 all together: the larger one is positive.
void Labels::decide_two() {
    if (classes_.size() == 1) {
        refuse("all documents have the label " + name_of(classes_[0].value) +
               "; --positive VALUE says which label is the positive one");
    }
    const double larger = std::max(classes_[0].value, classes_[1].value);
    const double smaller = std::min(classes_[0].value, classes_[1].value);
    set_positive(larger);
    summary_ = "label " + name_of(larger) + " (" + documents(documents_of(larger)) +
               ") is positive, " + name_of(smaller) + " (" + documents(documents_of(smaller)) +
               ") is negative; --positive chooses";
}

void Labels::make_topics() {
    std::vector<std::uint16_t> order(classes_.size());
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::ranges::sort(order, {}, [this](std::uint16_t k) { return classes_[k].value; });
    topic_of_.resize(classes_.size());
    for (const std::uint16_t k : order) {
        topic_of_[k] = static_cast<std::uint16_t>(topics_.size());
        topics_.push_back(name_of(classes_[k].value));
    }
    if (unlabelled_ > 0 && !options_.skip_unlabelled) {
        refuse(documents(unlabelled_) +
               " have the label ?, the others have classes; --skip-unlabelled leaves them out");
    }
    summary_ = with_commas(std::ssize(topics_)) +
               " classes; train takes one against all others by --category";
}

Labelling Labels::labelling() {
    return {.has_topics = !topics_.empty(),
            .topics = topics_,
            .key = key(),
            .left_out = options_.skip_unlabelled ? unlabelled_ : 0,
            .apply = [this](io::DocumentRecord& record) { return resolve(record); }};
}

/// @return false: the document is to be left out.
bool Labels::resolve(io::DocumentRecord& record) {
    if (topics_.empty()) {
        record.label = label_of(record.topics);
        return record.label != 0 || !options_.skip_unlabelled;
    }
    topics_of_record_.clear();
    for (const std::uint16_t k : record.topics) {
        if (k == kUnlabelled) return false;
        topics_of_record_.push_back(topic_of_[k]);
    }
    std::ranges::sort(topics_of_record_);
    record.topics = topics_of_record_;
    return true;
}

std::int8_t Labels::label_of(std::span<const std::uint16_t> classes) const {
    if (classes_.empty()) return 0;
    std::int8_t label = -1;
    for (const std::uint16_t k : classes) {
        label = std::max(label, k == kUnlabelled ? std::int8_t{0} : label_of_[k]);
    }
    return label;
}

std::string Labels::key() const {
    std::string key;
    for (const Class& c : classes_) key += name_of(c.value) + ",";
    return key + (options_.positive ? " positive " + name_of(*options_.positive) : std::string()) +
           (options_.zero == ZeroLabel::unlabelled ? " 0 unlabelled" : "");
}

}  // namespace hogwild::tools
