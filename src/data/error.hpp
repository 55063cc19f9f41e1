#pragma once
#include "hogwild/error.hpp"  // public: what the library throws, callers catch
