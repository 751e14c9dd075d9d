// Whole numbers in JSON documents.
#pragma once

#include <utility>

#include <nlohmann/json.hpp>

namespace segue {

// nlohmann's get() takes 1e300 for an int, which has no answer, and -1 for a large unsigned number. Throws
// nlohmann::json::type_error if the value is no whole number, or none of this type.
template <class T, class Json>
T whole_number(const Json& value) {
  bool fits = value.is_number_unsigned()  ? std::in_range<T>(value.template get<uint64_t>())
              : value.is_number_integer() ? std::in_range<T>(value.template get<int64_t>())
                                          : false;
  if (!fits) throw nlohmann::json::type_error::create(302, "a whole number was expected, not " + value.dump(), &value);
  return value.template get<T>();
}

}  // namespace segue
