#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/error.hpp"
#include "io/dataset_file.hpp"
#include "io/hdf5.hpp"

namespace hogwild::io {

/// The arrays of an open dataset file.
struct DatasetFile::Arrays {
    using Kind = h5::ReadDataset::Kind;

    h5::Handle file;
    h5::Handle x;
    h5::ReadDataset indices;
    h5::ReadDataset data;
    h5::ReadDataset indptr;
    h5::ReadDataset document_id;
    std::optional<h5::ReadDataset> feature_counts;  // of all columns, or:
    std::optional<h5::ReadDataset> feature_column;  // of those that occur
    std::optional<h5::ReadDataset> feature_count;
    std::optional<h5::ReadDataset> position;
    std::optional<h5::ReadDataset> weight;
    std::optional<h5::ReadDataset> topic_indices;
    std::optional<h5::ReadDataset> topic_indptr;
    std::optional<h5::ReadDataset> y;
    std::vector<std::int32_t> members;  // scratch of for_each_topics

    explicit Arrays(h5::Handle opened)
        : file(std::move(opened)),
          x(h5::open_group(file, "X")),
          indices(x, "indices", Kind::integer),
          data(x, "data", Kind::real),
          indptr(x, "indptr", Kind::integer),
          document_id(file, "document_id", Kind::integer) {
        if (h5::has_link(file, "features")) {
            const h5::Handle features = h5::open_group(file, "features");
            feature_column.emplace(features, "column", Kind::integer);
            feature_count.emplace(features, "count", Kind::integer);
        } else {
            feature_counts.emplace(file, "feature_counts", Kind::integer);
        }
        if (h5::has_link(file, "text_position")) {
            position.emplace(file, "text_position", Kind::integer);
        }
    }

    void open_labels(DatasetHeader& header) {
        if (header.has_weights) weight.emplace(file, "sample_weight", Kind::real);
        if (!header.has_topics) {
            y.emplace(file, "y", Kind::integer);
            return;
        }
        const h5::Handle topics = h5::open_group(file, "topics");
        topic_indices.emplace(topics, "indices", Kind::integer);
        topic_indptr.emplace(topics, "indptr", Kind::integer);
        header.topics = h5::ReadDataset(topics, "names", Kind::string).read_all_strings();
    }

    /// Calls `visit<T>(array)` with every array and the type that its digest was made of.
    template <class Visit>
    void each(Visit&& visit) const {
        visit.template operator()<std::uint32_t>(indices);
        visit.template operator()<float>(data);
        visit.template operator()<std::int64_t>(indptr);
        visit.template operator()<std::int64_t>(document_id);
        if (feature_counts) visit.template operator()<std::int64_t>(*feature_counts);
        if (feature_column) visit.template operator()<std::uint32_t>(*feature_column);
        if (feature_count) visit.template operator()<std::int64_t>(*feature_count);
        if (position) visit.template operator()<std::int64_t>(*position);
        if (weight) visit.template operator()<float>(*weight);
        if (y) visit.template operator()<std::int8_t>(*y);
        if (topic_indices) visit.template operator()<std::int32_t>(*topic_indices);
        if (topic_indptr) visit.template operator()<std::int64_t>(*topic_indptr);
    }

    static void expect(const h5::ReadDataset& dataset, std::int64_t length) {
        if (dataset.length() != length) {
            throw Error(ExitCode::bad_data, dataset.handle().what() + " has " +
                                                std::to_string(dataset.length()) +
                                                " elements, expected " + std::to_string(length));
        }
    }

    void check_lengths(const DatasetHeader& h) const {
        expect(indices, h.nonzeros);
        expect(data, h.nonzeros);
        expect(indptr, h.rows + 1);
        expect(document_id, h.rows);
        if (feature_counts) expect(*feature_counts, h.features);
        if (feature_column) expect(*feature_count, feature_column->length());
        if (position) expect(*position, h.rows);
        if (weight) expect(*weight, h.rows);
        if (y) expect(*y, h.rows);
        if (topic_indptr) expect(*topic_indptr, h.rows + 1);
        if (h5::read_integers(x, "shape") != std::vector<std::int64_t>{h.rows, h.features}) {
            throw Error(ExitCode::bad_data,
                        x.what() + ": shape contradicts the file's rows and features");
        }
    }
};

}  // namespace hogwild::io
