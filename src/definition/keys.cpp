#include "definition/keys.h"

#include "definition/key_tables.h"

namespace segue::definition {
namespace {

const Table& s3_table() {
  static const Table table{
      .title = "S3",
      .keys = {
          {"endpoint", Shape::kText, "The URL of another S3 than Amazon's.", "http://127.0.0.1:9000",
           "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the AWS profile's, Amazon's"},
          {"region", Shape::kText, "The region of the buckets.", "eu-central-1",
           "AWS_REGION, the AWS profile's, the bucket's"},
          {"profile", Shape::kText, "The profile of `~/.aws/credentials` and `~/.aws/config` that has the credentials.",
           "minio", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, default"},
      }};
  return table;
}

Key s3_key() {
  return {.name = "s3",
          .shape = Shape::kMap,
          .summary = "Where S3 is and who we are there, instead of what the environment and AWS's files say.",
          .example = "{endpoint: http://127.0.0.1:9000, profile: minio}",
          .table = &s3_table()};
}

const Table& profile_table() {
  static const Table table{
      .title = "A profile",
      .keys = {
          {"lake", Shape::kText,
           "The folder that tables live under, relative to segue.yaml's folder, or `s3://BUCKET/…`.", "./lake"},
          {"engine",
           Shape::kChoice,
           "What executes steps: `native` where it can (and DuckDB where it cannot), or `duckdb` for all.",
           "native",
           {},
           false,
           {"native", "duckdb"}},
          {"memory", Shape::kBytes,
           "The most memory a run takes; rows that do not fit are kept in files under `.segue/spill`.", "4 GiB"},
          {"threads", Shape::kCount, "How many threads a run takes, from 1 on.", "8"},
          {"retention", Shape::kText,
           "How long versions of tables stay readable; `segue vacuum` removes the files of older ones.", "30 days"},
          s3_key(),
      }};
  return table;
}

const Table& param_table() {
  static const Table table{.title = "A parameter",
                           .keys = {
                               {"type",
                                Shape::kChoice,
                                "What values it takes.",
                                "interval",
                                {},
                                true,
                                {"path", "interval", "integer", "double", "boolean", "varchar", "date", "timestamp"}},
                               {"default", Shape::kText,
                                "Its value if the command line gives none; a relative path is relative to segue.yaml's "
                                "folder. Without a default a value must be given.",
                                "20 minutes"},
                           }};
  return table;
}

}  // namespace

const Key* Table::find(std::string_view name) const {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Table& project_table() {
  static const Table table{
      .title = "segue.yaml",
      .keys = {
          {"lake", Shape::kText,
           "The folder that tables live under, relative to segue.yaml's folder, or `s3://BUCKET/…`.", "./lake",
           "./lake"},
          {"engine",
           Shape::kChoice,
           "What executes steps: `native` where it can (and DuckDB where it cannot), or `duckdb` for all.",
           "native",
           "native",
           false,
           {"native", "duckdb"}},
          {"memory", Shape::kBytes,
           "The most memory a run takes; rows that do not fit are kept in files under `.segue/spill`.", "4 GiB",
           "60 % of the machine's"},
          {"threads", Shape::kCount, "How many threads a run takes, from 1 on.", "8", "one a core"},
          {"retention", Shape::kText,
           "How long versions of tables stay readable; `segue vacuum` removes the files of older ones.", "30 days",
           "7 days"},
          s3_key(),
          {"profiles",
           Shape::kNamed,
           "Named sets of other settings, chosen by `--profile`; one named `local` holds without being chosen.",
           "{local: {memory: 4 GiB}}",
           {},
           false,
           {},
           &profile_table()},
      }};
  return table;
}

const Table& pipeline_table() {
  static const Table table{
      .title = "pipeline.yaml",
      .keys = {
          {"name", Shape::kName, "The pipeline's name; its folder has the same.", "lastfm", {}, true},
          {"description", Shape::kProse, "What the pipeline is for.",
           "Who listens to what, and for how long without a pause"},
          {"retention", Shape::kText, "How long versions of its tables stay readable, where segue.yaml says otherwise.",
           "30 days", "segue.yaml's"},
          {"params",
           Shape::kNamed,
           "Parameters: values that the command line may change.",
           "{gap: {type: interval, default: 20 minutes}}",
           {},
           false,
           {},
           &param_table()},
          {"sources",
           Shape::kNamed,
           "Where rows come from.",
           "{plays: {path: data/plays.tsv, format: {type: delimited, delimiter: \"\\t\", quote: none}, columns: "
           "{user_id: varchar}}}",
           {},
           false,
           {},
           &source_table()},
          {"steps",
           Shape::kNamed,
           "What is made of them: one SELECT a step.",
           "{users: {sql: SELECT DISTINCT user_id FROM plays}}",
           {},
           true,
           {},
           &step_table()},
      }};
  return table;
}

}  // namespace segue::definition
