#include "sql/session.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/memory.h"
#include "engine/execute.h"

namespace segue {
namespace {

// A table in memory, handed out in small pieces so that everything that is split over tasks and workers is.
class RelationScanner : public formats::Scanner {
 public:
  RelationScanner(const Relation& relation, const std::vector<size_t>& columns, size_t piece)
      : columns_(columns), piece_(piece) {
    for (size_t column : columns) fields_.push_back(relation.fields[column]);
    for (const Batch& batch : relation.batches) {
      for (size_t begin = 0; begin < batch.rows; begin += piece) pieces_.push_back({&batch, begin});
    }
  }
  size_t morsels() const override { return pieces_.size(); }
  uint64_t bytes() const override { return 1000 * pieces_.size() * piece_; }
  const std::vector<Field>& fields() const override { return fields_; }
  void scan(size_t /*worker*/, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    auto [batch, begin] = pieces_[morsel];
    Batch piece;
    piece.rows = std::min(piece_, batch->rows - begin);
    piece.sequence = morsel;
    for (size_t column : columns_) piece.columns.push_back(batch->columns[column].slice(begin));
    emit(std::move(piece));
  }
  void finish() override {}
  std::vector<formats::BadRow> take_bad_rows() override { return {}; }

 private:
  std::vector<size_t> columns_;
  size_t piece_;
  std::vector<Field> fields_;
  std::vector<std::pair<const Batch*, size_t>> pieces_;
};

// Text columns coded by one dictionary each, as a scan makes them.
Relation coded(const Relation& relation) {
  Relation result = relation;
  for (size_t c = 0; c < relation.fields.size(); ++c) {
    if (relation.fields[c].type.id != TypeId::kVarchar) continue;
    auto dictionary = std::make_shared<Dictionary>();
    for (Batch& batch : result.batches) {
      Array<uint32_t> codes(batch.rows);
      for (size_t i = 0; i < batch.rows; ++i)
        codes[i] = batch.columns[c].is_valid(i) ? dictionary->intern(batch.columns[c].text(i)) : 0;
      auto owner = share(std::move(codes));
      Column column;
      column.type = relation.fields[c].type;
      column.values = owner->data();
      column.dictionary = dictionary;
      column.owner = owner;
      batch.columns[c] = std::move(column);
    }
  }
  return result;
}

// Rows are equal if their values are, numbers that are printed with a point or an exponent to 1e-12.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a.find_first_of(".e") == std::string::npos && b.find_first_of(".e") == std::string::npos) return false;
  char *end_a = nullptr, *end_b = nullptr;
  double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  if (*end_a != 0 || *end_b != 0 || a.empty() || b.empty()) return false;
  return std::abs(x - y) <= 1e-12 * std::max(std::abs(x), std::abs(y));
}

}  // namespace

Session::Session(const std::vector<Table>& tables) : engine_({.threads = 1, .memory = 0, .temporary_folder = {}}) {
  for (const auto& [name, select] : tables) {
    std::map<std::string, const Relation*> inputs;
    for (const auto& [other, relation] : tables_) inputs[other] = &relation;
    tables_[name] = engine_.run(binder_.bind(select).text, inputs, cancellation_);
    coded_[name] = coded(tables_[name]);
    binder_.add_table({name, tables_[name].fields});
  }
}

Relation Session::duckdb(const sql::BoundQuery& query) {
  std::map<std::string, const Relation*> inputs;
  for (const auto& name : query.tables) inputs[name] = &tables_.at(name);
  return engine_.run(query.text, inputs, cancellation_);
}

plan::Graph Session::graph(const sql::BoundQuery& query, bool force_foreign) {
  std::vector<plan::SourceTable> sources;
  for (const auto& [name, relation] : tables_) sources.push_back({name, relation.fields});
  return plan::build_graph(sources, {{"result", query.plan, query.fields, query.tables, true}}, engine::unsupported,
                           force_foreign);
}

Relation Session::execute(const plan::Graph& graph, const sql::BoundQuery& query, size_t threads, size_t piece,
                          bool with_codes) {
  Workers workers(threads, cancellation_);
  Progress progress;
  engine::Request request;
  request.results["result"] = graph.find("result")->root;
  request.open_source = [&](const plan::Scan& scan) {
    return std::make_unique<RelationScanner>((with_codes ? coded_ : tables_).at(scan.source), scan.columns, piece);
  };
  request.run_foreign = [&](const plan::Foreign& step, const std::vector<Relation>& relations) {
    std::map<std::string, const Relation*> inputs;
    for (size_t i = 0; i < relations.size(); ++i) inputs[step.names[i]] = &relations[i];
    return engine_.run(query.text, inputs, cancellation_);
  };
  request.workers = &workers;
  request.progress = &progress;
  return engine::execute(request).at("result");
}

std::string cell(const Value& value) {
  std::string text = to_string(value);
  if (value.null()) return text;
  bool letters = value.type.id == TypeId::kVarchar || value.type.id == TypeId::kBlob;
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  bool like_another = text.empty() || text == "NULL" || *end == 0;
  if (!(letters && like_another) && !text.starts_with('\'') && text.find_first_of("|\n\r") == std::string::npos)
    return text;
  std::string quoted = "'";
  for (char c : text) {
    switch (c) {
      case '\'': quoted += "''"; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      default: quoted += c;
    }
  }
  return quoted + '\'';
}

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (char c : row) {
    if (c == '|' && !quoted) {
      cells.emplace_back();
      continue;
    }
    // Of two quotes within quotes, the first ends and the second begins again.
    if (c == '\'' && (cells.back().empty() || cells.back().front() == '\'')) quoted = !quoted;
    cells.back() += c;
  }
  return cells;
}

std::vector<std::string> rows_of(const Relation& relation, bool ordered) {
  std::vector<std::string> rows;
  for (const Batch& batch : relation.batches) {
    for (size_t i = 0; i < batch.rows; ++i) {
      std::string row;
      for (size_t c = 0; c < relation.fields.size(); ++c) {
        if (c != 0) row += '|';
        row += cell(value_at(batch.columns[c], i));
      }
      rows.push_back(row);
    }
  }
  if (!ordered) std::sort(rows.begin(), rows.end());
  return rows;
}

bool same_row(const std::string& a, const std::string& b) {
  std::vector<std::string> of_a = cells(a), of_b = cells(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), same_value);
}

}  // namespace segue
