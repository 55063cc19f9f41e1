#include "io/hdf5_library.hpp"

#include <cstdlib>

#include "io/hdf5.hpp"

namespace hogwild::io {
namespace {

/// HDF5's settings for this thread and process; restored at the end.
class Settings {
public:
    Settings() {
        H5Eget_auto2(H5E_DEFAULT, &report_, &data_);
        known_plugins_ = H5PLget_loading_state(&plugins_) >= 0;
    }
    ~Settings() {
        H5Eset_auto2(H5E_DEFAULT, report_, data_);
        if (known_plugins_) H5PLset_loading_state(plugins_);
    }
    Settings(const Settings&) = delete;
    Settings& operator=(const Settings&) = delete;

private:
    H5E_auto2_t report_ = nullptr;
    void* data_ = nullptr;
    unsigned plugins_ = 0;
    bool known_plugins_ = false;
};

}  // namespace

void initialise_hdf5() {
    H5dont_atexit();
    H5PLset_loading_state(0);
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    silence_hdf5();
}

void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void with_quiet_hdf5(const std::function<void()>& f) {
    const Settings of_the_program;
    silence_hdf5();
    H5PLset_loading_state(0);
    f();
}

std::string hdf5_version() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

std::string schema_of(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    return h5::has_attribute(file, "schema") ? h5::read_string(file, "schema") : "";
}

}  // namespace hogwild::io
