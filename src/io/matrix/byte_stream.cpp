#include "io/matrix/byte_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "data/error.hpp"
#include "io/descriptor.hpp"
#include "io/digest.hpp"
#include "io/input_file.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

class FileBytes final : public ByteStream {
public:
    explicit FileBytes(const std::string& path)
        : ByteStream(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        struct stat status {};
        if (file_.fd() < 0 || ::fstat(file_.fd(), &status) != 0) {
            fail_for(path, errno, ExitCode::no_input);
        }
        size_ = status.st_size;
    }
    std::int64_t size() const noexcept override { return size_; }
    std::size_t read(std::span<std::byte> out) override {
        std::size_t got = 0;
        while (got < out.size()) {
            const ssize_t n = ::read(file_.fd(), out.data() + got, out.size() - got);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) fail_for(name(), errno, ExitCode::io);
            if (n == 0) break;
            got += static_cast<std::size_t>(n);
        }
        return got;
    }

private:
    Descriptor file_;
    std::int64_t size_ = 0;
};

}  // namespace

void ByteStream::read_exactly(std::span<std::byte> out) {
    if (read(out) != out.size()) throw Error(ExitCode::bad_data, name_ + ": is truncated");
}

std::unique_ptr<ByteStream> open_bytes(const std::string& path) {
    check_regular_file(path);
    return std::make_unique<FileBytes>(path);
}

std::string digest_of(const std::string& path) {
    const auto bytes = open_bytes(path);
    std::vector<std::byte> block(std::size_t{1} << 20);
    Digest digest;
    while (const std::size_t got = bytes->read(block)) {
        digest.update(std::span<const std::byte>(block).first(got));
    }
    return digest.hex();
}

}  // namespace hogwild::io
