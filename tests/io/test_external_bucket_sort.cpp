#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "data/random.hpp"
#include "io/external_bucket_sort.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using Order = ExternalBucketSort::Order;
using test::fails_with;
using test::ToyDocument;

constexpr std::size_t kAmple = std::size_t{64} << 20;

struct Entry {
    std::uint64_t key;
    ToyDocument document;
};

/// Documents of all lengths, from none to 8 topics; the id is the order of arrival.
ToyDocument document_for(std::uint64_t k) {
    ToyDocument d{static_cast<std::int64_t>(k), {}, {}, {}};
    for (std::uint64_t t = 0; t < k % 13; ++t) {
        d.index.push_back(static_cast<std::uint32_t>(1000 * t + k));
        d.value.push_back(static_cast<float>(k) / static_cast<float>(t + 1));
    }
    for (std::uint64_t t = 0; t < k % 9; ++t) d.topics.push_back(static_cast<std::uint16_t>(t * k));
    return d;
}

/// `count` documents with keys key_of(0), key_of(1), …
template <class KeyOf>
std::vector<Entry> entries_with(std::uint64_t count, const KeyOf& key_of) {
    std::vector<Entry> entries;
    for (std::uint64_t k = 0; k < count; ++k) entries.push_back({key_of(k), document_for(k)});
    return entries;
}

std::uint64_t random_key(std::uint64_t k) { return data::CounterRandom(1).bits(k); }

void append_all(ExternalBucketSort& spool, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) spool.append(entry.key, entry.document.record());
}

template <class T>
bool is_aligned(std::span<const T> values) {
    return reinterpret_cast<std::uintptr_t>(values.data()) % alignof(T) == 0;
}

std::vector<ToyDocument> drain(ExternalBucketSort& spool) {
    std::vector<ToyDocument> documents;
    spool.drain([&](const DocumentRecord& r) {
        EXPECT_TRUE(is_aligned(r.index) && is_aligned(r.value) && is_aligned(r.topics)) << r.id;
        documents.push_back({r.id,
                             {r.index.begin(), r.index.end()},
                             {r.value.begin(), r.value.end()},
                             {r.topics.begin(), r.topics.end()}});
    });
    return documents;
}

std::vector<ToyDocument> expected(std::vector<Entry> entries, Order order) {
    if (order == Order::by_key) std::ranges::stable_sort(entries, {}, &Entry::key);
    std::vector<ToyDocument> documents;
    for (Entry& entry : entries) documents.push_back(std::move(entry.document));
    return documents;
}

std::ptrdiff_t open_files() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class ExternalBucketSortTest : public testing::Test {
protected:
    /// Appends and drains with this budget; the directory must stay empty throughout.
    std::vector<ToyDocument> through(const std::vector<Entry>& entries, std::size_t budget,
                                     Order order) {
        ExternalBucketSort spool(dir_.path(), budget, order);
        append_all(spool, entries);
        EXPECT_EQ(dir_.entries(), 0) << "temporary files have no names";
        std::vector<ToyDocument> documents = drain(spool);
        EXPECT_EQ(dir_.entries(), 0);
        return documents;
    }
    test::ScratchDir dir_;
};

TEST_F(ExternalBucketSortTest, SortsByKeyInMemory) {
    const std::vector<Entry> entries = entries_with(3000, random_key);
    EXPECT_EQ(through(entries, kAmple, Order::by_key), expected(entries, Order::by_key));
}

TEST_F(ExternalBucketSortTest, SortsByKeyWhateverTheBudget) {
    const std::vector<Entry> entries = entries_with(1500, random_key);
    const std::vector<ToyDocument> sorted = expected(entries, Order::by_key);
    for (const std::size_t budget :
         {std::size_t{2000}, std::size_t{20'000}, std::size_t{200'000}}) {
        EXPECT_TRUE(through(entries, budget, Order::by_key) == sorted) << budget << " bytes";
    }
}

TEST_F(ExternalBucketSortTest, ABudgetOfNothingSpreadsEveryBucketToTheLastLevel) {
    const std::vector<Entry> entries = entries_with(60, random_key);
    EXPECT_TRUE(through(entries, 0, Order::by_key) == expected(entries, Order::by_key));
}

TEST_F(ExternalBucketSortTest, EqualKeysKeepTheOrderOfArrival) {
    for (const std::size_t budget : {std::size_t{100}, std::size_t{5000}, kAmple}) {
        for (const std::uint64_t modulus : {1U, 2U, 10U}) {
            const std::vector<Entry> entries =
                entries_with(1000, [&](std::uint64_t k) { return random_key(k % modulus); });
            EXPECT_TRUE(through(entries, budget, Order::by_key) == expected(entries, Order::by_key))
                << budget << " bytes, " << modulus << " keys";
        }
    }
}

TEST_F(ExternalBucketSortTest, EveryByteOfTheKeyCounts) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        const std::vector<Entry> entries =
            entries_with(40, [&](std::uint64_t k) { return (k * 111 % 256) << shift; });
        EXPECT_TRUE(through(entries, 300, Order::by_key) == expected(entries, Order::by_key))
            << "bits from " << shift;
    }
}

TEST_F(ExternalBucketSortTest, ExtremeKeys) {
    const std::vector<Entry> entries = entries_with(100, [](std::uint64_t k) {
        return k % 3 == 0 ? ~std::uint64_t{0} : k % 3 == 1 ? 0 : std::uint64_t{1} << 63;
    });
    for (const std::size_t budget : {std::size_t{0}, kAmple}) {
        EXPECT_TRUE(through(entries, budget, Order::by_key) == expected(entries, Order::by_key));
    }
}

TEST_F(ExternalBucketSortTest, AsAppendedKeepsTheOrderWhateverTheKeys) {
    const std::vector<Entry> entries = entries_with(3000, random_key);
    for (const std::size_t budget : {std::size_t{0}, std::size_t{5000}, kAmple}) {
        EXPECT_TRUE(through(entries, budget, Order::as_appended) ==
                    expected(entries, Order::as_appended))
            << budget << " bytes";
    }
}

TEST_F(ExternalBucketSortTest, AnEmptyDocumentIsADocument) {
    for (const Order order : {Order::by_key, Order::as_appended}) {
        for (const std::size_t budget : {std::size_t{0}, kAmple}) {
            const std::vector<Entry> entries{{5, {7, {}, {}, {}}}, {4, {8, {}, {}, {1}}}};
            EXPECT_EQ(through(entries, budget, order), expected(entries, order));
        }
    }
}

TEST_F(ExternalBucketSortTest, NothingInNothingOut) {
    EXPECT_TRUE(through({}, kAmple, Order::by_key).empty());
    EXPECT_TRUE(through({}, 0, Order::as_appended).empty());
}

// Spilled files are read back in pieces of 4 MiB; a record may be longer than that.
TEST_F(ExternalBucketSortTest, DocumentsLongerThanAPiece) {
    const auto long_document = [](std::int64_t id, std::uint32_t terms) {
        ToyDocument d{id, {}, {}, {3}};
        for (std::uint32_t t = 0; t < terms; ++t) {
            d.index.push_back(t);
            d.value.push_back(static_cast<float>(t));
        }
        return d;
    };
    std::vector<Entry> entries{{3, long_document(1, 10)},      {3, long_document(2, 1'200'000)},
                               {2, long_document(3, 600'000)}, {3, long_document(4, 0)},
                               {3, long_document(5, 524'286)}, {1, long_document(6, 3)}};
    for (const Order order : {Order::by_key, Order::as_appended}) {
        EXPECT_TRUE(through(entries, 1 << 20, order) == expected(entries, order));
    }
}

TEST_F(ExternalBucketSortTest, DrainingForgets) {
    for (const Order order : {Order::by_key, Order::as_appended}) {
        for (const std::size_t budget : {std::size_t{1000}, kAmple}) {
            ExternalBucketSort spool(dir_.path(), budget, order);
            const std::vector<Entry> entries = entries_with(200, random_key);
            append_all(spool, entries);
            EXPECT_EQ(drain(spool).size(), 200U);
            EXPECT_TRUE(drain(spool).empty());
            append_all(spool, entries);
            EXPECT_TRUE(drain(spool) == expected(entries, order)) << "usable again";
        }
    }
}

TEST_F(ExternalBucketSortTest, LeavesNoFileOpen) {
    const std::ptrdiff_t before = open_files();
    {
        ExternalBucketSort spool(dir_.path(), 5000, Order::by_key);
        append_all(spool, entries_with(500, random_key));
        EXPECT_GT(open_files(), before) << "this budget must spill, or the test shows nothing";
    }
    EXPECT_EQ(open_files(), before);
    ExternalBucketSort spool(dir_.path(), 5000, Order::by_key);
    append_all(spool, entries_with(500, random_key));
    drain(spool);
    EXPECT_EQ(open_files(), before);
}

TEST_F(ExternalBucketSortTest, AnAmpleBudgetNeedsNoFiles) {
    ExternalBucketSort spool(dir_.file("nowhere"), kAmple, Order::by_key);
    append_all(spool, entries_with(100, random_key));
    EXPECT_EQ(drain(spool).size(), 100U);
}

TEST_F(ExternalBucketSortTest, ADirectoryThatIsNotThereIsAnIoError) {
    ExternalBucketSort spool(dir_.file("nowhere"), 100, Order::by_key);
    EXPECT_TRUE(fails_with(ExitCode::io, "nowhere: temporary file: No such file",
                           [&] { append_all(spool, entries_with(100, random_key)); }));
}

TEST_F(ExternalBucketSortTest, AFullDiskIsAnIoError) {
    ExternalBucketSort spool(dir_.path(), 100'000, Order::as_appended);
    EXPECT_TRUE(fails_with(ExitCode::io, dir_.path() + ": temporary file", [&] {
        const test::FileSizeLimit full(5000);
        append_all(spool, entries_with(2000, random_key));
    }));
}

TEST_F(ExternalBucketSortTest, AnErrorOfTheTakerPassesThrough) {
    ExternalBucketSort spool(dir_.path(), 1000, Order::by_key);
    append_all(spool, entries_with(100, random_key));
    int taken = 0;
    EXPECT_TRUE(fails_with(ExitCode::io, "full", [&] {
        spool.drain([&](const DocumentRecord&) {
            if (++taken == 50) throw Error(ExitCode::io, "full");
        });
    }));
    EXPECT_EQ(taken, 50);
}

}  // namespace
}  // namespace hogwild::io
