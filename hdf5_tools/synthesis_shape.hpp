#pragma once
#include <array>
#include <bit>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "data/random.hpp"
#include "synthesis.hpp"

/// The shape of RCV1-v2, as weights to draw from; only Synthesizer uses them. Ranks here are
/// popularity ranks, 0 for the most popular term.
namespace hogwild::tools::shape {

/// The purposes of one seed: a stream of random bits is (seed, purpose, ...).
enum Purpose : std::uint64_t { kTermIds, kPreferences, kDocuments };

inline constexpr double kLogLengthSd = 0.68;  // different terms in a document, log-normal
inline constexpr std::uint32_t kMinLength = 4;
inline constexpr std::uint32_t kMaxLength = 800;
inline constexpr std::uint32_t kMaxTermFrequency = 30;
inline constexpr double kRarestIdf = 10.05;  // ln(23149): RCV1 counted on its train set

// Both in fixed point; 800 squares of their product add up exactly in 64 bits.
inline constexpr double kIdfScale = 1024.0;
inline constexpr double kTfScale = 256.0;

// Per cent: draw another leaf topic; draw it from the category of the first one.
inline constexpr std::uint64_t kMoreTopics = 37;
inline constexpr std::uint64_t kSameCategory = 80;

// The dials of the label signal, set so that LIBLINEAR meets its accuracy on the real CCAT.
// Words that come from topics, as a share of a document, are uniform in this range; the part of
// them that the intruder takes is the maximum times u^32 (5 squarings), so nearly always small.
inline constexpr double kMinTopicalShare = 0.6;
inline constexpr double kMaxTopicalShare = 0.9;
inline constexpr double kMaxIntruderShare = 0.8;
inline constexpr int kIntruderSquarings = 5;
// Topics prefer terms by a factor whose logarithm has this standard deviation ...
inline constexpr double kCategoryTaste = 0.95;  // in CCAT, ECAT, GCAT, MCAT
inline constexpr double kTopicTaste = 0.4;      // in any other topic
// ... and, below the categories, this fraction of all head terms by up to e^strength more.
inline constexpr std::size_t kHeadRanks = 8192;  // terms popular enough to tell topics apart
inline constexpr double kKeywordFraction = 0.06;
inline constexpr double kKeywordStrength = 5.5;

struct Topic {
    std::string_view name;
    double weight;  // documents in 10,000 of which this is a most special topic
};

// Ascending by name; frequencies are rounded.
inline constexpr std::array<Topic, kTopics> kTopicTable = {{
    {"C11", 264},   {"C12", 171},  {"C13", 480},  {"C14", 104},  {"C15", 1},    {"C151", 790},
    {"C1511", 174}, {"C152", 808}, {"C16", 25},   {"C17", 50},   {"C171", 217}, {"C172", 147},
    {"C173", 38},   {"C174", 39},  {"C18", 1},    {"C181", 559}, {"C182", 61},  {"C183", 83},
    {"C21", 313},   {"C22", 64},   {"C23", 28},   {"C24", 390},  {"C31", 346},  {"C311", 55},
    {"C312", 69},   {"C313", 16},  {"C32", 30},   {"C33", 180},  {"C331", 16},  {"C34", 77},
    {"C41", 14},    {"C411", 117}, {"C42", 142},  {"CCAT", 25},  {"E11", 111},  {"E12", 330},
    {"E121", 24},   {"E13", 2},    {"E131", 62},  {"E132", 10},  {"E14", 6},    {"E141", 5},
    {"E142", 3},    {"E143", 14},  {"E21", 17},   {"E211", 254}, {"E212", 329}, {"E31", 9},
    {"E311", 17},   {"E312", 2},   {"E313", 2},   {"E41", 185},  {"E411", 30},  {"E51", 59},
    {"E511", 31},   {"E512", 136}, {"E513", 36},  {"E61", 6},    {"E71", 64},   {"ECAT", 5},
    {"G15", 17},    {"G151", 40},  {"G152", 23},  {"G153", 31},  {"G154", 111}, {"G155", 26},
    {"G156", 4},    {"G157", 39},  {"G158", 52},  {"G159", 1},   {"GCAT", 322}, {"GCRIM", 418},
    {"GDEF", 109},  {"GDIP", 415}, {"GDIS", 134}, {"GENT", 39},  {"GENV", 95},  {"GFAS", 7},
    {"GHEA", 83},   {"GJOB", 215}, {"GMIL", 1},   {"GOBIT", 13}, {"GODD", 35},  {"GPOL", 656},
    {"GPRO", 58},   {"GREL", 29},  {"GSCI", 43},  {"GSPO", 421}, {"GTOUR", 10}, {"GVIO", 344},
    {"GVOTE", 93},  {"GWEA", 72},  {"GWELF", 26}, {"M11", 696},  {"M12", 390},  {"M13", 7},
    {"M131", 359},  {"M132", 383}, {"M14", 70},   {"M141", 690}, {"M142", 169}, {"M143", 280},
    {"MCAT", 5},
}};

// The fraction of documents that hold the term of rank 1, 2, 4, ..., 65536 (counted from 1);
// log-log linear in between. Even the rarest one occurs in some of 800,000 documents.
inline constexpr std::array<double, 17> kPopularity = {
    0.432,  0.363,  0.331,  0.289,  0.230,  0.195,  0.142,  0.103, 0.0655,
    0.0349, 0.0164, 6.2e-3, 1.8e-3, 5.1e-4, 1.4e-4, 2.9e-5, 1.6e-5};

using Values = std::vector<double>;

inline double sum(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

inline void scale_to_one(std::span<double> values) {
    const double total = sum(values);
    for (double& x : values) x /= total;
}

inline bool is_category(std::size_t topic) { return kTopicTable[topic].name.ends_with("CAT"); }

/// Each topic with all topics above it. The code shows the path: C1511 is under C151, under C15,
/// under CCAT.
inline std::array<std::bitset<kTopics>, kTopics> make_lineages() {
    std::array<std::bitset<kTopics>, kTopics> lineages;
    for (std::size_t t = 0; t < kTopics; ++t) {
        const std::string_view name = kTopicTable[t].name;
        for (std::size_t a = 0; a < kTopics; ++a) {
            const std::string_view above = kTopicTable[a].name;
            const bool category = is_category(a) && above[0] == name[0];
            lineages[t].set(a, category || name.starts_with(above));
        }
    }
    return lineages;
}

inline const std::bitset<kTopics>& lineage(std::size_t topic) {
    static const auto lineages = make_lineages();
    return lineages[topic];
}

/// The fraction of documents that hold the term of each rank.
inline Values document_fractions() {
    Values fractions;
    for (std::uint32_t rank = 1; rank <= kTerms; ++rank) {
        const auto octave = static_cast<std::size_t>(std::bit_width(rank)) - 1;
        const double position = std::log2(rank) - static_cast<double>(octave);
        const double step = kPopularity[octave + 1] / kPopularity[octave];
        fractions.push_back(kPopularity[octave] * std::pow(step, position));
    }
    return fractions;
}

/// Probability of each rank in one draw, so that documents hold it as often as wanted. A document
/// takes a term once at most, so popular ones are drawn more than in proportion; and more again
/// since documents differ in length and taste (the formula is the negative binomial's).
inline Values draw_probabilities() {
    constexpr double kShape = 1.2;
    Values p = document_fractions();
    for (double& x : p) x = kShape * (std::pow(1.0 - x, -1.0 / kShape) - 1.0);
    scale_to_one(p);
    return p;
}

/// Topics of one document are not independent in RCV1; lifting CCAT's makes up for that.
inline Values leaf_weights() {
    constexpr double kCcatLift = 1.2;
    Values weights;
    for (const Topic& topic : kTopicTable) {
        weights.push_back(topic.name[0] == 'C' ? topic.weight * kCcatLift : topic.weight);
    }
    return weights;
}

/// How much more often than others a topic uses each head term. It inherits from the topics above
/// it, so siblings share words. Every term prefers some categories slightly; keywords prefer single
/// topics strongly. The most popular terms are common to all topics, so they differ less.
inline Values preferences(std::uint64_t seed, std::size_t topic,
                          std::span<const double> fractions) {
    Values logs(kHeadRanks);
    for (std::size_t node = 0; node < kTopics; ++node) {
        if (!lineage(topic).test(node)) continue;
        const data::CounterRandom random(seed, kPreferences, node);
        const double taste = is_category(node) ? kCategoryTaste : kTopicTaste;
        const double keywords = is_category(node) ? 0.0 : kKeywordFraction;
        for (std::size_t r = 0; r < kHeadRanks; ++r) {
            const double triangular = random.unit(3 * r) + random.unit(3 * r + 1) - 1.0;
            logs[r] += taste * std::sqrt(6.0) * triangular * (1.0 - fractions[r]);
            const double chance = random.unit(3 * r + 2);
            if (chance >= keywords) continue;
            logs[r] += kKeywordStrength * chance / keywords * (1.0 - std::sqrt(fractions[r]));
        }
    }
    for (double& x : logs) x = std::exp(x);
    return logs;
}

/// The word distribution of every topic over the head terms. Topics and terms are scaled in turn
/// (Sinkhorn), until each topic sums to 1 and all topics together repeat the popularity curve.
inline std::vector<Values> topic_word_weights(std::uint64_t seed) {
    constexpr int kRounds = 5;
    const Values fractions = document_fractions();
    Values head = draw_probabilities();
    head.resize(kHeadRanks);
    scale_to_one(head);
    Values mixture = leaf_weights();
    scale_to_one(mixture);
    std::vector<Values> words;
    for (std::size_t t = 0; t < kTopics; ++t) words.push_back(preferences(seed, t, fractions));
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t r = 0; r < kHeadRanks; ++r) {
            double used = 0.0;
            for (std::size_t t = 0; t < kTopics; ++t) used += mixture[t] * words[t][r];
            for (std::size_t t = 0; t < kTopics; ++t) words[t][r] *= head[r] / used;
        }
        for (Values& w : words) scale_to_one(w);
    }
    return words;
}

/// The rest of the popularity curve after the topics, which use head terms only.
inline Values background_weights() {
    constexpr double kMeanShare = (kMinTopicalShare + kMaxTopicalShare) / 2.0;
    Values p = draw_probabilities();
    const std::span<double> head = std::span(p).first(kHeadRanks);
    const double left = 1.0 - kMeanShare / sum(head);
    for (double& x : head) x *= left;
    return p;
}

/// @param mean  of the log-normal law before it is cut off at both ends.
inline Values length_weights(double mean) {
    const double mu = std::log(mean) - kLogLengthSd * kLogLengthSd / 2.0;
    Values weights;
    for (std::uint32_t length = kMinLength; length <= kMaxLength; ++length) {
        const double z = (std::log(length) - mu) / kLogLengthSd;
        weights.push_back(std::exp(-z * z / 2.0) / length);
    }
    return weights;
}

/// Ranks are cut into bands at powers of 16; popular terms also repeat more within a document.
inline constexpr std::size_t kBands = 5;
inline std::size_t rank_band(std::uint32_t rank) {
    return static_cast<std::size_t>(std::bit_width(rank)) / 4;
}

inline Values term_frequency_weights(std::size_t band) {
    const double exponent = -1.2 - 0.25 * static_cast<double>(band);
    Values weights;
    for (std::uint32_t tf = 1; tf <= kMaxTermFrequency; ++tf) {
        weights.push_back(std::pow(tf, exponent));
    }
    return weights;
}

}  // namespace hogwild::tools::shape
