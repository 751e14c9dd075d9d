#include "columns/column.h"

#include "base/error.h"

namespace segue {

Column Column::slice(size_t offset) const {
  if (constant() || offset == 0) return *this;
  Column result = *this;
  if (valid != nullptr) result.valid = valid + offset;
  auto bytes = static_cast<const std::byte*>(values);
  switch (type.id) {
    case TypeId::kStruct:
      for (Column& child : result.children) child = child.slice(offset);
      return result;
    case TypeId::kList: result.values = bytes + offset * sizeof(uint64_t); return result;
    case TypeId::kVarchar:
    case TypeId::kBlob:
      result.values = bytes + offset * (coded() ? sizeof(uint32_t) : sizeof(std::string_view));
      return result;
    default: result.values = bytes + offset * value_bytes(type); return result;
  }
}

size_t Relation::rows() const {
  size_t sum = 0;
  for (const Batch& batch : batches) sum += batch.rows;
  return sum;
}

}  // namespace segue
