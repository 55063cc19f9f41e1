#include "io/matrix/zip_archive.hpp"

#include <zip.h>

#include <cerrno>
#include <filesystem>

#include "data/error.hpp"
#include "io/input_file.hpp"
#include "io/matrix/refuse_matrix.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

[[noreturn]] void fail_as(zip_error_t* error, const std::string& where) {
    const int system = zip_error_code_system(error);
    if (zip_error_system_type(error) == ZIP_ET_SYS && system != 0) {
        fail_for(where, system, ExitCode::bad_data);
    }
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY) {
        throw Error(ExitCode::resource, where + ": not enough memory to read it");
    }
    refuse_matrix(where, std::string("is damaged: ") + zip_error_strerror(error));
}

class MemberBytes final : public ByteStream {
public:
    MemberBytes(zip_t* archive, zip_uint64_t index, std::uint64_t size, const std::string& name)
        : ByteStream(name), size_(size), file_(zip_fopen_index(archive, index, 0)) {
        if (!file_) fail_as(zip_get_error(archive), name);
    }
    std::int64_t size() const noexcept override { return static_cast<std::int64_t>(size_); }
    std::size_t read(std::span<std::byte> out) override {
        std::size_t got = 0;
        while (got < out.size()) {
            const std::size_t part = read_some(out.subspan(got));
            if (part == 0) break;
            got += part;
        }
        // libzip compares the checksum when it meets the end
        std::byte beyond{};
        if (taken_ == size_ && read_some({&beyond, 1}) != 0) {
            refuse_matrix(name(), "is longer than the archive says");
        }
        return got;
    }

private:
    struct Close {
        void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
    };
    std::size_t read_some(std::span<std::byte> out) {
        const zip_int64_t n = zip_fread(file_.get(), out.data(), out.size());
        if (n < 0) fail_as(zip_file_get_error(file_.get()), name());
        taken_ += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
    }

    std::uint64_t size_;
    std::uint64_t taken_ = 0;
    std::unique_ptr<zip_file_t, Close> file_;
};

/// @throws Error: bad_data unless memory for the member is in proportion to the file.
void check_sizes(const zip_stat_t& member, std::int64_t file_size, const std::string& name) {
    constexpr double kDeflateLimit = 1032.0;  // more it cannot shrink
    if ((member.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
        member.encryption_method != ZIP_EM_NONE) {
        refuse_matrix(name, "is encrypted");
    }
    if (member.comp_method != ZIP_CM_STORE && member.comp_method != ZIP_CM_DEFLATE) {
        refuse_matrix(name, "is compressed by method " + std::to_string(member.comp_method) +
                                " of ZIP; only stored and deflated arrays are read");
    }
    const double limit = member.comp_method == ZIP_CM_STORE ? 1.0 : kDeflateLimit;
    if (member.comp_size > static_cast<std::uint64_t>(file_size) ||
        static_cast<double>(member.size) > limit * static_cast<double>(member.comp_size)) {
        refuse_matrix(
            name, "claims " + std::to_string(member.size) + " bytes, which the file does not hold");
    }
}

}  // namespace

void ZipArchive::Close::operator()(zip* archive) const noexcept { zip_discard(archive); }

ZipArchive::ZipArchive(const std::string& path) : path_(path) {
    check_regular_file(path);
    std::error_code unknown;
    file_size_ = static_cast<std::int64_t>(std::filesystem::file_size(path, unknown));
    if (unknown) fail_for(path, unknown.value(), ExitCode::no_input);
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive_) return;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (code == ZIP_ER_MEMORY) throw Error(ExitCode::resource, path + ": not enough memory");
    refuse_matrix(path, "is a damaged or truncated ZIP archive: " + why);
}

bool ZipArchive::has(const std::string& member) const {
    return zip_name_locate(archive_.get(), member.c_str(), 0) >= 0;
}

std::unique_ptr<ByteStream> ZipArchive::open(const std::string& member) const {
    const std::string name = path_ + "/" + member;
    const zip_int64_t index = zip_name_locate(archive_.get(), member.c_str(), 0);
    if (index < 0) refuse_matrix(name, "is missing");
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(index), 0, &status) < 0) {
        fail_as(zip_get_error(archive_.get()), name);
    }
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((status.valid & kNeeded) != kNeeded) refuse_matrix(name, "has no size");
    check_sizes(status, file_size_, name);
    return std::make_unique<MemberBytes>(archive_.get(), static_cast<zip_uint64_t>(index),
                                         status.size, name);
}

}  // namespace hogwild::io
