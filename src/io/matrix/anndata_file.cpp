#include "io/matrix/anndata_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/suggestion.hpp"
#include "io/matrix/foreign_hdf5.hpp"

namespace hogwild::io {
namespace {

using Kind = h5::ForeignArray::Kind;

constexpr std::int64_t kBlock = 1 << 16;       // elements
constexpr std::int64_t kLargeBlock = 1 << 23;  // elements; bounds memory where chunks are large
constexpr std::int64_t kTextBlock = 1024;

[[noreturn]] void refuse_object(const std::string& where, const std::string& why) {
    throw Error(ExitCode::bad_data, where + " " + why);
}

/// Whole chunks, or HDF5 would unpack a chunk that its cache cannot keep again and again.
class Hdf5Stream final : public NumberStream {
public:
    explicit Hdf5Stream(h5::ForeignArray array)
        : NumberStream(array.what()),
          array_(std::move(array)),
          width_(std::max<std::int64_t>(1, array_.columns().value_or(1))) {
        const std::int64_t chunk = array_.chunk_rows();
        const std::int64_t wanted = std::max<std::int64_t>(1, kBlock / width_);
        const std::int64_t most = std::max<std::int64_t>(1, kLargeBlock / width_);
        block_rows_ = chunk >= wanted ? std::min(chunk, most) : wanted / chunk * chunk;
    }
    std::int64_t length() const noexcept override { return array_.length(); }
    std::int64_t block() const noexcept override { return block_rows_ * width_; }
    std::int64_t unit() const noexcept override { return width_; }
    void read(std::span<std::int64_t> out) override { read_next(out); }
    void read(std::span<double> out) override { read_next(out); }

private:
    template <class T>
    void read_next(std::span<T> out) {
        array_.read(row_, out);
        row_ += static_cast<std::int64_t>(out.size()) / width_;
    }

    h5::ForeignArray array_;
    std::int64_t width_;
    std::int64_t block_rows_ = 1;
    std::int64_t row_ = 0;
};

/// "label, batch, …": for messages.
std::string listed(std::vector<std::string> names) {
    constexpr std::size_t kMost = 12;
    std::string list;
    for (std::size_t k = 0; k < std::min(names.size(), kMost); ++k) {
        list += (k == 0 ? "" : ", ") + names[k];
    }
    return list + (names.size() > kMost ? ", ..." : "");
}

/// A name with slashes would be a path through other groups.
bool has_member(const h5::Handle& group, const std::string& name) {
    return name.find('/') == name.npos && !name.empty() && h5::has_link(group, name);
}

/// @throws Error: bad_data unless `group` has `name`, with what it has.
void require(const h5::Handle& group, const std::string& name, const std::string& kind) {
    constexpr std::size_t kMostNames = 10'000;
    if (has_member(group, name)) return;
    std::vector<std::string> names = h5::link_names(group, kMostNames);
    std::erase_if(names, [](const std::string& n) { return n.starts_with("_"); });
    const std::string near = data::nearest_word(name, names);
    refuse_object(group.what(), fmt::format("has no {} '{}'{}{}", kind, name,
                                            near.empty() ? "" : "; did you mean '" + near + "'?",
                                            names.empty() ? "" : "; it has: " + listed(names)));
}

template <class Visit>  // visit(first, count)
void in_blocks(std::int64_t length, std::int64_t block, const Visit& visit) {
    for (std::int64_t at = 0; at < length; at += block) visit(at, std::min(block, length - at));
}

h5::ForeignArray open_column(const h5::Handle& parent, const std::string& name, Kind kind) {
    h5::ForeignArray array(parent, name, kind);
    if (array.columns()) refuse_object(array.what(), "is not one-dimensional");
    return array;
}

std::vector<std::int64_t> integers_of(const h5::ForeignArray& array, std::int64_t first,
                                      std::int64_t count) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(count));
    array.read(first, std::span<std::int64_t>(values));
    return values;
}

/// Adds numbers or texts, but none where `missing` says so.
void add_values(const h5::ForeignArray& array, const std::vector<std::int64_t>& missing,
                LabelColumn& column) {
    const auto is_missing = [&](std::int64_t row) {
        return !missing.empty() && missing[static_cast<std::size_t>(row)] != 0;
    };
    in_blocks(array.length(), kTextBlock, [&](std::int64_t first, std::int64_t count) {
        std::int64_t row = first;
        const auto add_all = [&](const auto& values) {
            for (const auto& value : values) {
                is_missing(row++) ? column.add_none() : column.add(value);
            }
        };
        if (array.is_text()) return add_all(array.read_texts(first, count));
        std::vector<double> values(static_cast<std::size_t>(count));
        array.read(first, std::span<double>(values));
        add_all(values);
    });
}

void add_categories(const h5::ForeignArray& codes, const h5::ForeignArray& categories,
                    LabelColumn& column) {
    LabelColumn names;
    add_values(categories, {}, names);
    in_blocks(codes.length(), kBlock, [&](std::int64_t first, std::int64_t count) {
        for (const std::int64_t code : integers_of(codes, first, count)) {
            if (code >= names.size()) {
                refuse_object(codes.what(), fmt::format("holds the code {} of {} categories", code,
                                                        names.size()));
            }
            code < 0 ? column.add_none() : column.add(names[code]);
        }
    });
}

/// Categories as of AnnData 0.8, or values with a mask of the missing ones.
void add_group(const h5::Handle& group, LabelColumn& column) {
    if (h5::has_link(group, "codes")) {
        return add_categories(open_column(group, "codes", Kind::integers),
                              open_column(group, "categories", Kind::any), column);
    }
    if (!h5::has_link(group, "values")) {
        refuse_object(group.what(), "holds neither codes of categories nor values");
    }
    std::vector<std::int64_t> missing;
    const h5::ForeignArray values = open_column(group, "values", Kind::any);
    if (h5::has_link(group, "mask")) {
        const h5::ForeignArray mask = open_column(group, "mask", Kind::numbers);
        if (mask.length() != values.length()) {
            refuse_object(mask.what(), "has another length than the values");
        }
        missing = integers_of(mask, 0, mask.length());
    }
    add_values(values, missing, column);
}

}  // namespace

AnnDataFile::AnnDataFile(const std::string& path, const std::string& layer)
    : MatrixFile(path), file_(h5::open_file(path)) {
    if (h5::has_attribute(file_, "schema") &&
        h5::text_attribute(file_, "schema").starts_with("hogwild.")) {
        refuse_object(path + ":",
                      "is a file of hogwild's own; train reads its datasets as they are");
    }
    const std::string where = layer.empty() ? "" : "layers";
    name_ = layer.empty() ? "X" : layer;
    if (layer.empty()) {
        if (!h5::has_link(file_, "X")) {
            refuse_object(path + ":", "has no matrix X; is it an AnnData file (.h5ad)?");
        }
    } else {
        if (!h5::has_link(file_, where)) refuse_object(path + ":", "has no layers");
        parent_ = h5::open_group(file_, where);
        require(parent_, name_, "layer");
    }
    const h5::Handle& parent = layer.empty() ? file_ : parent_;
    is_group_ = h5::is_group(parent, name_);
    if (!is_group_) {
        const h5::ForeignArray dense(parent, name_, Kind::numbers);
        if (!dense.columns()) refuse_object(dense.what(), "is not two-dimensional");
        set_layout(Layout::dense);
        set_shape(dense.rows(), *dense.columns());
        return;
    }
    group_ = h5::open_group(parent, name_);
    read_shape(group_);
}

void AnnDataFile::read_shape(const h5::Handle& matrix) {
    std::string encoding = h5::text_attribute(matrix, "encoding-type");
    std::string shape = "shape";
    if (encoding.empty() && h5::has_attribute(matrix, "h5sparse_format")) {
        encoding = h5::text_attribute(matrix, "h5sparse_format") + "_matrix";
        shape = "h5sparse_shape";
    }
    if (encoding != "csr_matrix" && encoding != "csc_matrix") {
        refuse_object(matrix.what(), encoding.empty() ? "does not say how its matrix is encoded"
                                                      : "is encoded as '" + encoding +
                                                            "'; csr_matrix, csc_matrix and dense "
                                                            "arrays can be converted");
    }
    set_layout(encoding == "csr_matrix" ? Layout::by_rows : Layout::by_columns);
    const std::vector<std::int64_t> sizes = h5::read_integers(matrix, shape);
    if (sizes.size() != 2) refuse_object(matrix.what(), "has a shape that is not two numbers");
    set_shape(sizes[0], sizes[1]);
}

std::unique_ptr<NumberStream> AnnDataFile::open(Part part) const {
    if (!is_group_) {
        return std::make_unique<Hdf5Stream>(
            h5::ForeignArray(parent_.id() < 0 ? file_ : parent_, name_, Kind::numbers));
    }
    return std::make_unique<Hdf5Stream>(
        open_column(group_, name_of(part), part == Part::data ? Kind::numbers : Kind::integers));
}

bool AnnDataFile::has_column(const std::string& column) const {
    return h5::has_link(file_, "obs") && h5::is_group(file_, "obs") &&
           has_member(h5::open_group(file_, "obs"), column);
}

LabelColumn AnnDataFile::labels(const std::string& column) const {
    if (!h5::has_link(file_, "obs")) refuse_object(path() + ":", "has no obs, where labels are");
    if (!h5::is_group(file_, "obs")) {
        refuse_object(path() + ": /obs",
                      "is a table as of AnnData before 0.7; read and write the file "
                      "with a newer AnnData");
    }
    const h5::Handle obs = h5::open_group(file_, "obs");
    require(obs, column, "column");
    LabelColumn labels;
    if (h5::is_group(obs, column)) {
        add_group(h5::open_group(obs, column), labels);
    } else if (h5::has_link(obs, "__categories") &&
               h5::has_link(h5::open_group(obs, "__categories"), column)) {  // AnnData 0.7
        add_categories(open_column(obs, column, Kind::integers),
                       open_column(h5::open_group(obs, "__categories"), column, Kind::any), labels);
    } else {
        add_values(open_column(obs, column, Kind::any), {}, labels);
    }
    return labels;
}

}  // namespace hogwild::io
