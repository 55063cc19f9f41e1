#pragma once
#include <functional>
#include <string>

/// What the rest of the program needs to know of HDF5, without its header.
namespace hogwild::io {

/// Call before anything else of HDF5, once per program: no handlers at exit (they crash after a
/// failed close), no error stack on stderr, no file locks (files are written once and renamed), no
/// plugins (a file must not choose code to run).
void initialise_hdf5();
/// No messages from HDF5 on stderr: errors are thrown. Where the library is built for threads,
/// each has a setting of its own; initialise_hdf5() does this for the thread it runs in.
void silence_hdf5();

/// For a library in somebody else's program: calls `f` without messages and without plugins, then
/// has HDF5 as that program wants it again, also when `f` throws.
void with_quiet_hdf5(const std::function<void()>& f);

/// The library's version, "1.10.8".
std::string hdf5_version();

/// The `schema` attribute of an HDF5 file, empty if it has none: which kind of ours it is.
/// @throws Error: no_input, bad_data.
std::string schema_of(const std::string& path);

}  // namespace hogwild::io
