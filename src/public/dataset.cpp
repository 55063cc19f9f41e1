#include "hogwild/dataset.hpp"

#include <utility>

#include "io/dataset.hpp"
#include "io/hdf5_library.hpp"

namespace hogwild {
namespace {

/// How documents are labelled, and whether the caller named a category. If a dataset has topics and
/// the caller named none, documents are read by the first topic and the labels are not shown.
struct Labels {
    io::Labelling labelling;
    bool known = true;
};

Labels labels_for(const io::Dataset& dataset, const std::string& category) {
    if (category.empty() && dataset.header().has_topics) return {io::Labelling{0, true}, false};
    io::Labelling labelling = dataset.labelling(category);
    labelling.may_be_missing = true;
    return {labelling, true};
}

}  // namespace

struct RowBlock::Content {
    data::Rows rows;
    std::vector<std::int64_t> document_id;
    bool labels_known = true;

    void append(const io::RowBlock& block) {
        rows.append(block.rows, 0, block.rows.size());
        document_id.insert(document_id.end(), block.document_id.begin(), block.document_id.end());
    }
};

RowBlock::RowBlock() : content_(std::make_unique<Content>()) {}
RowBlock::RowBlock(RowBlock&&) noexcept = default;
RowBlock& RowBlock::operator=(RowBlock&&) noexcept = default;
RowBlock::~RowBlock() = default;

std::int64_t RowBlock::size() const noexcept { return content_->rows.size(); }

Row RowBlock::operator[](std::int64_t i) const noexcept {
    const data::SparseRow x = content_->rows.row(i);
    return {content_->document_id[static_cast<std::size_t>(i)],
            content_->labels_known ? content_->rows.label(i) : 0, x.index, x.value,
            content_->rows.weight(i)};
}

struct Dataset::Impl {
    io::Dataset dataset;

    /// Like io::Dataset::read_block: at least one document from `first` on, none at or after `end`.
    std::int64_t append_block(std::int64_t first, std::int64_t end, const Labels& labels,
                              RowBlock::Content& out) {
        io::RowBlock block;
        std::int64_t next = first;
        io::with_quiet_hdf5(
            [&] { next = dataset.read_block(first, end, labels.labelling, block); });
        out.append(block);
        out.labels_known = labels.known;
        return next;
    }
};

Dataset::Dataset(const std::string& name) {
    io::with_quiet_hdf5([&] { impl_ = std::make_unique<Impl>(Impl{io::Dataset(name)}); });
}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

std::int64_t Dataset::documents() const noexcept { return impl_->dataset.rows(); }
std::int64_t Dataset::features() const noexcept { return impl_->dataset.features(); }
std::int64_t Dataset::nonzeros() const noexcept { return impl_->dataset.nonzeros(); }
const std::vector<std::string>& Dataset::topics() const noexcept {
    return impl_->dataset.header().topics;
}
bool Dataset::has_topics() const noexcept { return impl_->dataset.header().has_topics; }
std::int64_t Dataset::feature_id_base() const noexcept {
    return impl_->dataset.header().feature_id_base;
}
bool Dataset::shuffled() const noexcept { return impl_->dataset.header().shuffle_seed >= 0; }
const std::string& Dataset::digest() const noexcept { return impl_->dataset.digest(); }
std::string Dataset::normalization() const { return data::name_of(impl_->dataset.normalization()); }
const std::string& Dataset::idf_digest() const noexcept { return impl_->dataset.header().idf; }
std::vector<std::string> Dataset::files() const { return impl_->dataset.paths(); }

RowBlock Dataset::read(std::int64_t first, std::int64_t count, const std::string& category) {
    const Labels labels = labels_for(impl_->dataset, category);
    if (first < 0 || count < 0 || first > documents() || count > documents() - first) {
        throw Error(ExitCode::usage, impl_->dataset.name() + ": there are no documents [" +
                                         std::to_string(first) + ", " + std::to_string(first) +
                                         " + " + std::to_string(count) + "); it has " +
                                         std::to_string(documents()));
    }
    RowBlock all;
    for (std::int64_t row = first; row < first + count;) {
        row = impl_->append_block(row, first + count, labels, *all.content_);
    }
    return all;
}

RowRange Dataset::rows(const std::string& category) {
    labels_for(impl_->dataset, category);  // reports a wrong category at once
    return {*this, category};
}

RowRange::RowRange(Dataset& dataset, std::string category)
    : dataset_(&dataset), category_(std::move(category)) {}

RowRange::Iterator RowRange::begin() {
    if (!std::exchange(begun_, true)) advance();
    return Iterator(*this);
}

void RowRange::advance() {
    if (++place_ >= block_.size()) {
        done_ = next_row_ >= dataset_->documents();
        if (done_) return;
        block_ = RowBlock();
        next_row_ = dataset_->impl_->append_block(next_row_, dataset_->documents(),
                                                  labels_for(dataset_->impl_->dataset, category_),
                                                  *block_.content_);
        place_ = 0;
    }
    row_ = block_[place_];
}

}  // namespace hogwild
