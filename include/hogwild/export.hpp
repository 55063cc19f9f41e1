#pragma once

/// @file
/// What libhogwild shows to the programs that link it; everything else in it stays hidden.

/// Marks a class or function as part of the library's interface.
#define HOGWILD_EXPORT __attribute__((visibility("default")))
