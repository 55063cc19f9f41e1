#pragma once

/// @file
/// Marks the interface of libhogwild; all other symbols stay hidden.

/// Marks a class or function as part of the library's interface.
#define HOGWILD_EXPORT __attribute__((visibility("default")))
