#include "convert/labels.hpp"

#include <algorithm>
#include <cmath>

#include "convert/convert.hpp"
#include "data/error.hpp"
#include "data/label_name.hpp"
#include "data/line_cursor.hpp"

namespace hogwild::tools {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::bad_data, why); }

std::string documents(std::int64_t count) {
    return with_commas(count) + (count == 1 ? " document" : " documents");
}

}  // namespace

std::string Labels::name_of(double value) const {
    return options_.words.empty() ? data::label_name(value)
                                  : options_.words[static_cast<std::size_t>(value)];
}

std::span<const std::uint16_t> Labels::add(std::string_view label) {
    if (label != last_label_ || current_.empty()) {
        parse(label, current_);
        last_label_ = label;
    }
    if (current_.empty()) ++without_class_;
    for (const std::uint16_t number : current_) {
        if (number == kUnlabelled) {
            ++unlabelled_;
        } else {
            ++classes_[number].documents;
        }
    }
    return current_;
}

void Labels::parse(std::string_view label, std::vector<std::uint16_t>& classes) {
    classes.clear();
    if (label == "?") {
        classes.push_back(kUnlabelled);
        return;
    }
    for (std::size_t begin = 0; begin < label.size();) {
        const std::size_t end = std::min(label.find(',', begin), label.size());
        const std::optional<double> value = data::label_number(label.substr(begin, end - begin));
        if (!value) throw data::LineError(1, "label is no number");
        classes.push_back(number_of(*value));
        begin = end + 1;
    }
    lists_ = lists_ || classes.size() > 1;
    std::ranges::sort(classes);
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
}

std::uint16_t Labels::number_of(double value) {
    const auto found = number_.find(value);
    if (found != number_.end()) return found->second;
    if (classes_.size() == kMostClasses) {
        throw data::LineError(1, "more than " + std::to_string(kMostClasses) +
                                     " different labels; hogwild trains classifiers, no "
                                     "regression");
    }
    const auto number = static_cast<std::uint16_t>(classes_.size());
    classes_.push_back({.value = value});
    number_.emplace(value, number);
    return number;
}

std::int64_t Labels::documents_of(double value) const {
    const auto found = number_.find(value);
    return found == number_.end() ? 0 : classes_[found->second].documents;
}

void Labels::finish() {
    if (options_.zero == ZeroLabel::unlabelled) forget_zeros();
    for (Class& c : classes_) {
        if (c.value != 0.0 || options_.zero != ZeroLabel::unlabelled) kept_.push_back(&c);
    }
    std::ranges::sort(kept_, {}, &Class::value);
    if (kept_.empty()) {
        unlabelled_ += without_class_;
        say("no document has a label: they can be scored by predict, not trained on");
        return;
    }
    decide();
    if (unlabelled_ > 0) {
        say(documents(unlabelled_) + " without a label" +
            (options_.skip_unlabelled ? ", left out" : ""));
    }
}

/// Label 0 means no label.
void Labels::forget_zeros() { unlabelled_ += documents_of(0.0); }

void Labels::decide() {
    const auto all = [this](auto&& test) {
        return std::ranges::all_of(kept_, [&](const Class* c) { return test(c->value); });
    };
    const bool numbers = options_.words.empty();
    const bool signs = numbers && all([](double v) { return v == 0.0 || std::abs(v) == 1.0; });
    const bool whole = all([](double v) { return v == std::floor(v); });
    const bool several = lists_ || without_class_ > 0;  // documents of several classes, or of none
    if (!options_.classes.empty()) {
        decide_classes();
    } else if (options_.positive) {
        decide_positive(*options_.positive);
    } else if (signs && !several) {
        decide_signs();
    } else if (kept_.size() <= 2 && !several) {
        decide_two();
    } else if (whole) {
        decide_topics();
    } else {
        refuse("labels are real numbers (" + some_labels() +
               "): hogwild trains classifiers, no regression; --positive VALUE sets one label "
               "against all others");
    }
}

/// "1, 2, 3, ...": the first few that occur.
std::string Labels::some_labels() const {
    constexpr std::size_t kFew = 5;
    std::string some;
    for (std::size_t k = 0; k < std::min(kFew, kept_.size()); ++k) {
        some += (k > 0 ? ", " : "") + name_of(kept_[k]->value);
    }
    return some + (kept_.size() > kFew ? ", ..." : "");
}

void Labels::decide_positive(double value) {
    if (kept_.size() > 1 && documents_of(value) == 0 && !options_.positive_may_be_missing) {
        refuse("no document has the label " + name_of(value) + " of --positive; labels are " +
               some_labels());
    }
    for (Class* c : kept_) c->label = c->value == value ? std::int8_t{1} : std::int8_t{-1};
    positive_label_ = name_of(value);
    say("label " + name_of(value) + " (" + documents(documents_of(value)) +
        ") is positive, all others are negative");
}

/// Labels are some of -1, 0 and 1.
void Labels::decide_signs() {
    const auto has = [this](double value) {
        return std::ranges::find(kept_, value, &Class::value) != kept_.end();
    };
    if (has(0.0) && has(-1.0) && options_.zero == ZeroLabel::unknown) {
        refuse("label 0 (" + documents(documents_of(0.0)) +
               ") beside -1 can mean negative or, as in SVMlight, unlabelled: say --zero-label "
               "negative or --zero-label unlabelled");
    }
    for (Class* c : kept_) c->label = c->value > 0.0 ? std::int8_t{1} : std::int8_t{-1};
}

/// One or two values that are not -1, 0 or 1 all together: the larger one is positive.
void Labels::decide_two() {
    const Class& smaller = *kept_.front();
    const Class& larger = *kept_.back();
    if (kept_.size() == 1) {
        refuse("all documents have the label " + name_of(larger.value) +
               "; --positive VALUE says which label is the positive one");
    }
    kept_.front()->label = -1;
    kept_.back()->label = 1;
    positive_label_ = name_of(larger.value);
    say("label " + name_of(larger.value) + " (" + documents(larger.documents) + ") is positive, " +
        name_of(smaller.value) + " (" + documents(smaller.documents) +
        ") is negative; --positive chooses");
}

void Labels::decide_topics() {
    if (unlabelled_ > 0 && !options_.skip_unlabelled) {
        refuse(documents(unlabelled_) +
               " without a label, the others have classes; --skip-unlabelled leaves them out");
    }
    for (Class* c : kept_) add_to_topic(*c, topics_.size());
    say(with_commas(std::ssize(topics_)) +
        " classes; train takes one against all others by --category, or all with "
        "--multiclass ovr");
}

/// Labels are the classes that the options name; others are more classes.
void Labels::decide_classes() {
    std::unordered_map<std::string, std::size_t> numbers;
    for (const std::string& name : options_.classes) numbers.emplace(name, numbers.size());
    topics_ = options_.classes;
    std::string others;
    for (Class* c : kept_) {
        const auto found = numbers.find(name_of(c->value));
        add_to_topic(*c, found == numbers.end() ? topics_.size() : found->second);
        if (found == numbers.end()) others += (others.empty() ? "" : ", ") + topics_.back();
    }
    if (!others.empty()) say("labels that the training data do not have: " + others);
}

/// @param number  of the topic; that of a new one is how many there are.
void Labels::add_to_topic(Class& c, std::size_t number) {
    if (number == topics_.size()) topics_.push_back(name_of(c.value));
    if (topics_.size() > kMostClasses) {
        refuse("more than " + std::to_string(kMostClasses) + " classes");
    }
    c.topic = static_cast<std::uint16_t>(number);
    c.label = 1;
}

void Labels::say(const std::string& sentence) {
    summary_ += (summary_.empty() ? "" : "; ") + sentence;
}

Labelling Labels::labelling() {
    return {.has_topics = !topics_.empty(),
            .topics = topics_,
            .positive_label = positive_label_,
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
        if (k == kUnlabelled || classes_[k].label == 0) return false;
        topics_of_record_.push_back(classes_[k].topic);
    }
    std::ranges::sort(topics_of_record_);
    record.topics = topics_of_record_;
    return true;
}

/// +1 where one of the classes is positive; 0 where there is none, or none that is a label.
std::int8_t Labels::label_of(std::span<const std::uint16_t> classes) const {
    if (classes.empty()) return kept_.empty() ? std::int8_t{0} : std::int8_t{-1};
    std::int8_t label = -1;
    for (const std::uint16_t k : classes) {
        label = std::max(label, k == kUnlabelled ? std::int8_t{0} : classes_[k].label);
    }
    return label;
}

/// What the numbers stand for, and what the options make of them.
std::string Labels::key() const {
    std::string key;
    const char end = options_.words.empty() ? ',' : '\0';  // words may have commas
    for (const Class& c : classes_) key += name_of(c.value) + end;
    if (options_.positive) key += " positive " + name_of(*options_.positive);
    if (options_.zero == ZeroLabel::unlabelled) key += " 0 unlabelled";
    if (options_.skip_unlabelled && unlabelled_ > 0) key += " without unlabelled";
    return key;
}

}  // namespace hogwild::tools
