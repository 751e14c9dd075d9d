// Changes one thing in one line of JSON, so that most inputs still are JSON and reach what is behind the parser.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

extern "C" size_t LLVMFuzzerMutate(uint8_t* bytes, size_t byte_count, size_t most);                        // NOLINT
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t byte_count, size_t most, unsigned seed);  // NOLINT

namespace {

using Json = nlohmann::ordered_json;

void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  if (value.is_structured())
    for (Json& part : value) collect(part, all);
}

Json scalar(std::mt19937& random) {
  switch (random() % 10) {
    case 0: return nullptr;
    case 1: return random() % 2 == 0;
    case 2: return -1;
    case 3: return INT64_MIN;
    case 4: return UINT64_MAX;
    case 5: return 0.5;
    case 6: return "";
    case 7: return Json::array();
    case 8: return Json::object();
    default: return random() % 70;
  }
}

void change_text(Json& value) {
  auto text = value.get<std::string>();
  size_t size = text.size();
  text.resize(size + 64);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
  value = text;
}

void change(Json& document, std::mt19937& random) {
  std::vector<Json*> all;
  collect(document, all);
  Json& value = *all[random() % all.size()];
  Json other = *all[random() % all.size()];  // a copy: it may hold the value
  switch (random() % 6) {
    case 0: value = scalar(random); break;
    case 1:
      if (value.is_string()) return change_text(value);
      [[fallthrough]];
    case 2: value = std::move(other); break;
    case 3:
      if (value.is_structured() && !value.empty())
        value.erase(std::next(value.begin(), static_cast<std::ptrdiff_t>(random() % value.size())));
      break;
    case 4:
      if (value.is_array()) value.push_back(std::move(other));
      break;
    default:
      if (value.is_array() && value.size() > 1) std::swap(value[random() % value.size()], value[0]);
      if (value.is_number_integer())
        value =
            static_cast<int64_t>(static_cast<uint64_t>(value.get<int64_t>()) + (random() % 2 == 0 ? 1 : UINT64_MAX));
  }
}

}  // namespace

size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t byte_count, size_t most, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(reinterpret_cast<const char*>(bytes), byte_count);
  size_t lines = 1 + static_cast<size_t>(std::ranges::count(text, '\n'));
  size_t begin = 0;
  for (size_t skipped = random() % lines; skipped > 0; --skipped) begin = text.find('\n', begin) + 1;
  size_t end = std::min(text.find('\n', begin), text.size());
  Json document = Json::parse(text.substr(begin, end - begin), nullptr, false);
  if (document.is_discarded() || random() % 8 == 0) return LLVMFuzzerMutate(bytes, byte_count, most);
  change(document, random);
  text.replace(begin, end - begin, document.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (text.size() > most) return LLVMFuzzerMutate(bytes, byte_count, most);
  std::memcpy(bytes, text.data(), text.size());
  return text.size();
}
