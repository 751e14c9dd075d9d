#include "engine/join.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/expressions/gather.h"
#include "engine/stages.h"

namespace segue::engine {
namespace {

constexpr size_t kPairs = size_t{1} << 18;      // matches put together at once
constexpr size_t kCodedRows = size_t{1} << 20;  // a build side of so many rows has its texts coded
constexpr size_t kKeyRows = size_t{1} << 16;    // of the build side, whose keys a worker encodes at a time

std::vector<plan::ExpressionPtr> side_keys(const plan::Join& node, size_t side) {
  std::vector<plan::ExpressionPtr> keys;
  keys.reserve(node.keys.size());
  for (const auto& key : node.keys) keys.push_back(side == 0 ? key.left : key.right);
  return keys;
}

std::vector<Type> types(const std::vector<plan::ExpressionPtr>& expressions) {
  std::vector<Type> result;
  result.reserve(expressions.size());
  for (const auto& expression : expressions) result.push_back(expression->type);
  return result;
}

std::vector<Type> types(const std::vector<Field>& fields) {
  std::vector<Type> result;
  result.reserve(fields.size());
  for (const Field& field : fields) result.push_back(field.type);
  return result;
}

Column coded(const Column& column, size_t rows) {
  TextCodes texts(1);
  Array<uint32_t> codes(rows);
  texts.encode(0, column, rows, codes.data());
  auto owner = share(std::move(codes));
  Column result;
  result.type = column.type;
  result.values = owner->data();
  result.dictionary = texts.dictionary();
  result.owner = owner;
  return result;
}

}  // namespace

JoinBuild::JoinBuild(const plan::Join& node, size_t side, size_t workers)
    : types_(types(node.inputs[side]->fields)),
      join_keys_(node.keys),
      key_expressions_(side_keys(node, side)),
      rows_(workers),
      keys_(types(key_expressions_), workers),
      table_(keys_) {}

void JoinBuild::finish(Workers& workers) {
  Batch all;
  {
    std::vector<Batch> batches = rows_.take();
    for (const Batch& batch : batches) all.rows += batch.rows;
    SEGUE_ASSERT(all.rows < kNoRow);
    all.columns = concat_batches(types_, batches, workers);
  }
  row_count_ = all.rows;
  // Each row may be handed out many times: what is grouped by it above had better be codes.
  if (all.rows <= kCodedRows) {
    for (Column& column : all.columns) {
      if (column.type.id == TypeId::kVarchar && !column.coded()) column = coded(column, all.rows);
    }
  }
  columns_ = all.columns;
  matched_ = Array<uint8_t>(row_count_, 0);
  Evaluator evaluator(key_expressions_);
  Evaluator::State state;
  key_columns_ = evaluator.evaluate(all, state);
  Array<uint64_t> words(all.rows * keys_.words());
  workers.for_each((all.rows + kKeyRows - 1) / kKeyRows, [&](size_t worker, size_t task) {
    size_t begin = task * kKeyRows, rows = std::min(kKeyRows, all.rows - begin);
    std::vector<Column> keys;
    for (const Column& column : key_columns_) keys.push_back(column.slice(begin));
    Array<uint64_t> some;
    keys_.encode(worker, keys, rows, some);
    if (keys_.words() != 0)
      std::memcpy(words.data() + begin * keys_.words(), some.data(), some.size() * sizeof(uint64_t));
  });
  // Keys with a NULL match nothing, unless NULLs are equal here.
  table_.build(workers, words, all.rows, [&](const uint64_t* key) {
    for (size_t k = 0; k < join_keys_.size(); ++k) {
      if (!join_keys_[k].null_equal && keys_.is_null(key, k)) return false;
    }
    return true;
  });
}

void JoinBuild::find(size_t worker, std::span<const Column> keys, size_t rows, Array<uint32_t>& numbers) {
  Array<uint64_t> words;
  keys_.encode(worker, keys, rows, words);
  numbers.resize(rows);
  table_.find(words.data(), rows, numbers.data());
}

JoinProbe::JoinProbe(const plan::Join& node, JoinBuild& build, size_t build_side, const Workers& workers)
    : cancellation_(workers.cancellation()),
      kind_(node.join_kind),
      join_keys_(node.keys),
      build_(build),
      build_side_(build_side),
      build_types_(types(node.inputs[build_side]->fields)),
      keys_(side_keys(node, 1 - build_side)),
      workers_(workers.count()) {
  if (node.residual) residual_ = std::make_unique<Evaluator>(std::vector{node.residual});
}

Batch JoinProbe::combine(const Batch& batch, std::span<const uint32_t> probe_rows,
                         std::span<const uint32_t> build_rows) const {
  // Where each row has one match, as with most foreign keys, they are all there as they stand.
  bool as_they_stand = probe_rows.size() == batch.rows;
  for (size_t i = 0; i < probe_rows.size() && as_they_stand; ++i) as_they_stand = probe_rows[i] == i;
  Batch result = as_they_stand ? batch : pick_rows(batch, probe_rows);
  std::vector<Column> built;
  for (size_t c = 0; c < build_types_.size(); ++c) {
    built.push_back(build_.rows() == 0 ? null_column(build_types_[c]) : gather(build_.columns()[c], build_rows));
  }
  auto at = build_side_ == 0 ? result.columns.begin() : result.columns.end();
  result.columns.insert(at, built.begin(), built.end());
  return result;
}

void JoinProbe::emit_marks(size_t worker, Batch batch, std::span<const Column> keys,
                           std::span<const uint32_t> numbers) {
  struct Memory {
    Array<uint8_t> values, valid;
  };
  auto memory = std::make_shared<Memory>();
  memory->values.resize(batch.rows);
  memory->valid.resize(batch.rows);
  for (size_t i = 0; i < batch.rows; ++i) {
    bool found = numbers[i] != GroupTable::kAbsent;
    bool unknown =
        !found && build_.rows() != 0 && !join_keys_[0].null_equal && (build_.null_key() || !keys[0].is_valid(i));
    memory->values[i] = found;
    memory->valid[i] = !unknown;
  }
  Column mark;
  mark.type = TypeId::kBoolean;
  mark.values = memory->values.data();
  mark.valid = memory->valid.data();
  mark.owner = std::move(memory);
  batch.columns.push_back(std::move(mark));
  emit(worker, std::move(batch));
}

void JoinProbe::consume(size_t worker, Batch batch) {
  std::vector<Column> keys = keys_.evaluate(batch, workers_[worker].key_state);
  Array<uint32_t> numbers;
  build_.find(worker, keys, batch.rows, numbers);
  if (kind_ == plan::JoinKind::kMark)
    return emit_marks(worker, std::move(batch), keys, {numbers.data(), numbers.size()});
  bool semi = kind_ == plan::JoinKind::kSemi || kind_ == plan::JoinKind::kAnti;
  if (semi && !residual_) {
    Array<uint32_t> rows;
    for (size_t i = 0; i < batch.rows; ++i) {
      if ((numbers[i] != GroupTable::kAbsent) == (kind_ == plan::JoinKind::kSemi))
        rows.push_back(static_cast<uint32_t>(i));
    }
    if (rows.size() == batch.rows) return emit(worker, std::move(batch));
    return emit(worker, pick_rows(batch, {rows.data(), rows.size()}));
  }
  // Batches of whole partitions stay whole; others are cut so that the matches of a piece stay few.
  if (!batch.partitions.empty() || build_.unique()) return probe(worker, batch, {numbers.data(), numbers.size()});
  for (size_t begin = 0; begin < batch.rows;) {
    size_t end = begin, pairs = 0;
    while (end < batch.rows && (end == begin || pairs < kPairs)) {
      if (numbers[end] != GroupTable::kAbsent)
        pairs += build_.begins()[numbers[end] + 1] - build_.begins()[numbers[end]];
      ++end;
    }
    if (begin == 0 && end == batch.rows) return probe(worker, batch, {numbers.data(), numbers.size()});
    Batch piece;
    piece.rows = end - begin;
    piece.sequence = batch.sequence;
    for (const Column& column : batch.columns) piece.columns.push_back(column.slice(begin));
    probe(worker, piece, {numbers.data() + begin, end - begin});
    begin = end;
  }
}

void JoinProbe::probe(size_t worker, const Batch& batch, std::span<const uint32_t> numbers) {
  cancellation_.check();
  Array<uint32_t> probe_rows, build_rows;
  probe_rows.reserve(batch.rows);
  build_rows.reserve(batch.rows);
  size_t check_at = kPairs;
  auto add = [&](size_t row, uint32_t build_row) {
    probe_rows.push_back(static_cast<uint32_t>(row));
    build_rows.push_back(build_row);
  };
  for (size_t i = 0; i < batch.rows; ++i) {
    if (numbers[i] == GroupTable::kAbsent) {
      if (keeps_probe_rows() && !residual_) add(i, kNoRow);
    } else if (build_.unique()) {
      add(i, numbers[i]);
    } else {
      for (uint32_t at = build_.begins()[numbers[i]]; at < build_.begins()[numbers[i] + 1]; ++at)
        add(i, build_.row_list()[at]);
      if (probe_rows.size() < check_at) continue;
      cancellation_.check();
      check_at = probe_rows.size() + kPairs;
    }
  }
  if (residual_) {
    Batch pairs = combine(batch, {probe_rows.data(), probe_rows.size()}, {build_rows.data(), build_rows.size()});
    Array<uint32_t> picked = select(residual_->evaluate(pairs, workers_[worker].residual_state)[0], pairs.rows);
    Array<uint32_t> kept_probe, kept_build;
    size_t next = 0;
    for (size_t i = 0; i < batch.rows; ++i) {
      size_t before = next;
      while (next < picked.size() && probe_rows[picked[next]] == i) {
        if (kind_ == plan::JoinKind::kInner || kind_ == plan::JoinKind::kLeft || next == before) {
          if (kind_ != plan::JoinKind::kAnti) {
            kept_probe.push_back(static_cast<uint32_t>(i));
            kept_build.push_back(build_rows[picked[next]]);
          }
        }
        ++next;
      }
      if (next == before && (keeps_probe_rows() || kind_ == plan::JoinKind::kAnti)) {
        kept_probe.push_back(static_cast<uint32_t>(i));
        kept_build.push_back(kNoRow);
      }
    }
    probe_rows = std::move(kept_probe);
    build_rows = std::move(kept_build);
  }
  if (kind_ == plan::JoinKind::kSemi || kind_ == plan::JoinKind::kAnti) {
    return emit(worker, pick_rows(batch, {probe_rows.data(), probe_rows.size()}));
  }
  if (kind_ == plan::JoinKind::kLeft && build_side_ == 0) {
    for (uint32_t row : build_rows) build_.mark(row);
  }
  emit(worker, combine(batch, {probe_rows.data(), probe_rows.size()}, {build_rows.data(), build_rows.size()}));
}

size_t UnmatchedRows::tasks() const { return (build_.rows() + kKeyRows - 1) / kKeyRows; }

void UnmatchedRows::run(size_t /*worker*/, size_t task, const std::function<void(Batch&&)>& emit) {
  Array<uint32_t> rows;
  for (size_t row = task * kKeyRows; row < std::min(build_.rows(), (task + 1) * kKeyRows); ++row) {
    if (!build_.matched(row)) rows.push_back(static_cast<uint32_t>(row));
  }
  Batch batch;
  batch.rows = rows.size();
  batch.sequence = task;
  for (const Column& column : build_.columns()) batch.columns.push_back(gather(column, {rows.data(), rows.size()}));
  for (const Field& field : node_.inputs[1]->fields) batch.columns.push_back(null_column(field.type));
  emit(std::move(batch));
}

bool join_can_build(const plan::Join& node, size_t side) {
  const auto& fields = node.inputs[side]->fields;
  bool both_ways = node.join_kind == plan::JoinKind::kInner || node.join_kind == plan::JoinKind::kLeft;
  return (side == 1 || both_ways) &&
         std::none_of(fields.begin(), fields.end(), [](const Field& field) { return field.type.nested(); });
}

std::optional<std::string> join_unsupported(const plan::Join& node) {
  if (!join_can_build(node, 0) && !join_can_build(node, 1)) return "a join of columns that are lists or structs";
  for (const auto& key : node.keys) {
    for (const auto& expression : {key.left, key.right}) {
      if (!Keys::supported(expression->type)) return "a join on " + to_string(expression->type);
      if (auto problem = unsupported(*expression)) return problem;
    }
    if (key.left->type != key.right->type) return "a join of different types";
  }
  if (node.residual) {
    if (auto problem = unsupported(*node.residual)) return problem;
  }
  bool null_equal = std::all_of(node.keys.begin(), node.keys.end(), [](const auto& key) { return key.null_equal; });
  if (node.join_kind == plan::JoinKind::kMark &&
      (node.keys.empty() || (node.keys.size() > 1 && !null_equal) || node.residual)) {
    return "IN with more than one column as a value";
  }
  return std::nullopt;
}

}  // namespace segue::engine
