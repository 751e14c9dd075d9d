#include "engine/kernel_calls.h"

#include <map>
#include <set>

namespace segue::test {
namespace {

using engine::Kernel;
using engine::Kind;

Type sample_struct() { return Type::structure({{"a", TypeId::kBigint}, {"b", TypeId::kVarchar}}); }
Type sample_list() { return Type::list(TypeId::kBigint); }

// The types that stand for a kind.
std::vector<Type> types_of(Kind kind) {
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
  static const std::set<std::string> kOperators = {"+", "-",  "*", "/",  "//", "%", "=",  "<>",
                                                   "<", "<=", ">", ">=", "||", "^", "**", "^@"};
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

class CallMaker {
 public:
  explicit CallMaker(const Kernel& kernel) : name_(kernel.name) {}
  CallMaker& column(const Type& type) {
    call_.arguments.push_back(plan::make_column(call_.columns.size(), type));
    texts_.push_back("c" + std::to_string(call_.columns.size()));
    call_.columns.push_back(type);
    return *this;
  }
  CallMaker& constant(const Value& value) {
    call_.arguments.push_back(plan::make_constant(value));
    bool quoted = value.type.text();
    texts_.push_back(quoted ? "'" + to_string(value) + "'" : to_string(value) + "::" + to_string(value.type));
    return *this;
  }
  CallMaker& null() {
    call_.arguments.push_back(plan::make_constant(Value{TypeId::kNull, {}}));
    texts_.push_back("NULL");
    return *this;
  }
  KernelCall make(const Type& target = {}) {
    call_.target = target;
    call_.sql = sql_of(name_, texts_, target);
    return call_;
  }

 private:
  std::string name_;
  KernelCall call_;
  std::vector<std::string> texts_;
};

std::vector<KernelCall> date_part_calls(const Kernel& kernel) {
  std::vector<KernelCall> calls;
  bool is_double = kernel.result == Kind::kDouble;
  std::vector<std::string> parts = {"year",    "MONTH", "day",    "decade", "century",      "millennium",
                                    "quarter", "hour",  "minute", "second", "milliseconds", "us"};
  if (kernel.arguments[1] != Kind::kInterval) {
    for (const char* part : {"dow", "isodow", "doy", "week", "isoyear", "yearweek"}) parts.push_back(part);
    if (kernel.name != "date_trunc" && kernel.name != "datetrunc") parts.push_back("era");
  }
  if (is_double) parts = {"epoch"};
  if (is_double && kernel.arguments[1] != Kind::kInterval) parts.push_back("julian");
  for (const std::string& part : parts) {
    calls.push_back(
        CallMaker(kernel).constant(Value{TypeId::kVarchar, part}).column(types_of(kernel.arguments[1])[0]).make());
  }
  return calls;
}

std::vector<KernelCall> date_diff_calls(const Kernel& kernel) {
  std::vector<KernelCall> calls;
  for (const char* part : {"year", "month", "day", "decade", "century", "millennium", "quarter", "week", "hour",
                           "minute", "second", "ms", "us"}) {
    Type type = types_of(kernel.arguments[1])[0];
    calls.push_back(
        CallMaker(kernel).constant(Value{TypeId::kVarchar, std::string(part)}).column(type).column(type).make());
  }
  return calls;
}

// Of lists and structs: to what differs in a part.
std::vector<KernelCall> nested_cast_calls(const Kernel& kernel) {
  auto structure = [](Type a, Type b) { return Type::structure({{"a", std::move(a)}, {"b", std::move(b)}}); };
  if (kernel.arguments[0] == Kind::kList) {
    return {CallMaker(kernel).column(Type::list(TypeId::kHugeint)).make(Type::list(TypeId::kBigint)),
            CallMaker(kernel).column(Type::list(TypeId::kVarchar)).make(Type::list(TypeId::kDouble)),
            CallMaker(kernel)
                .column(Type::list(structure(TypeId::kInteger, TypeId::kDate)))
                .make(Type::list(structure(TypeId::kBigint, TypeId::kTimestamp)))};
  }
  return {CallMaker(kernel)
              .column(structure(TypeId::kHugeint, TypeId::kVarchar))
              .make(structure(TypeId::kInteger, TypeId::kVarchar)),
          CallMaker(kernel)
              .column(structure(TypeId::kBigint, TypeId::kTimestamp))
              .make(structure(TypeId::kDouble, TypeId::kDate))};
}

std::vector<KernelCall> cast_calls(const Kernel& kernel) {
  if (kernel.result == Kind::kList || kernel.result == Kind::kStruct) return nested_cast_calls(kernel);
  std::vector<KernelCall> calls;
  for (const Type& from : types_of(kernel.arguments[0])) {
    for (const Type& to : types_of(kernel.result)) {
      if (from.id == TypeId::kNull) {
        calls.push_back(CallMaker(kernel).null().make(to));
      } else {
        calls.push_back(CallMaker(kernel).column(from).make(to));
      }
    }
  }
  return calls;
}

}  // namespace

std::vector<KernelCall> calls_of(const Kernel& kernel) {
  std::string name(kernel.name);
  if (name == "cast" || name == "try_cast") return cast_calls(kernel);
  if (name == "date_part" || name == "datepart" || name == "date_trunc" || name == "datetrunc")
    return date_part_calls(kernel);
  if (name == "date_diff" || name == "datediff") return date_diff_calls(kernel);
  std::vector<KernelCall> calls;
  if (name == "struct_extract" || name == "struct_extract_at" ||
      (name == "array_extract" && kernel.arguments[0] == Kind::kStruct)) {
    for (int64_t field : {1, 2}) {
      if (kernel.arguments[1] == Kind::kVarchar) {
        calls.push_back(CallMaker(kernel)
                            .column(sample_struct())
                            .constant(Value{TypeId::kVarchar, std::string(field == 1 ? "a" : "B")})
                            .make());
      } else {
        // Fields are counted only in structs without names.
        Type unnamed = Type::structure({{"", TypeId::kBigint}, {"", TypeId::kVarchar}});
        auto call = CallMaker(kernel).column(TypeId::kBigint).column(TypeId::kVarchar).make();
        auto row = plan::make_call("row", unnamed, call.arguments);
        call.arguments = {row, plan::make_constant(Value{TypeId::kBigint, field})};
        call.sql = "\"" + name + "\"(row(c0, c1), " + std::to_string(field) + ")";
        calls.push_back(call);
      }
    }
    return calls;
  }
  if (name == "round" && kernel.arguments.size() == 2 &&
      (kernel.arguments[0] == Kind::kDecimal || kernel.arguments[0] == Kind::kWideDecimal)) {
    for (const Type& type : types_of(kernel.arguments[0])) {
      for (int64_t digits : {-2, -1, 0, 1, 2, 9}) {
        if (digits < 0 && digits <= -(type.width - type.scale)) continue;
        calls.push_back(CallMaker(kernel).column(type).constant(Value{TypeId::kInteger, digits}).make());
      }
    }
    return calls;
  }
  // All arguments of the kernel's kinds; where a kind has several types, all arguments take the same one.
  size_t variants = 1;
  for (Kind kind : kernel.arguments) variants = std::max(variants, types_of(kind).size());
  for (size_t variant = 0; variant < variants; ++variant) {
    CallMaker call(kernel);
    size_t count = kernel.arguments.size() + (kernel.variadic ? 2 : 0);
    for (size_t i = 0; i < count; ++i) {
      auto types = types_of(kernel.arguments[std::min(i, kernel.arguments.size() - 1)]);
      call.column(types[variant % types.size()]);
    }
    calls.push_back(call.make());
  }
  return calls;
}

}  // namespace segue::test
