#pragma once
#include <gtest/gtest.h>

#include <string>

#include "data/error.hpp"
#include "data/line_cursor.hpp"

namespace hogwild::test {

/// Success when `action()` throws Error with this code and a message that holds `fragment`.
template <class Action>
testing::AssertionResult fails_with(ExitCode code, const std::string& fragment, Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        const std::string message = error.what();
        if (error.code() == code && message.find(fragment) != std::string::npos) {
            return testing::AssertionSuccess();
        }
        return testing::AssertionFailure()
               << "expected code " << static_cast<int>(code) << " and '" << fragment
               << "', got code " << static_cast<int>(error.code()) << ": " << message;
    } catch (const std::exception& error) {
        return testing::AssertionFailure() << "not an Error: " << error.what();
    }
    return testing::AssertionFailure() << "nothing was thrown, expected '" << fragment << "'";
}

/// Success when `action()` throws LineError at this column with a reason that holds `fragment`.
template <class Action>
testing::AssertionResult line_fails_at(std::size_t column, const std::string& fragment,
                                       Action&& action) {
    try {
        action();
    } catch (const data::LineError& error) {
        const std::string reason = error.what();
        if (error.column() == column && reason.find(fragment) != std::string::npos) {
            return testing::AssertionSuccess();
        }
        return testing::AssertionFailure() << "expected column " << column << " and '" << fragment
                                           << "', got column " << error.column() << ": " << reason;
    }
    return testing::AssertionFailure() << "the line was accepted, expected '" << fragment << "'";
}

}  // namespace hogwild::test
