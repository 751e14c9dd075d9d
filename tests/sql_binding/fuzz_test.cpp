// Whatever the text, the Binder binds it or says where it is wrong.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "binding.h"
#include "duckdb/tokens.h"

namespace segue::sql {
namespace {

const std::vector<std::string> kSeeds = {
    "SELECT *, session_number(played_at, $gap) OVER (PARTITION BY user_id ORDER BY played_at) AS session FROM plays",
    "WITH a AS (SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id) SELECT * FROM a "
    "ORDER BY songs DESC LIMIT 3",
    "SELECT list({'a': artist, 'ä': n} ORDER BY n) AS l FROM plays p LEFT JOIN sessions USING (user_id) WHERE artist "
    "LIKE '%$name' -- $gap",
    "SELECT CASE WHEN n > $limit THEN \"order\" ELSE NULL END AS \"x y\" FROM plays, sessions /* c */ QUALIFY "
    "row_number() OVER () = 1;",
    "VALUES (1, 'a''b', $$ $name $$, E'\\'', 1e-5, [1, 2], NULL::DATE)",
    "FROM plays SELECT date_trunc('day', played_at) AS day, sum(n)::UBIGINT AS n GROUP BY ALL UNION ALL FROM range(3) "
    "t(r) SELECT NULL, r",
};

const std::vector<std::string> kParts = {
    "'",      "\"",   "$",     "$$",   "$gap",   "$1",       "?",    "(",      ")",
    ";",      "--",   "/*",    "*/",   "\n",     "ä",        ",",    ".",      "::",
    "SELECT", "FROM", "WITH",  "OVER", "AS",     "plays",    "NULL", "E'\\",   "[",
    "{",      "}",    "]",     "1e",   "'\xff'", "\\",       "*",    "AT",     "DESCRIBE",
    "x",      "😀",    "a$gap", "= 1",  "$a$",    "\"$gap\"", "CASE", "unnest", "session_number",
    "0x"};

// A seed with a few changes: parts put in, bytes taken out or doubled.
std::string mutated() {
  std::string text = *rc::gen::elementOf(kSeeds);
  int changes = *rc::gen::inRange(0, 5);
  for (int i = 0; i < changes; ++i) {
    size_t at = *rc::gen::inRange<size_t>(0, text.size() + 1);
    size_t length = *rc::gen::inRange<size_t>(0, 12);
    switch (*rc::gen::inRange(0, 4)) {
      case 0: text.insert(at, *rc::gen::elementOf(kParts)); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(at, length)); break;
      default: text.replace(at, std::min(length, text.size() - at), *rc::gen::elementOf(kParts)); break;
    }
  }
  return text;
}

void judge(Binder& binder, const std::string& text) {
  try {
    BoundQuery query = binder.bind(text, params());
    RC_ASSERT(!query.fields.empty());
    for (const Field& field : query.fields) RC_ASSERT(lake_type(field.type));
    for (uint64_t position = 0; position <= query.text.size(); ++position)
      RC_ASSERT(query.user_position(position) <= text.size());
    // What was bound binds again to the same.
    RC_ASSERT(binder.bind(query.text).fields == query.fields);
  } catch (const SqlError& error) {
    for (const Mistake& mistake : error.mistakes()) {
      RC_ASSERT(!mistake.message.empty());
      RC_ASSERT(mistake.offset <= text.size());
      RC_ASSERT(mistake.offset + mistake.length <= text.size());
    }
  }
  try {
    for (const Reference& reference : binder.references(text))
      RC_ASSERT(reference.offset + reference.length <= text.size());
  } catch (const SqlError&) {
  }
}

TEST(BinderFuzz, SeedsBind) {
  Binder binder = make_binder();
  for (const std::string& seed : kSeeds) EXPECT_EQ(mistakes(binder, seed), "no mistake\n");
}

TEST(BinderFuzz, MutatedSqlBindsOrIsLocated) {
  Binder binder = make_binder();
  rc::check([&] { judge(binder, mutated()); });
}

TEST(BinderFuzz, AnyPartsInAnyOrderBindOrAreLocated) {
  Binder binder = make_binder();
  rc::check([&] {
    std::string text;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kParts)))
      text += part + ' ';
    judge(binder, text);
  });
}

TEST(BinderFuzz, AnyBytesAreTokensThatCoverNoMoreThanTheText) {
  rc::check([](const std::string& text) {
    uint64_t end = 0;
    for (const duckdb::Token& token : duckdb::tokenize(text)) {
      RC_ASSERT(token.offset >= end);
      RC_ASSERT(token.length > 0u);
      end = token.offset + token.length;
    }
    RC_ASSERT(end <= text.size());
  });
}

TEST(BinderFuzz, DeepNestingIsAnError) {
  Binder binder = make_binder();
  for (size_t depth : {500u, 5'000u, 20'000u}) {
    EXPECT_NE(mistakes(binder, "SELECT " + std::string(depth, '(') + "1" + std::string(depth, ')') + " AS x"), "")
        << depth;
    std::string sum = "SELECT 1";
    for (size_t i = 0; i < depth; ++i) sum += " + 1";
    EXPECT_NE(mistakes(binder, sum + " AS x"), "") << depth;
  }
}

}  // namespace
}  // namespace segue::sql
