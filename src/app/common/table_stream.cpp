#include "app/common/table_stream.hpp"

#include <algorithm>
#include <iostream>

#include "io/output_path.hpp"

namespace hogwild::app {

std::ostream& table_stream(const std::vector<std::string>& outputs) {
    return std::ranges::any_of(outputs, io::is_standard_output) ? std::cerr : std::cout;
}

}  // namespace hogwild::app
