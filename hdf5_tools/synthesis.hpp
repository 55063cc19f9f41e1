#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::tools {

inline constexpr std::uint32_t kTerms = 47236;    ///< term ids are 1 .. kTerms
inline constexpr double kMeanTerms = 75.7;        ///< different terms in a document of RCV1-v2
inline constexpr std::size_t kTopics = 103;       ///< as many as RCV1-v2 has
inline constexpr std::size_t kMaxDocTopics = 17;  ///< the most that one document carries

/// The text files a document belongs to; both sets come from the same distribution.
enum class Part : std::uint64_t { train = 0, test = 1 };

/// Draws 0 .. n-1 with given probabilities in constant time (Vose 1991, doi:10.1109/32.92917).
/// The weights are rounded to integers first and a draw compares integers only, so that results
/// hardly depend on the last bit of a platform's exp() and log().
class AliasTable {
public:
    /// @param weights  1 to 65,536 of them, >= 0, not all zero.
    explicit AliasTable(std::span<const double> weights);

    /// The outcome for 64 uniform bits.
    std::uint32_t draw(std::uint64_t bits) const noexcept {
        const std::uint64_t column = ((bits >> 32) * columns_.size()) >> 32;
        const Column& c = columns_[column];
        const bool keep = static_cast<std::uint32_t>(bits) < c.threshold;
        return keep ? static_cast<std::uint32_t>(column) : c.alias;
    }

private:
    struct Column {
        std::uint32_t threshold = 0;  ///< of 2^32: below it the column itself, else its alias
        std::uint32_t alias = 0;
    };
    std::vector<Column> columns_;
};

/// The content of one document's vector line and topic lines, without its id.
struct SyntheticDocument {
    struct Entry {
        std::uint32_t term = 0;    ///< 1 .. kTerms
        std::uint32_t weight = 0;  ///< in millionths: the files carry six decimals
    };
    std::vector<Entry> entries;   ///< ascending by term; the weights have norm 1
    std::bitset<kTopics> topics;  ///< positions in topic_names(); ancestors are included
};

/// The topic codes in ascending order.
std::span<const std::string_view> topic_names();

/// A source of documents shaped like those of RCV1-v2 (Lewis et al., JMLR 5 (2004), 361-397).
///
/// A document is a function of (seed, part, ordinal) alone. Its leaf topics are drawn first, then
/// its length, then that many different terms: each from the background or from the preferred terms
/// of one of its topics. A hidden topic, the intruder, takes some of every document's words. Where
/// it
/// takes most of them the text contradicts the label, an error that no classifier can repair.
class Synthesizer {
public:
    /// @param mean_terms  different terms in a document, on average; RCV1's if not given.
    explicit Synthesizer(std::uint64_t seed, double mean_terms = kMeanTerms);

    /// Writes document `ordinal` (>= 0) of `part` into `out`, whose memory is reused.
    /// Train document 0 always holds term kTerms: so the number of features is fixed.
    void generate(Part part, std::int64_t ordinal, SyntheticDocument& out);

private:
    class Draws;   // the random bits of one document, one after the other
    struct Style;  // what the words of one document are drawn from

    void draw_topics(Draws& draws, SyntheticDocument& out, Style& style) const;
    void draw_shares(Draws& draws, Style& style) const;
    std::uint32_t draw_rank(Draws& draws, const Style& style) const;
    void draw_ranks(Draws& draws, const Style& style, std::size_t length, bool with_last_term);
    void weigh(Draws& draws, SyntheticDocument& out) const;
    void take(std::uint32_t rank);

    std::uint64_t seed_;
    std::vector<std::uint32_t> term_of_rank_;  // popularity rank (0 = most popular) -> term id
    std::vector<std::uint32_t> idf_of_rank_;   // fixed point, kIdfScale
    std::vector<std::uint32_t> tf_factors_;    // 1 + ln(tf) for tf = 1, 2, ...; kTfScale
    std::vector<AliasTable> tf_of_band_;       // by rank_band()
    AliasTable lengths_;
    AliasTable leaf_topics_;
    AliasTable background_;
    std::vector<AliasTable> topic_words_;  // over the kHeadRanks most popular terms

    std::vector<std::uint32_t> ranks_;     // terms of the document being drawn
    std::vector<std::uint64_t> taken_by_;  // per rank: the document that took it last
    std::uint64_t document_ = 0;           // documents drawn so far
};

/// RCV1's numbering: increasing, with gaps; train from 2286, test from 26151, or later where the
/// train set needs more room.
/// @param n_train  documents of the train set.
std::int64_t document_id(Part part, std::int64_t ordinal, std::int64_t n_train);

/// Appends `<id>  <term>:<weight> <term>:<weight> ...` and a line feed.
void append_vector_line(std::string& text, std::int64_t id, const SyntheticDocument& document);

/// Appends a line `<topic> <id> 1` for each topic.
void append_topic_lines(std::string& text, std::int64_t id, const SyntheticDocument& document);

}  // namespace hogwild::tools
