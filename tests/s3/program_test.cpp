// The program with a lake and sources on S3, as its users call it.
#include "cli/program.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "lake/lake.h"
#include "s3/s3_server.h"
#include "storage/store.h"

namespace segue::cli {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPipeline = R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, n: bigint}
    bad_rows: quarantine
steps:
  users: {sql: 'SELECT user_id, count(*) AS plays, sum(n)::BIGINT AS n FROM plays GROUP BY user_id'}
  plays_again: {sql: SELECT * FROM plays, export: {format: tsv, path: plays_again.tsv}}
  parts: {sql: "SELECT user_id, n FROM plays WHERE user_id <> 'u0'", partition_by: user_id}
)";

std::string plays(int generation, int rows = 1000) {
  std::string text;
  for (int i = 0; i < rows; ++i) text += fmt::format("u{}\t{}\n", i % 5, generation);
  return text;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class S3ProgramTest : public testing::Test {
 protected:
  S3ProgramTest() {
    project_.write("segue.yaml", "lake: s3://lake/events\nprofiles:\n  nowhere: {lake: s3://no-such-bucket/x}\n");
    project_.write("pipelines/p/pipeline.yaml", kPipeline);
    project_.write("plays.tsv", plays(1));
  }

  Call call_of(std::vector<std::string> arguments) const {
    return {std::move(arguments), project_.folder(), {}, server_.environment()};
  }
  Outcome segue(std::vector<std::string> arguments) const { return call(call_of(std::move(arguments))); }
  std::string rows(const std::string& sql) const {
    Outcome outcome = segue({"sql", sql, "--output", "csv"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }

  storage::S3Server server_;
  std::shared_ptr<storage::Store> bucket_ = storage::open_store("s3://lake");
  Project project_;
};

TEST_F(S3ProgramTest, TablesArePublishedQueriedAndTakenBack) {
  Outcome run = segue({"run", "p"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("published to s3://lake/events"));
  EXPECT_EQ(rows("FROM p.users ORDER BY user_id LIMIT 2"), "user_id,plays,n\nu0,200,200\nu1,200,200\n");
  EXPECT_EQ(rows("SELECT count(*), min(user_id) FROM p.parts WHERE user_id > 'u2'"),
            "count_star(),min(user_id)\n400,u3\n");
  EXPECT_EQ(rows("SELECT count(*) FROM p.plays_again a JOIN p.users b USING (user_id)"), "count_star()\n1000\n");
  project_.write("plays.tsv", plays(2) + "a bad row\n");
  EXPECT_EQ(segue({"run", "p"}).code, 0);
  EXPECT_EQ(rows("SELECT sum(n) FROM p.users"), "sum(n)\n2000\n");
  EXPECT_EQ(rows("SELECT sum(n) FROM p.users AT (VERSION => 0)"), "sum(n)\n1000\n");
  EXPECT_EQ(rows("SELECT pipeline, text FROM segue.quarantine"), "pipeline,text\np,a bad row\n");
  Outcome tables = segue({"tables"});
  EXPECT_THAT(tables.out, AllOf(HasSubstr("p.users"), HasSubstr("p.parts"), HasSubstr("p.plays_again")));
  Outcome shown = segue({"show", "p.users", "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(nlohmann::json::parse(shown.out)["path"], "s3://lake/events/p/users");
  EXPECT_EQ(segue({"rollback", "p.users", "--to", "0"}).code, 0);
  EXPECT_EQ(rows("SELECT sum(n) FROM p.users"), "sum(n)\n1000\n");
  Outcome deleted = segue({"delete", "p.parts", "--where", "user_id = 'u3'"});
  EXPECT_THAT(deleted.out + deleted.err, HasSubstr("deleted 200 rows in 1 file"));
  EXPECT_EQ(rows("SELECT count(*) FROM p.parts"), "count_star()\n600\n");
  EXPECT_EQ(segue({"vacuum", "p.parts", "--keep", "0 days"}).code, 0);
  EXPECT_EQ(rows("SELECT count(*) FROM p.parts"), "count_star()\n600\n");
  EXPECT_EQ(bucket_->list("events/p/_segue/staging").size() + bucket_->list("events/p/_segue/publish").size(), 0u);
}

TEST_F(S3ProgramTest, FilesAreCrawled) {
  bucket_->put("in/day=1/plays-1.tsv", plays(1));
  bucket_->put("in/day=2/plays-2.tsv", plays(2));
  bucket_->put("in/day=2/_SUCCESS", "");
  bucket_->put("other/c.json", "{\"id\": 1}\n{\"id\": 2}\n");
  Outcome outcome = segue({"crawl", "s3://lake/in/", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  auto found = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(found["sources"].size(), 1u) << outcome.out;
  EXPECT_EQ(found["sources"][0]["files"], 2);
  EXPECT_EQ(found["sources"][0]["rows"], 2000);
  EXPECT_EQ(found["sources"][0]["columns"].size(), 2u);
  EXPECT_EQ(found["sources"][0]["partitions"][0]["name"], "day");
  EXPECT_THAT(found["sources"][0]["yaml"].get<std::string>(), HasSubstr("s3://lake/in"));
  found = nlohmann::json::parse(segue({"crawl", "s3://lake/other/*.json", "--json"}).out);
  EXPECT_EQ(found["sources"][0]["columns"][0]["name"], "id");
  found = nlohmann::json::parse(segue({"crawl", "s3://lake/other/c.json", "--json"}).out);
  EXPECT_EQ(found["sources"][0]["rows"], 2);
  outcome = segue({"crawl", "s3://lake/no-such-folder"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no such file: s3://lake/no-such-folder"));
  outcome = segue({"crawl", "https://example.org/c.json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("segue copy"));
}

TEST_F(S3ProgramTest, SourcesOfAllFormatsAreRead) {
  bucket_->put("in/2018/a.tsv", plays(1));
  bucket_->put("in/2018/b.tsv.gz", gzip(plays(2)));
  bucket_->put("in/2019/c [x].tsv", plays(3, 900'000));  // more than one read
  bucket_->put("in/2019/other.txt", "no");
  std::string lines = "{\"user_id\":\"u0\",\"n\":7}\n";
  bucket_->put("in/lines.json", lines);
  constexpr const char* kDelimited = "type: delimited, delimiter: \"\\t\", quote: none, header: false";
  auto pipeline = [](const std::string& path, const std::string& type) {
    return fmt::format(
        "name: p\nsources:\n  plays:\n    path: \"{}\"\n    format: {{{}}}\n    columns: {{user_id: varchar, n: "
        "bigint}}\nsteps:\n  all_plays: {{sql: 'SELECT n, count(*) AS plays FROM plays GROUP BY n'}}\n",
        path, type);
  };
  auto run = [&](const std::string& path, const std::string& type) {
    project_.write("pipelines/p/pipeline.yaml", pipeline(path, type));
    return segue({"run", "p"});
  };
  Outcome outcome = run("s3://lake/in/*/*.tsv*", kDelimited);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(rows("FROM p.all_plays ORDER BY n"), "n,plays\n1,1000\n2,1000\n3,900000\n");
  EXPECT_EQ(rows("SELECT count(*) FROM p.plays"), "count_star()\n902000\n");
  EXPECT_THAT(segue({"plan", "p"}).out, AllOf(HasSubstr("s3://lake/in/*/*.tsv*"), Not(HasSubstr("no file"))));
  ASSERT_EQ(run("s3://lake/in/2019/c [x].tsv", kDelimited).code, 0);
  EXPECT_EQ(rows("FROM p.all_plays"), "n,plays\n3,900000\n");
  ASSERT_EQ(run("s3://lake/**/a.tsv", kDelimited).code, 0);
  EXPECT_EQ(rows("FROM p.all_plays"), "n,plays\n1,1000\n");
  ASSERT_EQ(run("s3://lake/in/lines.json", "type: json_lines").code, 0);
  EXPECT_EQ(rows("FROM p.all_plays"), "n,plays\n7,1\n");
  // A table's own file.
  std::string file = lake::Lake("s3://lake/events").find({"p", "all_plays"})->file_addresses().at(0);
  project_.write("pipelines/q/pipeline.yaml",
                 fmt::format("name: q\nsources:\n  numbers: {{path: \"{}\", format: {{type: parquet}}, columns: {{n: "
                             "bigint, plays: bigint}}}}\nsteps:\n  t: {{sql: SELECT * FROM numbers}}\n",
                             file));
  outcome = segue({"run", "q"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(rows("FROM q.t"), "n,plays\n7,1\n");

  outcome = run("s3://lake/in/line.json", "type: json_lines");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no such file: s3://lake/in/line.json"),
                                 HasSubstr("did you mean s3://lake/in/lines.json?"), HasSubstr("pipeline.yaml:4")));
  EXPECT_THAT(run("s3://lake/in/*.csv", kDelimited).err, HasSubstr("no file matches s3://lake/in/*.csv"));
  EXPECT_THAT(run("s3://no-such-bucket/in/*.csv", kDelimited).err, HasSubstr("there is no bucket no-such-bucket"));
}

TEST_F(S3ProgramTest, WhatIsWrongIsToldAndSecretsAreNot) {
  Outcome outcome = segue({"run", "p", "--profile", "nowhere"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("there is no bucket no-such-bucket"), HasSubstr("aws s3 mb")));
  Call wrong = call_of({"run", "p"});
  wrong.environment["AWS_SECRET_ACCESS_KEY"] = "a-secret-of-mine";
  outcome = call(wrong);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("S3 does not accept the credentials (SignatureDoesNotMatch)"),
                                 Not(HasSubstr("a-secret"))));
  wrong.environment.erase("AWS_SECRET_ACCESS_KEY");
  wrong.environment.erase("AWS_ACCESS_KEY_ID");
  wrong.arguments = {"tables"};
  outcome = call(wrong);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("there are no credentials for s3://lake"), HasSubstr("AWS_PROFILE")));
  wrong.arguments = {"check"};
  EXPECT_EQ(call(wrong).code, 0) << "needs none";
}

TEST_F(S3ProgramTest, WhatTheProjectSaysGoesBeforeTheEnvironment) {
  project_.write("aws", "[minio]\naws_access_key_id = test-key\naws_secret_access_key = test-secret\n");
  project_.write("segue.yaml", fmt::format("lake: s3://lake/events\nprofiles:\n  there:\n    s3: {{endpoint: {}, "
                                           "region: eu-central-1, profile: minio}}\n",
                                           server_.endpoint()));
  Call call = call_of({"run", "p", "--profile", "there"});
  call.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
  call.environment["AWS_ACCESS_KEY_ID"] = "another";
  call.environment["AWS_SHARED_CREDENTIALS_FILE"] = project_.folder() / "aws";
  Outcome outcome = segue::cli::call(call);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(rows("SELECT sum(n) FROM p.users"), "sum(n)\n1000\n");
  project_.write("segue.yaml", "lake: s3://lake/events\ns3: {endpoint: minio:9000, regoin: x}\n");
  outcome = segue({"check"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the endpoint `minio:9000` is no URL"), HasSubstr("segue.yaml:2"),
                                 HasSubstr("did you mean `region`")));
}

TEST_F(S3ProgramTest, TablesThatGrowReadOnlyNewFiles) {
  project_.write("pipelines/p/pipeline.yaml", R"(name: p
sources:
  plays:
    path: s3://lake/in/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, n: bigint}
steps:
  all_plays: {sql: SELECT * FROM plays, write: append}
  users: {sql: 'SELECT user_id, count(*) AS plays FROM plays GROUP BY user_id', write: {merge: user_id}}
)");
  auto files_read = [&] {
    Outcome outcome = segue({"run", "p", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out)["steps"][0]["files"].get<std::string>();
  };
  bucket_->put("in/1.tsv", plays(1));
  EXPECT_EQ(files_read(), "all 1 file: there is no table yet");
  bucket_->put("in/2.tsv", plays(2));
  EXPECT_EQ(files_read(), "1 of 2 files is new");
  EXPECT_EQ(rows("SELECT sum(n) FROM p.all_plays"), "sum(n)\n3000\n");
  EXPECT_EQ(rows("SELECT sum(plays) FROM p.users"), "sum(plays)\n2000\n");
  bucket_->put("in/3.tsv", plays(2));  // a copy is no new content
  EXPECT_EQ(files_read(), "no new files");
  bucket_->put("in/3.tsv", plays(3));
  EXPECT_EQ(files_read(), "1 of 3 files is new");
  EXPECT_EQ(rows("SELECT sum(n) FROM p.all_plays"), "sum(n)\n6000\n");
  // Etags spare the reading: of each file that is known only the begin is looked at, once.
  server_.fail("slow", -1, "GET", "in/[0-9].tsv");
  EXPECT_EQ(files_read(), "no new files");
  EXPECT_EQ(server_.failed(), 3);
}

TEST_F(S3ProgramTest, ASecondRunSaysWhoIsAtWork) {
  server_.fail("slow", -1, "PUT", "part-");
  Child first(call_of({"run", "p"}));
  while (server_.failed() == 0 && first.running()) std::this_thread::sleep_for(milliseconds(20));
  Outcome second = segue({"run", "p"});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("pipeline p is at work already: run "));
  Outcome outcome = first.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(segue({"run", "p"}).code, 0);
}

TEST_F(S3ProgramTest, AServiceThatStumblesIsAskedAgain) {
  for (const char* kind : {"500", "503", "cut"}) {
    SCOPED_TRACE(kind);
    server_.fail(kind, 4);
    Outcome outcome = segue({"run", "p"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(server_.failed(), 4);
  }
  server_.fail("500", -1);
  Outcome outcome = segue({"run", "p"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("s3://lake/events"), HasSubstr("InternalError"), HasSubstr("5 attempts")));
  server_.heal();
  EXPECT_EQ(rows("SELECT sum(n) FROM p.users"), "sum(n)\n1000\n");
}

TEST_F(S3ProgramTest, AnInterruptEndsARunThatWaitsForTheServer) {
  ASSERT_EQ(segue({"run", "p"}).code, 0);
  for (const char* path : {"", "part-", "_segue/publish"}) {
    SCOPED_TRACE(path);
    server_.fail("silent", -1, "", path);
    Child child(call_of({"run", "p", "--full"}));
    while (server_.failed() == 0 && child.running()) std::this_thread::sleep_for(milliseconds(20));
    std::this_thread::sleep_for(milliseconds(200));
    auto begin = std::chrono::steady_clock::now();
    child.send(SIGINT);
    Outcome outcome = child.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2500)) << "a second, and the end of a process";
    EXPECT_NE(outcome.code, 0);
    server_.heal();
    EXPECT_EQ(rows("SELECT sum(n) FROM p.users"), "sum(n)\n1000\n");
  }
  EXPECT_EQ(segue({"run", "p"}).code, 0);
}

TEST_F(S3ProgramTest, AKilledRunLeavesOldTablesOrNewOnes) {
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  ASSERT_EQ(segue({"run", "p"}).code, 0);
  auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(segue({"run", "p", "--full"}).code, 0);
  auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  int last = 1;
  for (int kill_number = 2; kill_number < 8; ++kill_number) {
    project_.write("plays.tsv", plays(kill_number));
    Child child(call_of({"run", "p"}));
    std::this_thread::sleep_for(whole * (random() % 1000) / 1000);
    child.send(SIGKILL);
    child.wait();
    // Opening the lake completes what was decided.
    std::string users = rows("SELECT sum(n) FROM p.users"), again = rows("SELECT sum(n) FROM p.plays_again");
    EXPECT_EQ(users, again);
    std::string before = fmt::format("sum(n)\n{}\n", last * 1000),
                now = fmt::format("sum(n)\n{}\n", kill_number * 1000);
    EXPECT_TRUE(users == before || users == now) << users;
    if (users == now) last = kill_number;
    EXPECT_EQ(bucket_->list("events/p/_segue/publish").size(), 0u);
  }
  project_.write("plays.tsv", plays(9));
  Outcome outcome = segue({"run", "p"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(rows("SELECT sum(n) FROM p.plays_again"), "sum(n)\n9000\n");
  EXPECT_EQ(bucket_->list("events/p/_segue/staging").size() + bucket_->list("events/p/_segue/publish").size(), 0u);
  // Nothing is left of the killed ones but the files of versions.
  lake::Lake lake("s3://lake/events");
  size_t files = 0;
  for (const storage::Listed& listed : bucket_->list("events/p/users")) files += !listed.folder;
  EXPECT_EQ(files, lake.history({"p", "users"}).size());
}

}  // namespace
}  // namespace segue::cli
