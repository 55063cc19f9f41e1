#pragma once
#include <functional>
#include <string>

/// Functions of HDF5 that other folders need, without its header.
namespace hogwild::io {

/// Call before anything else of HDF5, once per program: no handlers at exit (they crash after a
/// failed close), no error stack on stderr, no file locks (files are written once and renamed), no
/// plugins (a file must not choose code to run).
void initialise_hdf5();
/// No messages from HDF5 on stderr: errors are thrown. If the library is built for threads, the
/// setting is per thread; initialise_hdf5() makes it for the calling thread.
void silence_hdf5();

/// For a library in another program: calls `f` without messages and without plugins, then restores
/// that program's settings of HDF5, also if `f` throws.
void with_quiet_hdf5(const std::function<void()>& f);

/// The library's version, "1.10.8".
std::string hdf5_version();

/// The `schema` attribute of an HDF5 file, empty if it has none: its kind among our files.
/// @throws Error: no_input, bad_data.
std::string schema_of(const std::string& path);

}  // namespace hogwild::io
