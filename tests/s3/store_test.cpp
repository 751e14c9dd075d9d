// A store on S3: a real server (moto's) that checks every signature, with faults where a test asks for them.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <arrow/io/interfaces.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "s3/s3_server.h"
#include "storage/arrow_status.h"
#include "storage/s3_client.h"
#include "storage/s3_store.h"

namespace segue::storage {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

double seconds_of(const std::function<void()>& work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Requests are given up soon, so that tests of those that never succeed are short.
std::shared_ptr<Store> open_impatient(const std::string& root, const Cancellation* cancellation = nullptr) {
  S3Address address = parse_s3_address(root).value();
  S3Client::Options options{{1000, 1000}, 4, 20, 7};
  return open_s3(std::make_shared<const S3Client>(find_s3_settings(root), address.bucket, options), address.key,
                 cancellation);
}

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "it must fail";
  return {};
}

std::vector<std::string> names(const Store& store, const std::string& folder) {
  std::vector<std::string> names;
  for (const Listed& listed : store.list(folder)) names.push_back(listed.name + (listed.folder ? "/" : ""));
  return names;
}

std::string random_text(size_t bytes) {
  std::mt19937_64 random(7);
  std::string text;
  while (text.size() < bytes) {
    uint64_t word = random();
    text.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  text.resize(bytes);
  return text;
}

class S3StoreTest : public testing::Test {
 protected:
  S3Server server_;
  std::shared_ptr<Store> store_ = open_store("s3://lake/a/b/");
};

TEST_F(S3StoreTest, ReadsWritesListsAndRemoves) {
  EXPECT_EQ(store_->root(), "s3://lake/a/b");
  EXPECT_EQ(store_->address("p/t"), "s3://lake/a/b/p/t");
  EXPECT_TRUE(store_->list("").empty());
  EXPECT_FALSE(store_->read("x"));
  store_->remove("x");
  // Names that must be encoded in a URL, and in the signature.
  std::vector<std::string> odd{"a b+c%20d&e=f?g#h", "Sigur Rós", "it's (1) [2] {3} *!~@:,;$", "year=2018/month=11",
                               ".."};
  for (const std::string& name : odd) {
    store_->put("odd/" + name + "/x", name);
    EXPECT_EQ(store_->read("odd/" + name + "/x"), name);
  }
  EXPECT_THAT(names(*store_, "odd"),
              ElementsAre("../", "Sigur Rós/", "a b+c%20d&e=f?g#h/", "it's (1) [2] {3} *!~@:,;$/", "year=2018/"));
  EXPECT_EQ(store_->list_all("odd").size(), odd.size());
  store_->put("p/x", "old");
  store_->put("p/x", "new");
  EXPECT_EQ(store_->read("p/x"), "new");
  std::vector<Listed> listed = store_->list("p");
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].bytes, 3u);
  EXPECT_NEAR(static_cast<double>(listed[0].modified), static_cast<double>(time(nullptr)) * 1000, 60'000);
  store_->remove("p/x");
  EXPECT_FALSE(store_->read("p/x"));
  std::vector<std::string> paths;
  for (int i = 0; i < 40; ++i) store_->put(paths.emplace_back("many/" + std::to_string(i)), std::to_string(i));
  paths.emplace_back("many/none");
  auto contents = store_->read_all(paths);
  for (size_t i = 0; i < 40; ++i) EXPECT_EQ(contents[i], std::to_string(i));
  EXPECT_FALSE(contents[40]);
}

TEST_F(S3StoreTest, ListsOfManyPagesAreWhole) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = thread; i < 50; i += 4) store_->put("many/" + std::to_string(100 + i), "");
    });
  threads.clear();
  std::vector<std::string> found = names(*open_impatient("s3://lake/a/b"), "many");  // with small pages
  ASSERT_EQ(found.size(), 50u);
  EXPECT_EQ(found.front(), "100");
  EXPECT_EQ(found.back(), "149");
}

TEST_F(S3StoreTest, OfManyWritersOneCreatesTheFile) {
  std::atomic<int> winners{0};
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 8; ++writer)
      writers.emplace_back(
          [&, writer] { winners += store_->put_if_absent("log/0.json", "writer " + std::to_string(writer)); });
  }
  EXPECT_EQ(winners, 1);
  auto pending = store_->prepare({{"log/1.json", "1"}, {"log/0.json", "2"}});
  EXPECT_THAT(names(*store_, "log"), ElementsAre("0.json")) << "not seen before it is committed";
  EXPECT_TRUE(pending[0]->commit());
  EXPECT_FALSE(pending[1]->commit());
  EXPECT_EQ(store_->read("log/0.json")->substr(0, 7), "writer ");
}

TEST_F(S3StoreTest, ACommitWhoseAnswerIsLostIsKnownAsItsOwn) {
  server_.fail("lost", 1, "PUT");
  EXPECT_TRUE(store_->put_if_absent("log/0.json", "mine"));
  server_.fail("lost", 1, "PUT");
  EXPECT_FALSE(store_->put_if_absent("log/0.json", "another's"));
  EXPECT_EQ(store_->read("log/0.json"), "mine");
}

TEST_F(S3StoreTest, LargeFilesAreUploadedInPartsAndSeenWhenClosed) {
  for (size_t bytes : {size_t{0}, size_t{1000}, limits::kUploadPartBytes, 2 * limits::kUploadPartBytes + 77}) {
    SCOPED_TRACE(bytes);
    std::string path = "large/" + std::to_string(bytes), text = random_text(bytes);
    auto stream = store_->create(path);
    for (size_t at = 0; at < bytes; at += 5'000'000)
      check(stream->Write(text.data() + at, static_cast<int64_t>(std::min<size_t>(5'000'000, bytes - at))), "write",
            path);
    EXPECT_FALSE(store_->read(path));
    EXPECT_EQ(*stream->Tell(), static_cast<int64_t>(bytes));
    if (bytes > limits::kUploadPartBytes) server_.fail("lost", 1, "POST", "uploadId");
    check(stream->Close(), "write", path);
    EXPECT_TRUE(store_->read(path) == text);
  }
  server_.fail("500", -1, "PUT", "partNumber=2");
  std::shared_ptr<Store> impatient = open_impatient("s3://lake/a/b");
  std::string text = random_text(limits::kUploadPartBytes + 5);
  auto stream = impatient->create("broken");
  check(stream->Write(text.data(), static_cast<int64_t>(text.size())), "write", "broken");
  Error error = error_of([&] { check(stream->Close(), "write", "broken"); });
  EXPECT_EQ(error.message, "cannot write s3://lake/a/b/broken: InternalError: It was refused (4 attempts)");
  EXPECT_FALSE(impatient->read("broken"));
}

TEST_F(S3StoreTest, FailuresThatPassAreNotSeen) {
  std::shared_ptr<Store> store = open_impatient("s3://lake/a/b");
  for (const char* kind : {"500", "503", "silent", "cut"}) {
    SCOPED_TRACE(kind);
    server_.fail(kind, 2);
    store->put("x", "a text that may be cut in two");
    if (std::string_view(kind) == "cut") server_.fail(kind, 2);
    EXPECT_EQ(store->read("x"), "a text that may be cut in two");
    EXPECT_EQ(names(*store, ""), std::vector<std::string>{"x"});
    EXPECT_EQ(server_.failed(), 2);
  }
}

TEST_F(S3StoreTest, FailuresThatDoNotPassAreToldWithWhatToDo) {
  std::shared_ptr<Store> store = open_impatient("s3://lake/a/b");
  server_.fail("503", -1);
  Error error = error_of([&] { store->put("p/x", "1"); });
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.message, "cannot write s3://lake/a/b/p/x: SlowDown: It was refused (4 attempts)");
  EXPECT_THAT(error.hint, HasSubstr("try again later"));
  EXPECT_EQ(server_.failed(), 4);
  server_.fail("silent", -1);
  error = error_of([&] { store->list("p"); });
  EXPECT_THAT(error.message, AllOf(HasSubstr("cannot list s3://lake/a/b/p/: no answer from " + server_.endpoint()),
                                   HasSubstr("no byte came for 1 s (4 attempts)")));
  EXPECT_THAT(error.hint, HasSubstr("AWS_ENDPOINT_URL"));
}

TEST_F(S3StoreTest, ACancellationEndsARequestThatIsWaiting) {
  Cancellation cancellation;
  std::shared_ptr<Store> store = open_store("s3://lake/a", &cancellation);
  store->put("there", "1");
  server_.fail("silent", -1);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(300));
    cancellation.request();
  });
  double seconds = seconds_of([&] {
    EXPECT_EQ(error_of([&] { store->read("there"); }).code, ErrorCode::kCancelled);
    // What cleans up is tried, for a moment, and not again and again.
    for (int i = 0; i < 5; ++i) EXPECT_EQ(error_of([&] { store->remove("there"); }).code, ErrorCode::kIo);
  });
  EXPECT_LT(seconds, 0.3 + 1.0);
}

TEST_F(S3StoreTest, ACommitThatIsUnderWayWhenWorkIsStoppedIsDone) {
  Cancellation cancellation;
  std::shared_ptr<Store> store = open_store("s3://lake/a", &cancellation);
  server_.fail("slow", -1);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(200));
    cancellation.request();
  });
  EXPECT_TRUE(store->put_if_absent("log/0.json", "1"));
}

TEST_F(S3StoreTest, CredentialsThatAreWrongOrMissingAreToldAndNeverPrinted) {
  auto open = [] { open_store("s3://lake/a")->list(""); };
  setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-mine", 1);
  Error error = error_of(open);
  EXPECT_EQ(error.message, "cannot list s3://lake/a/: S3 does not accept the credentials (SignatureDoesNotMatch)");
  EXPECT_THAT(error.hint, AllOf(HasSubstr("AWS_ACCESS_KEY_ID of the environment"), Not(HasSubstr("a-secret"))));
  setenv("AWS_ACCESS_KEY_ID", "nobody", 1);
  EXPECT_THAT(error_of(open).message, HasSubstr("InvalidAccessKeyId"));
  unsetenv("AWS_ACCESS_KEY_ID");
  EXPECT_THAT(error_of(open).message, HasSubstr("only one is set"));
  unsetenv("AWS_SECRET_ACCESS_KEY");
  error = error_of(open);
  EXPECT_EQ(error.message, "there are no credentials for s3://lake");
  EXPECT_THAT(error.hint, HasSubstr("AWS_PROFILE"));

  std::filesystem::path file = std::filesystem::temp_directory_path() / ("segue-" + unique_id());
  std::ofstream(file) << "# mine\n[default]\naws_access_key_id = session-key\naws_secret_access_key=session-secret\n"
                         "aws_session_token = test-token\n\n[work]\nregion = eu-west-1\n";
  setenv("AWS_SHARED_CREDENTIALS_FILE", file.c_str(), 1);
  open();
  setenv("AWS_PROFILE", "work", 1);
  EXPECT_THAT(error_of(open).message, HasSubstr("profile `work` has no aws_access_key_id"));
  setenv("AWS_PROFILE", "other", 1);
  EXPECT_THAT(error_of(open).message, AllOf(HasSubstr("no profile `other` in "), HasSubstr(file.string())));
  std::filesystem::remove(file);
}

TEST_F(S3StoreTest, BucketsAndServicesThatAreNotThereAreTold) {
  Error error = error_of([] { open_store("s3://no-such-bucket/a")->list("p"); });
  EXPECT_EQ(error.message, "cannot list s3://no-such-bucket/a/p/: there is no bucket no-such-bucket");
  EXPECT_THAT(error.hint, HasSubstr("aws s3 mb s3://no-such-bucket"));
  EXPECT_THAT(error_of([] { open_store("s3://no-such-bucket/a")->read("p"); }).message,
              HasSubstr("there is no bucket"));
  EXPECT_THAT(error_of([] { open_store("s3://no-such-bucket/a")->put("p", "1"); }).message,
              HasSubstr("there is no bucket"));
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  error = error_of([] { open_impatient("s3://lake/a")->list("p"); });
  EXPECT_THAT(error.message, AllOf(HasSubstr("cannot list s3://lake/a/p/: no answer from http://127.0.0.1:1: "),
                                   HasSubstr("connect")));
  setenv("AWS_ENDPOINT_URL", "somewhere", 1);
  EXPECT_THAT(error_of([] { open_store("s3://lake/a"); }).message, HasSubstr("is no URL: somewhere"));
}

TEST_F(S3StoreTest, ALockIsHeldByOneAndFreedInTheEnd) {
  auto lock = store_->try_lock("p/lock", "me");
  ASSERT_TRUE(lock);
  EXPECT_TRUE(lock->others_ended());
  EXPECT_EQ(store_->lock_owner("p/lock"), "me");
  EXPECT_FALSE(store_->try_lock("p/lock", "you"));
  lock->check();
  EXPECT_EQ(store_->lock_owner("p/lock"), "me");
  lock.reset();
  lock = store_->try_lock("p/lock", "you");
  ASSERT_TRUE(lock);
  EXPECT_TRUE(lock->others_ended());
  EXPECT_EQ(names(*store_, "p/lock").size(), 1u) << "older ones are removed";
}

TEST_F(S3StoreTest, ALockThatIsNotRenewedIsTakenAndItsHolderSeesIt) {
  auto lock = store_->try_lock("p/lock", "me");
  server_.age("a/b/p/lock/00000000000000000000.json", limits::kLeaseSeconds + 1);
  auto other = store_->try_lock("p/lock", "you");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->others_ended()) << "it may be at work yet";
  Error error = error_of([&] { lock->check(); });
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("s3://lake/a/b/p/lock was taken by another process"));
  lock.reset();
  EXPECT_FALSE(store_->try_lock("p/lock", "a third")) << "that it ends frees no other's";
  other.reset();
  EXPECT_FALSE(store_->try_lock("p/lock", "a third")->others_ended()) << "for an hour";
}

TEST_F(S3StoreTest, TheLockOfAProcessThatWasKilledIsFreeAtOnce) {
  pid_t child = fork();
  if (child == 0) {
    auto lock = open_impatient("s3://lake/a/b")->try_lock("p/lock", "the child");
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(store_->lock_owner("p/lock"), "the child");
  auto lock = store_->try_lock("p/lock", "me");
  ASSERT_TRUE(lock);
  EXPECT_TRUE(lock->others_ended());
}

}  // namespace
}  // namespace segue::storage
