#include "engine/call_maker.h"

#include <map>
#include <set>

namespace segue::test {

using engine::Kind;

Type sample_struct() { return Type::structure({{"a", TypeId::kBigint}, {"b", TypeId::kVarchar}}); }
Type sample_list() { return Type::list(TypeId::kBigint); }

std::vector<Type> types_of(engine::Kind kind) {
  switch (kind) {
    case Kind::kNull: return {TypeId::kNull};
    case Kind::kBoolean: return {TypeId::kBoolean};
    case Kind::kTinyint: return {TypeId::kTinyint};
    case Kind::kSmallint: return {TypeId::kSmallint};
    case Kind::kInteger: return {TypeId::kInteger};
    case Kind::kBigint: return {TypeId::kBigint};
    case Kind::kHugeint: return {TypeId::kHugeint};
    case Kind::kFloat: return {TypeId::kFloat};
    case Kind::kDouble: return {TypeId::kDouble};
    case Kind::kDecimal: return {Type::decimal(18, 3), Type::decimal(4, 1), Type::decimal(9, 0), Type::decimal(3, 3)};
    case Kind::kWideDecimal: return {Type::decimal(38, 5), Type::decimal(20, 0), Type::decimal(30, 10)};
    case Kind::kVarchar: return {TypeId::kVarchar};
    case Kind::kBlob: return {TypeId::kBlob};
    case Kind::kDate: return {TypeId::kDate};
    case Kind::kTimestamp: return {TypeId::kTimestamp};
    case Kind::kInterval: return {TypeId::kInterval};
    case Kind::kList: return {sample_list()};
    case Kind::kStruct: return {sample_struct()};
    case Kind::kAny:
      return {TypeId::kBigint,    TypeId::kVarchar,     TypeId::kDouble, TypeId::kInterval,
              TypeId::kTimestamp, Type::decimal(30, 3), sample_list(),   sample_struct()};
  }
  return {};
}

std::string sql_of(const std::string& name, const std::vector<std::string>& arguments, const Type& target) {
  static const std::set<std::string> kOperators = {"+",  "-", "*",  "/",  "//", "%", "=",  "<>", "<", "<=", ">",  ">=",
                                                   "||", "^", "**", "^@", "&",  "|", "<<", ">>", "~", "&&", "@>", "<@"};
  static const std::map<std::string, std::string> kWords = {{"~~", "LIKE"},
                                                            {"!~~", "NOT LIKE"},
                                                            {"~~*", "ILIKE"},
                                                            {"!~~*", "NOT ILIKE"},
                                                            {"is_distinct_from", "IS DISTINCT FROM"},
                                                            {"is_not_distinct_from", "IS NOT DISTINCT FROM"},
                                                            {"and", "AND"},
                                                            {"or", "OR"}};
  auto joined = [&](const std::string& between, size_t first) {
    std::string text;
    for (size_t i = first; i < arguments.size(); ++i) text += (i == first ? "" : between) + arguments[i];
    return text;
  };
  if (name == "cast") return "CAST(" + arguments[0] + " AS " + to_string(target) + ")";
  if (name == "try_cast") return "TRY_CAST(" + arguments[0] + " AS " + to_string(target) + ")";
  if (name == "is_null") return arguments[0] + " IS NULL";
  if (name == "is_not_null") return arguments[0] + " IS NOT NULL";
  if (name == "not") return "NOT " + arguments[0];
  if (name == "in") return arguments[0] + " IN (" + joined(", ", 1) + ")";
  if (name == "not_in") return arguments[0] + " NOT IN (" + joined(", ", 1) + ")";
  if (name == "struct_insert") {
    std::string fields;
    for (size_t i = 1; i < arguments.size(); ++i) fields += ", f" + std::to_string(i) + " := " + arguments[i];
    return "struct_insert(" + arguments[0] + fields + ")";
  }
  if (name == "struct_pack") {
    std::string fields;
    for (size_t i = 0; i < arguments.size(); ++i)
      fields += (i == 0 ? "f" : ", f") + std::to_string(i) + " := " + arguments[i];
    return "struct_pack(" + fields + ")";
  }
  if (name == "@") return "@(" + arguments[0] + ")";
  if (kOperators.contains(name) && arguments.size() == 1) return name + "(" + arguments[0] + ")";
  if (kOperators.contains(name)) return joined(" " + name + " ", 0);
  if (auto word = kWords.find(name); word != kWords.end()) return joined(" " + word->second + " ", 0);
  return "\"" + name + "\"(" + joined(", ", 0) + ")";
}

}  // namespace segue::test
