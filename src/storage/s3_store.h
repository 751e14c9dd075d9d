// A lake on S3: promises 1 and 2 of store.h by S3 itself (an object is seen whole or not at all; a PUT with
// If-None-Match creates it or fails), promise 3 because what S3 has answered is durable and seen by all.
#pragma once

#include <memory>
#include <string>

#include "base/cancellation.h"
#include "storage/s3_client.h"
#include "storage/store.h"

namespace segue::storage {

// Below `prefix`, which may be empty. `cancellation` may be null, and outlives the store.
std::shared_ptr<Store> open_s3(std::shared_ptr<const S3Client> client, std::string prefix,
                               const Cancellation* cancellation);

// A new object, seen when it is closed. What is written is uploaded in parts meanwhile.
std::shared_ptr<arrow::io::OutputStream> open_s3_upload(std::shared_ptr<const S3Client> client, std::string key,
                                                        const Cancellation* cancellation);

// A lock of Store::try_lock(), or null; `key` is a folder's, without a slash at its end. See s3_lock.cpp.
std::unique_ptr<Lock> try_s3_lock(std::shared_ptr<const S3Client> client, std::string key, const std::string& owner,
                                  const Cancellation* cancellation);
std::string s3_lock_owner(const S3Client& client, const std::string& key, const Cancellation* cancellation);

}  // namespace segue::storage
