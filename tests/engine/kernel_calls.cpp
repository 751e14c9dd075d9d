#include "engine/kernel_calls.h"

#include <cstdlib>
#include <map>

#include "engine/call_maker.h"

namespace segue::test {
namespace {

using engine::Kernel;
using engine::Kind;

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

KernelCall pad_call(const Kernel& kernel) {
  return CallMaker(kernel)
      .column(TypeId::kVarchar)
      .small(TypeId::kTinyint, TypeId::kInteger)
      .column(TypeId::kVarchar)
      .make();
}

std::vector<KernelCall> escape_calls(const Kernel& kernel) {
  std::vector<KernelCall> calls;
  for (const char* escape : {"", "a", "%", "_", "é"}) {
    CallMaker call(kernel);
    call.column(TypeId::kVarchar).column(TypeId::kVarchar).constant(Value{TypeId::kVarchar, std::string(escape)});
    calls.push_back(call.make());
  }
  for (const char* pattern : {"%a!%%", "!_%", "A%!!%", "%!"}) {
    calls.push_back(CallMaker(kernel)
                        .column(TypeId::kVarchar)
                        .constant(Value{TypeId::kVarchar, std::string(pattern)})
                        .constant(Value{TypeId::kVarchar, std::string("!")})
                        .make());
  }
  return calls;
}

// A list of constant texts.
void add_texts(KernelCall& call, size_t at, const std::vector<std::string>& texts) {
  std::vector<plan::ExpressionPtr> elements;
  for (const std::string& text : texts) elements.push_back(plan::make_constant(Value{TypeId::kVarchar, text}));
  call.arguments.insert(call.arguments.begin() + static_cast<ptrdiff_t>(at),
                        plan::make_call("list_value", Type::list(TypeId::kVarchar), elements));
}

// Of functions whose arguments after the first are constants: each row is a list of them.
std::vector<KernelCall> constant_calls(const Kernel& kernel) {
  static const std::map<std::string, std::vector<std::vector<const char*>>> kFormats = {
      {"strftime",
       {{"%Y-%m-%d %H:%M:%S.%f"},
        {"%a %A %b %B %h %y %j %-j"},
        {"%-d.%-m.%-y %-H %-I %-M %-S %I%p %g %n"},
        {"%% %c|%x|%X|%T %z%Z!"},
        {"%u %w"},
        {"%U %W"},
        {"%V"},
        {"%G"},
        {"é %d ü"}}},
      {"strptime", {{"%Y-%m-%d"}, {"%Y-%m-%d %H:%M:%S.%f"}, {"%Y-%m-%d %H:%M:%S"}, {"%H %% %I %p %y"}}},
      {"try_strptime",
       {{"%Y-%m-%d"}, {"%Y-%m-%d %H:%M:%S.%f"}, {"%Y-%m-%d %H:%M:%S"}, {"%-d %b %Y"}, {"%Y"}, {"%y%m"}}},
      {"regexp_matches",
       {{"a"}, {"^[a-z]+$"}, {"(A|É)", "i"}, {"a.b", "s"}, {"\\d+[.]\\d*"}, {"\\p{Lu}"}, {"[", "l"}, {""}}},
      {"regexp_full_match", {{"a.*"}, {"[a-zé]+", "i"}, {"\\w*"}, {"(\\S+ ?)+"}}},
      {"regexp_replace",
       {{"a", "b"},
        {"(\\d)", "<\\1>", "g"},
        {"[aé]*", "-", "g"},
        {"x*", "-"},
        {"A", "\\0\\0", "gi"},
        {"(a)", "\\2", "g"},
        {"$", "!"}}},
      {"regexp_extract",
       {{"[a-z]+"},
        {"(\\d+)-(\\d+)", "1"},
        {"(\\d+)-(\\d+)", "2"},
        {"(a)|(b)", "2"},
        {"É", "0", "i"},
        {"a", "1"},
        {"", "0"}}},
      {"regexp_extract_all", {{"[a-z]"}, {"(\\d)(x)?", "2"}, {"x*"}, {"É|a", "0", "i"}}},
      {"regexp_split_to_array", {{"[ -]"}, {""}, {"x*"}, {"A", "i"}}},
      {"string_split_regex", {{"\\s+"}, {"é?"}, {"É", "i"}}},
      {"str_split_regex", {{"a|b"}, {"A|B", "i"}}}};
  std::vector<KernelCall> calls;
  std::string name(kernel.name);
  if (name == "regexp_escape") return {CallMaker(kernel).column(TypeId::kVarchar).make()};
  for (const auto& constants : kFormats.at(name)) {
    if (constants.size() + 1 != kernel.arguments.size()) continue;
    CallMaker call(kernel);
    bool fits = true;
    if (name == "strftime") {
      Type type = types_of(kernel.arguments[kernel.arguments[0] == Kind::kVarchar ? 1 : 0])[0];
      Value format{TypeId::kVarchar, std::string(constants[0])};
      kernel.arguments[0] == Kind::kVarchar ? call.constant(format).column(type) : call.column(type).constant(format);
      calls.push_back(call.make());
      continue;
    }
    call.column(TypeId::kVarchar);
    for (size_t i = 1; i < kernel.arguments.size(); ++i) {
      if (kernel.arguments[i] == Kind::kInteger) {
        call.constant(Value{TypeId::kInteger, int64_t{std::atoi(constants[i - 1])}});
      } else {
        call.constant(Value{TypeId::kVarchar, std::string(constants[i - 1])});
      }
      fits = fits && kernel.arguments[i] != Kind::kList;
    }
    if (fits) calls.push_back(call.make());
  }
  if (kernel.arguments.size() > 1 && kernel.arguments[1] == Kind::kList) {
    KernelCall call = CallMaker(kernel).column(TypeId::kVarchar).make();
    add_texts(call, 1, {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d"});
    call.sql = name + "(c0, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d'])";
    calls.push_back(call);
  }
  if (kernel.arguments.size() > 2 && kernel.arguments[2] == Kind::kList) {
    bool options = kernel.arguments.size() == 4;
    KernelCall call = CallMaker(kernel).column(TypeId::kVarchar).make();
    call.arguments.push_back(plan::make_constant(Value{TypeId::kVarchar, std::string("(\\d+)-(A)?")}));
    add_texts(call, 2, {"number", "letter"});
    if (options) call.arguments.push_back(plan::make_constant(Value{TypeId::kVarchar, std::string("i")}));
    call.sql = name + "(c0, '(\\d+)-(A)?', ['number', 'letter']" + (options ? ", 'i')" : ")");
    calls.push_back(call);
  }
  // Patterns that differ from row to row.
  if (kernel.check != nullptr && kernel.arguments.size() == 2 && kernel.arguments[1] == Kind::kVarchar &&
      (name == "regexp_matches" || name == "regexp_full_match" || name == "regexp_extract"))
    calls.push_back(CallMaker(kernel).column(TypeId::kVarchar).column(TypeId::kVarchar).make());
  if (name == "regexp_replace" && kernel.arguments.size() == 3)
    calls.push_back(
        CallMaker(kernel).column(TypeId::kVarchar).column(TypeId::kVarchar).column(TypeId::kVarchar).make());
  return calls;
}

Value text(const std::string& text) { return {TypeId::kVarchar, text}; }

std::vector<KernelCall> order_calls(const Kernel& kernel) {
  std::vector<KernelCall> calls;
  bool reverse = kernel.name.find("reverse") != std::string_view::npos;
  for (const Type& element : {Type(TypeId::kTinyint), Type(TypeId::kVarchar), sample_struct(), sample_list()}) {
    CallMaker call(kernel);
    call.column(Type::list(element));
    if (kernel.arguments.size() == 1) calls.push_back(call.make());
    if (kernel.arguments.size() == 2) calls.push_back(call.constant(text(reverse ? "nulls first" : "Desc")).make());
    if (kernel.arguments.size() == 3) calls.push_back(call.constant(text("ASC")).constant(text("NULLS FIRST")).make());
  }
  return calls;
}

std::vector<KernelCall> list_aggregate_calls(const Kernel& kernel) {
  std::vector<KernelCall> calls;
  auto add = [&](const char* name, const Type& element, const std::optional<Value>& parameter) {
    if (kernel.arguments.size() != (parameter ? 3u : 2u)) return;
    CallMaker call(kernel);
    call.column(Type::list(element)).constant(text(name));
    if (parameter) call.constant(*parameter);
    calls.push_back(call.make());
  };
  for (const char* name : {"sum", "avg", "min", "max", "count", "first", "any_value", "list"}) {
    add(name, TypeId::kSmallint, std::nullopt);
    if (name != std::string("sum") && name != std::string("avg")) add(name, TypeId::kVarchar, std::nullopt);
  }
  add("sum", TypeId::kDouble, std::nullopt);
  add("bool_and", TypeId::kBoolean, std::nullopt);
  add("bool_or", TypeId::kBoolean, std::nullopt);
  add("string_agg", TypeId::kVarchar, text("-"));
  return calls;
}

// Of small numbers, so that lists stay short and equal elements are found.
std::vector<KernelCall> list_calls(const Kernel& kernel) {
  std::string name(kernel.name);
  if (name == "range" || name == "generate_series") {
    CallMaker call(kernel);
    for (size_t i = 0; i < kernel.arguments.size(); ++i) call.small(TypeId::kTinyint, TypeId::kBigint);
    return {call.make()};
  }
  if (kernel.arguments.empty() || (kernel.arguments[0] != Kind::kList && !name.ends_with("_slice"))) {
    if (kernel.result != Kind::kList || !kernel.variadic || kernel.arguments[0] != Kind::kAny ||
        name.starts_with("list_v") || name == "list_pack")
      return {};
    Type list = Type::list(TypeId::kVarchar);
    return {CallMaker(kernel).column(list).column(list).column(list).make(), CallMaker(kernel).column(list).make()};
  }
  std::vector<KernelCall> calls;
  if (name.ends_with("_slice")) {
    std::vector<Type> lists = {Type(TypeId::kVarchar)};
    if (kernel.arguments[0] == Kind::kList) lists = {sample_list(), Type::list(TypeId::kVarchar)};
    for (const Type& list : lists) {
      CallMaker call(kernel);
      call.column(list).column(TypeId::kBigint).small(TypeId::kTinyint, TypeId::kBigint);
      if (kernel.arguments.size() == 4) call.column(TypeId::kBigint);
      calls.push_back(call.make());
    }
    return calls;
  }
  if (name == "flatten") return {CallMaker(kernel).column(Type::list(Type::list(TypeId::kVarchar))).make()};
  if (kernel.arguments.size() != 2) return {};
  for (const Type& element : {Type(TypeId::kBoolean), Type(TypeId::kTinyint), Type(TypeId::kVarchar),
                              Type(TypeId::kDouble), sample_struct(), sample_list()}) {
    CallMaker call(kernel);
    call.column(Type::list(element));
    if (name.ends_with("_where")) {
      call.column(Type::list(TypeId::kBoolean));
    } else if (name.ends_with("_select")) {
      call.column(Type::list(TypeId::kBigint));
    } else {
      call.column(kernel.arguments[1] == Kind::kList ? Type::list(element) : element);
    }
    calls.push_back(call.make());
  }
  return calls;
}

// Texts that decode, beside those that do not.
KernelCall decode_call(const Kernel& kernel, const std::string& encode, const Type& from) {
  KernelCall call = CallMaker(kernel).column(from).make();
  call.arguments[0] = plan::make_call(encode, TypeId::kVarchar, {call.arguments[0]});
  call.sql = "\"" + std::string(kernel.name) + "\"(" + encode + "(c0))";
  return call;
}

}  // namespace

std::vector<KernelCall> calls_of(const Kernel& kernel) {
  std::string name(kernel.name);
  if (name == "cast" || name == "try_cast") return cast_calls(kernel);
  if (name == "date_part" || name == "datepart" || name == "date_trunc" || name == "datetrunc")
    return date_part_calls(kernel);
  if (name == "date_diff" || name == "datediff") return date_diff_calls(kernel);
  if (name == "date_sub" || name == "datesub") return date_diff_calls(kernel);
  if (name.starts_with("regexp_") || name.ends_with("_split_regex") || name == "strftime" || name.ends_with("strptime"))
    return constant_calls(kernel);
  if (name.find("_sort") != std::string::npos || name.ends_with("grade_up")) return order_calls(kernel);
  if (name.find("aggr") != std::string::npos) return list_aggregate_calls(kernel);
  if (kernel.result == Kind::kList || kernel.result == Kind::kBoolean || kernel.result == Kind::kInteger ||
      name.ends_with("_slice")) {
    auto made = list_calls(kernel);
    if (!made.empty()) return made;
  }
  if (name == "lpad" || name == "rpad") return {pad_call(kernel)};
  if (name.ends_with("like_escape")) return escape_calls(kernel);
  std::vector<KernelCall> calls;
  if (name == "unhex" || name == "from_hex") calls.push_back(decode_call(kernel, "hex", TypeId::kVarchar));
  if (name == "from_base64") calls.push_back(decode_call(kernel, "base64", TypeId::kBlob));
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
