// Plan nodes -> operators.
//
// What is decided here: which rows are partitioned (once for each key and order, shared by all windows and aggregates
// that can use it), how each aggregate runs, and which side of a join is built.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/execute.h"
#include "engine/join.h"
#include "engine/operator.h"
#include "engine/partition_rows.h"
#include "plan/node.h"

namespace segue::engine {

// The input column that each output column of an operator is, unchanged; nothing where it is computed.
using Origin = std::vector<std::optional<size_t>>;

// A streaming operator; knows how to make its stage and where its output columns come from.
class StageOperator : public Operator {
 public:
  bool streaming() const override { return true; }
  std::unique_ptr<Stage> make_stage() override { return make(); }

  std::function<std::unique_ptr<Stage>()> make;
  Origin origin;
  // Of a join that drops rows without a match: probe column -> key of the build side.
  const JoinBuild* build = nullptr;
  std::vector<std::pair<size_t, size_t>> build_keys;
};

class UnionOperator : public Operator {
 public:
  bool streaming() const override { return true; }
};

class PartitionOperator : public Operator {
 public:
  PartitionOperator(const std::vector<Type>& types, std::vector<size_t> keys, std::vector<SortColumn> order,
                    std::optional<size_t> most, size_t workers)
      : keys(keys),
        order(order),
        most(most),
        rows(std::make_unique<PartitionRows>(types, std::move(keys), std::move(order), most, workers)) {}
  void finish(Workers& workers) override { rows->finish(workers); }
  Source* source() override { return rows.get(); }
  void release() override { rows.reset(); }
  size_t bytes() const override { return rows ? rows->bytes() : 0; }

  std::vector<size_t> keys;
  std::vector<SortColumn> order;
  std::optional<size_t> most;
  std::unique_ptr<PartitionRows> rows;
};

// The rows of one result.
class ResultOperator : public Operator {
 public:
  ResultOperator(std::vector<Field> fields, size_t workers) : collector(workers) {
    relation.fields = std::move(fields);
  }
  void finish(Workers& /*workers*/) override { relation.batches = collector.take(); }
  size_t bytes() const override { return collector.bytes() + bytes_of(relation.batches); }
  Collector collector;
  Relation relation;
};

Origin identity(size_t width);
// Where the partition's keys are after an operator, if all of them are still there.
std::optional<std::vector<size_t>> keys_after(const Operator& input, const Origin& origin);
// The column that the expression is, if it is one.
std::optional<size_t> column_of(const plan::ExpressionPtr& expression);

class Planner {
 public:
  explicit Planner(const Request& request);

  struct Lowered {
    std::vector<std::unique_ptr<Operator>> operators;
    std::map<std::string, ResultOperator*> results;
  };
  Lowered lower();

 private:
  // Plain projections peeled off: what is below, and where its columns went.
  struct Base {
    const plan::Node* node;
    Origin column;  // of the peeled node -> of the base
  };
  Base base_of(const plan::Node& node) const;

  Operator* lower(const plan::Node& node);
  Operator* lower_new(const plan::Node& node);
  Operator* lower_on(const plan::Node& node, const plan::Node* base, Operator* source);
  Operator* foreign(const plan::Foreign& node);
  Operator* unnest(const plan::Unnest& node);
  Operator* filter(const plan::Filter& node, Operator* input);
  Operator* project(const plan::Project& node, Operator* input);
  void find_readers(const std::vector<plan::NodePtr>& roots);
  void find_limits(const std::vector<plan::NodePtr>& roots);
  Operator* window(const plan::Window& node);
  Operator* aggregate(const plan::Aggregate& node);
  const plan::Aggregate* two_steps(const plan::Aggregate& node);
  const plan::Node* grouped_first(const plan::Aggregate& node);
  Operator* partition_aggregate(const plan::Aggregate& node, Operator* input);
  double rows_estimate(const plan::Node& node);
  Operator* join(const plan::Join& node);
  PartitionOperator* partition(const plan::Window& node, size_t& input_width);
  template <class T>
  T* keep(std::unique_ptr<T> op) {
    T* result = op.get();
    lowered_.operators.push_back(std::move(op));
    return result;
  }

  const Request& request_;
  size_t workers_;
  Lowered lowered_;
  std::vector<plan::NodePtr> made_;              // nodes that are not in the request
  std::map<const plan::Node*, size_t> readers_;  // how many read each node of the request
  std::map<const plan::Node*, Operator*> memo_;
  std::map<std::pair<const plan::Node*, const Operator*>, Operator*> memo_on_;
  std::map<const plan::Node*, std::vector<PartitionOperator*>> partitions_;
  std::map<const plan::Node*, const plan::Node*> computed_;  // window -> its projection
  std::map<const plan::Node*, size_t> limits_;               // window -> rows of each partition that anybody wants
};

}  // namespace segue::engine
