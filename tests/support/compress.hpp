#pragma once
#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace hogwild::test {

/// One gzip member that holds `text`. Members may be strung together.
inline std::string gzip(const std::string& text, int level = 6) {
    z_stream stream{};
    constexpr int kGzip = 15 + 16;
    if (deflateInit2(&stream, level, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string input = text;  // zlib's interface is not const
    std::string output(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int code = deflate(&stream, Z_FINISH);
    output.resize(stream.total_out);
    deflateEnd(&stream);
    if (code != Z_STREAM_END) throw std::runtime_error("deflate");
    return output;
}

/// One bzip2 stream.
inline std::string bzip2(const std::string& text) {
    std::string input = text;  // the library's interface is not const
    std::string output(text.size() + text.size() / 100 + 600, '\0');
    auto length = static_cast<unsigned>(output.size());
    if (BZ2_bzBuffToBuffCompress(output.data(), &length, input.data(),
                                 static_cast<unsigned>(input.size()), 1, 0, 0) != BZ_OK) {
        throw std::runtime_error("BZ2_bzBuffToBuffCompress");
    }
    output.resize(length);
    return output;
}

/// One xz stream with a CRC64.
inline std::string xz(const std::string& text) {
    std::string output(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t length = 0;
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr,
                                reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                reinterpret_cast<std::uint8_t*>(output.data()), &length,
                                output.size()) != LZMA_OK) {
        throw std::runtime_error("lzma_easy_buffer_encode");
    }
    output.resize(length);
    return output;
}

/// One Zstandard frame with a checksum.
inline std::string zstd(const std::string& text) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    std::string output(ZSTD_compressBound(text.size()), '\0');
    const std::size_t length =
        ZSTD_compress2(context, output.data(), output.size(), text.data(), text.size());
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(length) != 0) throw std::runtime_error(ZSTD_getErrorName(length));
    output.resize(length);
    return output;
}

}  // namespace hogwild::test
