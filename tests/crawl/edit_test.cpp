// pipeline.yaml with a source more, or with other types: all else stays as it is.
#include "crawl/edit.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crawl/yaml_text.h"
#include "definition/yaml.h"

namespace segue::crawl {
namespace {

using testing::HasSubstr;

definition::TextFilePtr file(const std::string& text) {
  return std::make_shared<definition::TextFile>("pipeline.yaml", text);
}

definition::Source songs() {
  definition::Source source;
  source.name = "songs";
  source.format.delimiter = ",";
  source.format.quote = '"';
  source.format.header = true;
  source.columns = {{"id", TypeId::kBigint}, {"a b", Type::decimal(38, 0)}};
  return source;
}

constexpr const char* kEntry =
    "  songs:\n    path: data/songs.csv\n    format: {type: delimited, delimiter: \",\", quote: '\"', header: true}\n"
    "    columns:\n      id: bigint\n      \"a b\": \"decimal(38,0)\"\n";

std::string added(const std::string& text) { return with_source(file(text), songs(), "data/songs.csv"); }

std::string refusal(const std::string& text) {
  try {
    added(text);
  } catch (const Failure& failure) {
    return failure.error().message;
  }
  return "nothing was refused";
}

TEST(Edit, ASourceIsAddedBehindTheOthersAndCommentsStay) {
  std::string before =
      "# a pipeline\nname: p   # its name\n\nsources:\n  # plays of users\n  plays:\n    path: a.tsv   # here\n"
      "    format: {type: json}\n    columns: {a: bigint}\n  # no more\n";
  std::string after = "\n# Steps follow.\nsteps:\n  one: {sql: SELECT 1}\n";
  EXPECT_EQ(added(before + after), fmt::format("{}{}{}", before, kEntry, after));
}

TEST(Edit, SourcesThatStandLastOrHaveNoLineEnd) {
  std::string text = "steps:\n  one: {sql: SELECT 1}\nsources:\n  plays: {path: a}";
  EXPECT_EQ(added(text), fmt::format("{}\n{}", text, kEntry));
}

TEST(Edit, IndentationIsThatOfTheOtherSources) {
  EXPECT_THAT(added("name: p\nsources:\n    plays: {path: a}\nsteps: {}\n"),
              HasSubstr("\n    songs:\n      path: data/songs.csv\n"));
}

TEST(Edit, WithoutSourcesTheyStandAboveTheSteps) {
  EXPECT_EQ(added("name: p\n\n# Steps.\nsteps:\n  one: {sql: SELECT 1}\n"),
            fmt::format("name: p\n\nsources:\n{}\n# Steps.\nsteps:\n  one: {{sql: SELECT 1}}\n", kEntry));
  EXPECT_EQ(added("name: p\nsources:\nsteps:\n  one: {sql: SELECT 1}\n"),
            fmt::format("name: p\nsources:\n{}steps:\n  one: {{sql: SELECT 1}}\n", kEntry));
}

TEST(Edit, LineEndsOfWindowsAreKept) {
  std::string text = added("name: p\r\nsources:\r\n  plays: {path: a}\r\nsteps: {}\r\n");
  EXPECT_THAT(text, HasSubstr("  songs:\r\n    path: data/songs.csv\r\n"));
  EXPECT_EQ(text.find("\n\n"), std::string::npos);
}

TEST(Edit, WhatCannotBeAddedToIsRefusedAndSaysWhy) {
  EXPECT_THAT(refusal("sources: {plays: {path: a}}\nsteps: {}\n"), HasSubstr("in braces"));
  EXPECT_THAT(refusal("sources:\n  songs: {path: a}\n"), HasSubstr("there is a source `songs` already"));
  EXPECT_THAT(refusal("{name: p, sources: {}}\n"), HasSubstr("no map of keys"));
  EXPECT_THAT(refusal("sources: [a]\n"), HasSubstr("no map of names"));
  EXPECT_THAT(refusal("sources:\n  a: {\n"), HasSubstr("`{` is not closed"));
}

TEST(Edit, TypesAreChangedWhereTheyStand) {
  std::string text =
      "sources:\n  plays:\n    columns: {id: integer, day: date}  # of plays\n  other:\n    columns:\n      id: "
      "integer # kept\n";
  EXPECT_EQ(with_types(file(text), "plays", {{"day", TypeId::kTimestamp}, {"id", Type::decimal(38, 0)}}),
            "sources:\n  plays:\n    columns: {id: \"decimal(38,0)\", day: timestamp}  # of plays\n  other:\n    "
            "columns:\n      id: integer # kept\n");
  EXPECT_EQ(with_types(file(text), "other", {{"id", TypeId::kBigint}}).find("id: bigint # kept") != std::string::npos,
            true);
  std::string shared = "sources:\n  a:\n    columns: &c {id: integer}\n  b:\n    columns: *c\n";
  EXPECT_THROW(with_types(file(shared), "b", {{"id", TypeId::kBigint}}), Failure);
  EXPECT_THROW(with_types(file(text), "plays", {{"none", TypeId::kBigint}}), Failure);
}

TEST(Edit, ScalarsAreQuotedWhereYamlWouldTakeThemForElse) {
  EXPECT_EQ(yaml_scalar("plain_1"), "plain_1");
  for (const char* each : {"null", "Yes", "1a", "", "a b", "a-b", "$x"})
    EXPECT_TRUE(yaml_scalar(each).starts_with('"')) << each;
  EXPECT_EQ(yaml_value("a$b"), "\"a$$b\"");
  EXPECT_EQ(yaml_scalar("tab\t\"\\ \x01 é\xC2\x85"), "\"tab\\t\\\"\\\\ \\x01 é\\u0085\"");
}

}  // namespace
}  // namespace segue::crawl
