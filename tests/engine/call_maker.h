// Writes calls of kernels, as expressions and as SQL, argument by argument.
#pragma once

#include <string>
#include <vector>

#include "engine/kernel_calls.h"

namespace segue::test {

Type sample_struct();
Type sample_list();

// The types that stand for a kind.
std::vector<Type> types_of(engine::Kind kind);

std::string sql_of(const std::string& name, const std::vector<std::string>& arguments, const Type& target);

class CallMaker {
 public:
  explicit CallMaker(const engine::Kernel& kernel) : name_(kernel.name) {}
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
  // A column of a smaller type, so that its values are small.
  CallMaker& small(const Type& from, const Type& to) {
    column(from);
    call_.arguments.back() = plan::make_call("cast", to, {call_.arguments.back()});
    texts_.back() += "::" + to_string(to);
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

}  // namespace segue::test
