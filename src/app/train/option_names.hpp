#pragma once
#include "data/enum_names.hpp"
#include "model/feature_scaling.hpp"
#include "model/measure.hpp"
#include "model/objective.hpp"
#include "model/schedule.hpp"
#include "train/context.hpp"
#include "train/sampling/sampler.hpp"

namespace hogwild::app {

/// Settings for what the user does not set: such as the data decide, or the seed paper's.
enum class Preset { automatic, paper };
/// The quantity of which ranks get equal shares.
enum class Balance { rows, nonzeros };
/// What ranks divide among themselves where there are several categories.
enum class OutputSplit { automatic, documents, categories };
/// Where training documents are.
enum class RowStorage {
    automatic,
    memory,  ///< all of a rank in its memory
    stream   ///< in files, from which a rank reads them while it trains
};
/// How documents of one of several classes are told apart.
enum class Multiclass {
    none,  ///< not at all: categories do not exclude each other
    ovr    ///< each class against the rest, and the highest score decides
};
/// How the regularizer is applied: document by document, or its effect at intervals.
enum class Regularization { exact, aggregated };
/// How held-out scores are calibrated.
enum class CalibrationKind { platt, isotonic };
/// How a downpour server applies pushed changes.
enum class ServerUpdate { plain, adagrad };
/// Of changes between nodes: that of the weights, or model::Bfloat16.
enum class ExchangePrecision { full, bfloat16 };

}  // namespace hogwild::app

/// The names of the values that options of `train` have.
namespace hogwild::data {

template <>
struct EnumTable<model::LossKind> {
    template <class Loss>
    static constexpr EnumName<model::LossKind> kRow{Loss::kKind, Loss::kName};
    static constexpr EnumName<model::LossKind> kRows[] = {
        kRow<model::Hinge>, kRow<model::SquaredHinge>, kRow<model::Logistic>,
        kRow<model::ModifiedHuber>};
};
template <>
struct EnumTable<model::Regularizer> {
    static constexpr EnumName<model::Regularizer> kRows[] = {
        {model::Regularizer::seed, "seed", "document-degree"},
        {model::Regularizer::scalar, "scalar"},
        {model::Regularizer::hogwild, "hogwild", "feature-degree"},
        {model::Regularizer::l2, "l2"},
        {model::Regularizer::none, "none"}};
};
template <>
struct EnumTable<app::Preset> {
    static constexpr EnumName<app::Preset> kRows[] = {{app::Preset::automatic, "auto"},
                                                      {app::Preset::paper, "paper"}};
};
template <>
struct EnumTable<app::OutputSplit> {
    static constexpr EnumName<app::OutputSplit> kRows[] = {
        {app::OutputSplit::automatic, "auto"},
        {app::OutputSplit::documents, "documents"},
        {app::OutputSplit::categories, "categories"}};
};
template <>
struct EnumTable<app::RowStorage> {
    static constexpr EnumName<app::RowStorage> kRows[] = {{app::RowStorage::automatic, "auto"},
                                                          {app::RowStorage::memory, "memory"},
                                                          {app::RowStorage::stream, "stream"}};
};
template <>
struct EnumTable<app::Multiclass> {
    static constexpr EnumName<app::Multiclass> kRows[] = {{app::Multiclass::none, "none"},
                                                          {app::Multiclass::ovr, "ovr"}};
};
template <>
struct EnumTable<model::FeatureScaling> {
    using Kind = model::FeatureScaling;
    static constexpr EnumName<Kind> kRows[] = {
        {Kind::none, "none"}, {Kind::rms, "rms"}, {Kind::automatic, "auto"}};
};
template <>
struct EnumTable<app::CalibrationKind> {
    static constexpr EnumName<app::CalibrationKind> kRows[] = {
        {app::CalibrationKind::platt, "platt"}, {app::CalibrationKind::isotonic, "isotonic"}};
};
template <>
struct EnumTable<model::Measure> {
    static constexpr EnumName<model::Measure> kRows[] = {
        {model::Measure::objective, "objective"},
        {model::Measure::loss, "loss"},
        {model::Measure::accuracy, "accuracy"},
        {model::Measure::f1, "f1"},
        {model::Measure::auc, "auc"},
        {model::Measure::average_precision, "average-precision"}};
};
template <>
struct EnumTable<model::StepSchedule::Kind> {
    using Kind = model::StepSchedule::Kind;
    static constexpr EnumName<Kind> kRows[] = {{Kind::constant, "constant"},
                                               {Kind::inverse, "inverse"},
                                               {Kind::decay, "decay", "exponential"}};
};
template <>
struct EnumTable<train::Precision> {
    static constexpr EnumName<train::Precision> kRows[] = {
        {train::Precision::double_, "double"},
        {train::Precision::single_, "float"},
        {train::Precision::bfloat16, "bfloat16"}};
};
template <>
struct EnumTable<train::Sampler::Kind> {
    using Kind = train::Sampler::Kind;
    static constexpr EnumName<Kind> kRows[] = {
        {Kind::uniform, "uniform"}, {Kind::permutation, "permutation"}, {Kind::blocks, "blocks"}};
};
template <>
struct EnumTable<train::Combine> {
    static constexpr EnumName<train::Combine> kRows[] = {{train::Combine::mean, "mean"},
                                                         {train::Combine::sum, "sum"},
                                                         {train::Combine::elastic, "elastic"},
                                                         {train::Combine::dual, "dual"}};
};
template <>
struct EnumTable<train::ExchangeFormat> {
    using Format = train::ExchangeFormat;
    static constexpr EnumName<Format> kRows[] = {
        {Format::automatic, "auto"}, {Format::dense, "dense"}, {Format::sparse, "sparse"}};
};
template <>
struct EnumTable<app::ExchangePrecision> {
    using Precision = app::ExchangePrecision;
    static constexpr EnumName<Precision> kRows[] = {{Precision::full, "full"},
                                                    {Precision::bfloat16, "bfloat16"}};
};
template <>
struct EnumTable<app::Balance> {
    static constexpr EnumName<app::Balance> kRows[] = {{app::Balance::rows, "rows"},
                                                       {app::Balance::nonzeros, "nonzeros"}};
};
template <>
struct EnumTable<app::Regularization> {
    static constexpr EnumName<app::Regularization> kRows[] = {
        {app::Regularization::exact, "exact"}, {app::Regularization::aggregated, "aggregated"}};
};
template <>
struct EnumTable<app::ServerUpdate> {
    static constexpr EnumName<app::ServerUpdate> kRows[] = {
        {app::ServerUpdate::plain, "plain"}, {app::ServerUpdate::adagrad, "adagrad"}};
};

}  // namespace hogwild::data
