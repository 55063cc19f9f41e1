#include "io/decompressor.hpp"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace hogwild::io {
namespace {

using In = std::span<const std::byte>;
using Out = std::span<std::byte>;

/// What a library with 32-bit counts can take at once.
unsigned piece(std::size_t size) {
    return static_cast<unsigned>(
        std::min<std::size_t>(size, std::numeric_limits<unsigned>::max() / 2));
}

class Gzip final : public Decompressor {
public:
    Gzip() {
        constexpr int kGzipOnly = 15 + 16;  // window bits, as zlib's manual has it
        if (inflateInit2(&z_, kGzipOnly) != Z_OK) throw std::bad_alloc();
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() override { inflateEnd(&z_); }

    void step(In& in, Out& out, bool /*last*/) override {
        if (in.empty()) return;
        if (!in_member_) {
            inflateReset(&z_);
            in_member_ = true;
        }
        // zlib's interface is not const
        z_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
        z_.next_out = reinterpret_cast<Bytef*>(out.data());
        const unsigned given = z_.avail_in = piece(in.size());
        const unsigned room = z_.avail_out = piece(out.size());
        const int code = inflate(&z_, Z_NO_FLUSH);
        in = in.subspan(given - z_.avail_in);
        out = out.subspan(room - z_.avail_out);
        if (code == Z_STREAM_END) {
            in_member_ = false;
        } else if (code == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            throw DamagedStream(z_.msg != nullptr ? z_.msg : "not gzip");
        }
    }
    bool may_end() const noexcept override { return !in_member_; }

private:
    z_stream z_{};
    bool in_member_ = false;
};

class Bzip2 final : public Decompressor {
public:
    Bzip2() { begin(); }
    Bzip2(const Bzip2&) = delete;
    Bzip2& operator=(const Bzip2&) = delete;
    ~Bzip2() override { BZ2_bzDecompressEnd(&bz_); }

    void step(In& in, Out& out, bool /*last*/) override {
        if (in.empty() && !in_member_) return;
        if (!std::exchange(in_member_, true)) {
            BZ2_bzDecompressEnd(&bz_);
            begin();
        }
        // the library's interface is not const
        bz_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
        bz_.next_out = reinterpret_cast<char*>(out.data());
        const unsigned given = bz_.avail_in = piece(in.size());
        const unsigned room = bz_.avail_out = piece(out.size());
        const int code = BZ2_bzDecompress(&bz_);
        in = in.subspan(given - bz_.avail_in);
        out = out.subspan(room - bz_.avail_out);
        if (code == BZ_STREAM_END) {
            in_member_ = false;
        } else if (code == BZ_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (code == BZ_DATA_ERROR_MAGIC) {
            throw DamagedStream("no bzip2 stream where one should begin");
        } else if (code != BZ_OK) {
            throw DamagedStream("wrong checksum or content of a bzip2 block");
        }
    }
    bool may_end() const noexcept override { return !in_member_; }

private:
    void begin() {
        bz_ = {};
        if (BZ2_bzDecompressInit(&bz_, 0, 0) != BZ_OK) throw std::bad_alloc();
    }

    bz_stream bz_{};
    bool in_member_ = false;
};

class Xz final : public Decompressor {
public:
    Xz() {
        constexpr std::uint32_t kAllStreams = LZMA_CONCATENATED;
        if (lzma_stream_decoder(&z_, UINT64_MAX, kAllStreams) != LZMA_OK) throw std::bad_alloc();
    }
    Xz(const Xz&) = delete;
    Xz& operator=(const Xz&) = delete;
    ~Xz() override { lzma_end(&z_); }

    void step(In& in, Out& out, bool last) override {
        z_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
        z_.avail_in = in.size();
        z_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        z_.avail_out = out.size();
        const lzma_ret code = lzma_code(&z_, last ? LZMA_FINISH : LZMA_RUN);
        in = in.last(z_.avail_in);
        out = out.last(z_.avail_out);
        ended_ = code == LZMA_STREAM_END;
        if (code == LZMA_MEM_ERROR) throw std::bad_alloc();
        if (code == LZMA_FORMAT_ERROR) throw DamagedStream("no xz stream where one should begin");
        if (code == LZMA_OPTIONS_ERROR) throw DamagedStream("xz options that are not known");
        if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR) {
            throw DamagedStream("wrong checksum or content of an xz block");
        }
    }
    bool may_end() const noexcept override { return ended_; }

private:
    lzma_stream z_ = LZMA_STREAM_INIT;
    bool ended_ = false;
};

class Zstandard final : public Decompressor {
public:
    Zstandard() : z_(ZSTD_createDCtx()) {
        if (z_ == nullptr) throw std::bad_alloc();
        // any window: files made by `zstd --long=31` too
        ZSTD_DCtx_setParameter(z_.get(), ZSTD_d_windowLogMax,
                               ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
    }

    void step(In& in, Out& out, bool /*last*/) override {
        if (in.empty() && !in_frame_) return;
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        const std::size_t code = ZSTD_decompressStream(z_.get(), &to, &from);
        in = in.subspan(from.pos);
        out = out.subspan(to.pos);
        if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        if (ZSTD_isError(code) != 0) throw DamagedStream(ZSTD_getErrorName(code));
        in_frame_ = code != 0;
    }
    bool may_end() const noexcept override { return !in_frame_; }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> z_;
    bool in_frame_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\x1f\x8b"sv)) return std::make_unique<Gzip>();
    if (head.starts_with("BZh"sv) && head.size() > 3 && head[3] >= '1' && head[3] <= '9') {
        return std::make_unique<Bzip2>();
    }
    if (head.starts_with("\xfd"
                         "7zXZ\0"sv)) {
        return std::make_unique<Xz>();
    }
    const bool skippable = head.size() > 3 && (head[0] & '\xf0') == '\x50' &&
                           head.substr(1).starts_with("\x2a\x4d\x18"sv);  // pzstd begins so
    if (skippable || head.starts_with("\x28\xb5\x2f\xfd"sv)) return std::make_unique<Zstandard>();
    return nullptr;
}

}  // namespace hogwild::io
