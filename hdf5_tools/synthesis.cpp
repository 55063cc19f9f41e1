#include "synthesis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "data/checked_cast.hpp"
#include "data/permutation.hpp"
#include "data/random.hpp"
#include "synthesis_shape.hpp"

namespace hogwild::tools {
namespace {

constexpr double kMicro = 1e6;  // weights are printed with six decimals

/// A fraction of one as a fraction of 2^32, to be compared with 32 random bits.
constexpr std::uint32_t to_bits(double fraction) {
    return static_cast<std::uint32_t>(fraction * 0x1.0p32);
}

/// Rounded to a fixed point, so that the rest is integer arithmetic.
std::uint32_t to_fixed(double value, double scale) {
    return checked_cast<std::uint32_t>(std::llround(value * scale));
}

}  // namespace

AliasTable::AliasTable(std::span<const double> weights) : columns_(weights.size()) {
    constexpr double kResolution = 0x1.0p40;
    const double whole = shape::sum(weights);
    std::vector<std::uint64_t> mass;
    for (const double w : weights) {
        mass.push_back(static_cast<std::uint64_t>(w / whole * kResolution));
    }
    const std::uint64_t full = std::accumulate(mass.begin(), mass.end(), std::uint64_t{0});
    std::vector<std::uint32_t> small;
    std::vector<std::uint32_t> large;
    for (std::uint32_t i = 0; i < mass.size(); ++i) {
        mass[i] *= mass.size();  // now a column holds `full`
        (mass[i] < full ? small : large).push_back(i);
    }
    while (!small.empty()) {
        const std::uint32_t poor = small.back();
        const std::uint32_t rich = large.back();  // there is one: masses average `full`
        small.pop_back();
        const double share = static_cast<double>(mass[poor]) / static_cast<double>(full);
        columns_[poor] = {static_cast<std::uint32_t>(share * 0x1.0p32), rich};
        mass[rich] -= full - mass[poor];
        if (mass[rich] >= full) continue;
        large.pop_back();
        small.push_back(rich);
    }
    for (const std::uint32_t i : large) columns_[i] = {0, i};
}

std::span<const std::string_view> topic_names() {
    static const auto names = [] {
        std::array<std::string_view, kTopics> all;
        std::ranges::transform(shape::kTopicTable, all.begin(), &shape::Topic::name);
        return all;
    }();
    return names;
}

class Synthesizer::Draws {
public:
    explicit Draws(const data::CounterRandom& random) : random_(random) {}
    std::uint64_t bits() { return random_.bits(next_++); }
    std::uint64_t below(std::uint64_t n) { return random_.below(next_++, n); }

private:
    data::CounterRandom random_;
    std::uint64_t next_ = 0;
};

struct Synthesizer::Style {
    std::vector<std::uint32_t> leaves;  // words come from these topics in equal parts,
    std::uint32_t intruder = 0;         // some from this one, which is no label,
    std::uint32_t topical_share = 0;    // of 2^32; the rest is background
    std::uint32_t intruder_share = 0;   // of 2^32 of the topical words
};

Synthesizer::Synthesizer(std::uint64_t seed, double mean_terms)
    : seed_(seed),
      lengths_(shape::length_weights(mean_terms)),
      leaf_topics_(shape::leaf_weights()),
      background_(shape::background_weights()),
      taken_by_(kTerms) {
    const data::Permutation scatter(kTerms, data::CounterRandom(seed, shape::kTermIds).bits(0));
    for (std::uint32_t r = 0; const double fraction : shape::document_fractions()) {
        term_of_rank_.push_back(static_cast<std::uint32_t>(scatter(r++)) + 1);
        idf_of_rank_.push_back(
            to_fixed(std::min(-std::log(fraction), shape::kRarestIdf), shape::kIdfScale));
    }
    for (std::uint32_t tf = 1; tf <= shape::kMaxTermFrequency; ++tf) {
        tf_factors_.push_back(to_fixed(1.0 + std::log(tf), shape::kTfScale));
    }
    for (std::size_t band = 0; band < shape::kBands; ++band) {
        tf_of_band_.emplace_back(shape::term_frequency_weights(band));
    }
    for (const auto& words : shape::topic_word_weights(seed)) topic_words_.emplace_back(words);
}

void Synthesizer::draw_topics(Draws& draws, SyntheticDocument& out, Style& style) const {
    const auto category = [](std::uint32_t topic) { return shape::kTopicTable[topic].name[0]; };
    out.topics.reset();
    do {
        std::uint32_t leaf = leaf_topics_.draw(draws.bits());
        if (!style.leaves.empty() && draws.below(100) < shape::kSameCategory) {
            while (category(leaf) != category(style.leaves[0])) {
                leaf = leaf_topics_.draw(draws.bits());
            }
        }
        if ((out.topics | shape::lineage(leaf)).count() > kMaxDocTopics) break;
        out.topics |= shape::lineage(leaf);
        style.leaves.push_back(leaf);
    } while (draws.below(100) < shape::kMoreTopics);
    style.intruder = leaf_topics_.draw(draws.bits());
}

void Synthesizer::draw_shares(Draws& draws, Style& style) const {
    constexpr std::uint32_t kLeast = to_bits(shape::kMinTopicalShare);
    constexpr std::uint32_t kRange = to_bits(shape::kMaxTopicalShare) - kLeast;
    style.topical_share = kLeast + static_cast<std::uint32_t>(draws.below(kRange));
    std::uint64_t u = draws.bits() >> 32;
    for (int i = 0; i < shape::kIntruderSquarings; ++i) u = (u * u) >> 32;
    constexpr std::uint64_t kMost = to_bits(shape::kMaxIntruderShare);
    style.intruder_share = static_cast<std::uint32_t>((u * kMost) >> 32);
}

std::uint32_t Synthesizer::draw_rank(Draws& draws, const Style& style) const {
    const std::uint64_t choice = draws.bits();
    const std::uint64_t word = draws.bits();
    if (static_cast<std::uint32_t>(choice) >= style.topical_share) return background_.draw(word);
    const std::uint64_t source = draws.bits();
    if (static_cast<std::uint32_t>(source) < style.intruder_share) {
        return topic_words_[style.intruder].draw(word);
    }
    const std::uint64_t leaf = ((source >> 32) * style.leaves.size()) >> 32;
    return topic_words_[style.leaves[leaf]].draw(word);
}

void Synthesizer::take(std::uint32_t rank) {
    if (taken_by_[rank] == document_) return;
    taken_by_[rank] = document_;
    ranks_.push_back(rank);
}

void Synthesizer::draw_ranks(Draws& draws, const Style& style, std::size_t length,
                             bool with_last_term) {
    ranks_.clear();
    ++document_;
    if (with_last_term) {
        const auto at = std::ranges::find(term_of_rank_, kTerms);
        take(checked_cast<std::uint32_t>(at - term_of_rank_.begin()));
    }
    while (ranks_.size() < length) take(draw_rank(draws, style));
}

/// Log TF-IDF, cosine normalised. Integers up to the norm, and then one product, root and quotient
/// that IEEE rounds alike everywhere: the printed digits do not depend on the machine.
void Synthesizer::weigh(Draws& draws, SyntheticDocument& out) const {
    out.entries.clear();
    std::uint64_t squares = 0;
    for (const std::uint32_t rank : ranks_) {
        const AliasTable& frequencies = tf_of_band_[shape::rank_band(rank)];
        const std::uint32_t raw = idf_of_rank_[rank] * tf_factors_[frequencies.draw(draws.bits())];
        squares += std::uint64_t{raw} * raw;
        out.entries.push_back({term_of_rank_[rank], raw});
    }
    const double norm = std::sqrt(static_cast<double>(squares));
    for (SyntheticDocument::Entry& entry : out.entries) {
        entry.weight = static_cast<std::uint32_t>(std::lround(entry.weight * kMicro / norm));
    }
    std::ranges::sort(out.entries, {}, &SyntheticDocument::Entry::term);
}

void Synthesizer::generate(Part part, std::int64_t ordinal, SyntheticDocument& out) {
    Draws draws(data::CounterRandom(seed_, shape::kDocuments, part, ordinal));
    Style style;
    draw_topics(draws, out, style);
    draw_shares(draws, style);
    const std::size_t length = shape::kMinLength + lengths_.draw(draws.bits());
    draw_ranks(draws, style, length, part == Part::train && ordinal == 0);
    weigh(draws, out);
}

std::int64_t document_id(Part part, std::int64_t ordinal, std::int64_t n_train) {
    // Ids are skipped in RCV1's proportions, so that the real set sizes fit.
    constexpr std::int64_t kTrainGap = 33;
    constexpr std::int64_t kTestGap = 256;
    const auto train_id = [](std::int64_t i) { return 2286 + i + i / kTrainGap; };
    if (part == Part::train) return train_id(ordinal);
    return std::max<std::int64_t>(26151, train_id(n_train)) + ordinal + ordinal / kTestGap;
}

void append_vector_line(std::string& text, std::int64_t id, const SyntheticDocument& document) {
    text.append(std::to_string(id)).push_back(' ');
    std::array<char, 24> field;
    for (const SyntheticDocument::Entry& entry : document.entries) {
        field[0] = ' ';
        char* at = std::to_chars(field.data() + 1, field.data() + 12, entry.term).ptr;
        *at++ = ':';
        std::uint32_t digits = entry.weight;
        *at++ = static_cast<char>('0' + digits / 1000000);
        *at++ = '.';
        for (int k = 5; k >= 0; --k, digits /= 10) at[k] = static_cast<char>('0' + digits % 10);
        at += 6;
        while (at[-1] == '0') --at;  // as in the real files; a weight of 0 does not occur
        text.append(field.data(), at);
    }
    text.push_back('\n');
}

void append_topic_lines(std::string& text, std::int64_t id, const SyntheticDocument& document) {
    const std::string rest = ' ' + std::to_string(id) + " 1\n";
    for (std::size_t t = 0; t < kTopics; ++t) {
        if (document.topics.test(t)) text.append(topic_names()[t]).append(rest);
    }
}

}  // namespace hogwild::tools
