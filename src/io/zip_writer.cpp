#include "io/zip_writer.hpp"

#include <zip.h>

#include <memory>

#include "data/error.hpp"

namespace hogwild::io {
namespace {

/// The errors of libzip's calls, which concern memory alone here.
class ZipError {
public:
    ZipError() { zip_error_init(&error_); }
    ZipError(const ZipError&) = delete;
    ZipError& operator=(const ZipError&) = delete;
    ~ZipError() { zip_error_fini(&error_); }
    zip_error_t* get() noexcept { return &error_; }
    [[noreturn]] static void fail(const char* what) {
        throw Error(ExitCode::io, std::string("cannot make a zip archive: ") + what);
    }

private:
    zip_error_t error_{};
};

struct FreeSource {
    void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};
struct DiscardArchive {
    void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};

void add(zip_t* archive, const ZipMember& member) {
    zip_source_t* const content =
        zip_source_buffer(archive, member.content.data(), member.content.size(), 0);
    if (content == nullptr) ZipError::fail(zip_strerror(archive));
    const zip_int64_t at = zip_file_add(archive, member.name.c_str(), content, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(content);
        ZipError::fail(zip_strerror(archive));
    }
    const auto number = static_cast<zip_uint64_t>(at);
    constexpr zip_uint16_t kMidnight = 0;  // equal models give equal files, in all time zones
    constexpr zip_uint16_t kFirstDay = (1U << 5) | 1U;  // 1 January 1980
    if (zip_set_file_compression(archive, number, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, number, kMidnight, kFirstDay, 0) != 0) {
        ZipError::fail(zip_strerror(archive));
    }
}

std::string content_of(zip_source_t* source) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) {
        ZipError::fail(zip_error_strerror(zip_source_error(source)));
    }
    std::string bytes(stat.size, '\0');
    const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (got < 0 || static_cast<std::size_t>(got) != bytes.size())
        ZipError::fail("it is incomplete");
    return bytes;
}

}  // namespace

std::string zip_archive_of(std::span<const ZipMember> members) {
    ZipError error;
    const std::unique_ptr<zip_source_t, FreeSource> source(
        zip_source_buffer_create(nullptr, 0, 0, error.get()));
    if (!source) ZipError::fail(zip_error_strerror(error.get()));
    std::unique_ptr<zip_t, DiscardArchive> archive(
        zip_open_from_source(source.get(), ZIP_CREATE | ZIP_TRUNCATE, error.get()));
    if (!archive) ZipError::fail(zip_error_strerror(error.get()));
    zip_source_keep(source.get());  // the archive frees it as well
    for (const ZipMember& member : members) add(archive.get(), member);
    if (zip_close(archive.get()) != 0) ZipError::fail(zip_strerror(archive.get()));
    static_cast<void>(archive.release());
    return content_of(source.get());
}

}  // namespace hogwild::io
