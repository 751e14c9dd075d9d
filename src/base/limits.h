// Every limit of the program, each with its reason. What can grow has a bound here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segue::limits {

// Files are read in morsels of this size: large enough that a claim costs nothing, small enough to stay in
// cache.
inline constexpr size_t kMorselBytes = size_t{1} << 20;

// The longest row of a file. A longer one is a bad row: it is nearly always an unbalanced file.
inline constexpr size_t kRowBytes = size_t{16} << 20;
static_assert(kRowBytes >= kMorselBytes);

// Objects and arrays within each other in a row of JSON. A deeper row is a bad row: no data is, attacks are.
inline constexpr size_t kJsonNesting = 1000;

// Rows of a batch: columns of a batch stay in the first- and second-level cache.
inline constexpr size_t kBatchRows = 4096;

// What a compressed file or an archive unpacks to, in bytes: more than disks of one machine hold.
inline constexpr uint64_t kUnpackedBytes = uint64_t{16} << 40;

// How many times its own size a file unpacks to. Events compress to a tenth, logs that repeat themselves to a hundredth;
// what is made to fill disks goes to a thousandth. Not asked before this much has come out: small files harm nobody.
inline constexpr uint64_t kUnpackedRatio = 200;
inline constexpr uint64_t kUnpackedFree = uint64_t{256} << 20;

// Members of an archive: their names are kept while it is read.
inline constexpr size_t kArchiveMembers = 1'000'000;

// Raw text kept of a bad row, in bytes: enough to recognise it.
inline constexpr size_t kBadRowTextBytes = 4096;

// Bad rows kept in memory for the quarantine table; more than this ends the run.
inline constexpr size_t kBadRows = 1'000'000;

// Raw text and reasons of bad rows kept in memory, in bytes; more than this ends the run.
inline constexpr size_t kBadRowsBytes = size_t{512} << 20;

// The least memory that a run can be given, in bytes: below it not even the buffers of one thread fit.
inline constexpr uint64_t kLeastMemory = 4'000'000;

// Columns of a source, a step or a table.
inline constexpr size_t kColumns = 4096;

// Rows of a Parquet row group.
inline constexpr size_t kRowGroupRows = size_t{1} << 20;

// A definition file (segue.yaml, pipeline.yaml, a SQL file), in bytes.
inline constexpr size_t kDefinitionBytes = size_t{4} << 20;

// Lists and maps inside each other in a definition file: the format needs 6.
inline constexpr size_t kDefinitionNesting = 32;

// Values of a definition file, aliases counted as often as they stand: bounds what an alias of an alias of an alias
// unfolds to.
inline constexpr size_t kDefinitionValues = 100'000;

// Parameters, sources, steps of a pipeline; checks of a step; profiles of a project; pipelines of a project.
inline constexpr size_t kDefinitionNames = 1000;

// A name in a definition, in bytes: it becomes a folder and a file's name in the lake.
inline constexpr size_t kNameBytes = 100;

// Mistakes shown at once: past them a reader has stopped reading.
inline constexpr size_t kMistakes = 100;

// How often a download is tried without a byte coming, the pause after the first try, which doubles with each up to the
// longest, and how long nothing may come: servers of the public are slower and more often down than one's own.
inline constexpr int kFetchAttempts = 6;
inline constexpr int kFetchPauseMillis = 500;
inline constexpr int kFetchLongestPauseSeconds = 30;
inline constexpr int kFetchStallMillis = 30'000;

// A file that is downloaded, in bytes: what goes on for ever ends here.
inline constexpr uint64_t kFetchBytes = uint64_t{4} << 40;

// Threads of a run.
inline constexpr size_t kThreads = 256;

// How often a request to S3 is sent before its failure is told, and the pause after the first, which doubles with each:
// together they outlast a server that is restarted or too busy for some seconds.
inline constexpr int kRequestAttempts = 5;
inline constexpr int kRequestPauseMillis = 200;

// A connection that is not made by then, or on which no byte moves for so long, counts as failed.
inline constexpr int kConnectMillis = 5'000;
inline constexpr int kStallMillis = 10'000;

// What may be under way when work is stopped (a commit, the removal of a file) has so long to end.
inline constexpr int kStoppingMillis = 700;

// Bytes of one object that are read into memory as a whole: a log entry, a checkpoint.
inline constexpr size_t kWholeObjectBytes = size_t{1} << 30;

// Larger objects are uploaded in parts of this size (S3: 5 MiB at least, 10,000 parts at most), so many at the same
// time.
inline constexpr size_t kUploadPartBytes = size_t{16} << 20;
inline constexpr size_t kUploadsAtOnce = 3;
static_assert(kUploadPartBytes >= size_t{5} << 20);

// Bytes of an object that a source reads at a time, the next while it works on these: a request costs tens of
// milliseconds. Its morsels are larger for the same reason.
inline constexpr size_t kRemoteReadBytes = size_t{4} << 20;
inline constexpr size_t kRemoteMorselBytes = 2 * kRemoteReadBytes;
static_assert(kRemoteMorselBytes <= kRowBytes);

// Requests for many small objects that are sent at the same time.
inline constexpr size_t kRequestsAtOnce = 16;

// A lock on S3 is a lease: who holds it renews it this often, and who finds it not renewed for so long takes it.
inline constexpr int kLeaseSeconds = 30;
inline constexpr int kLeaseRenewedSeconds = 5;
static_assert(kLeaseSeconds >= 4 * kLeaseRenewedSeconds);

// The crawler.

// Read of each file unless all of it is asked for. Some thousand rows tell types; more costs time.
inline constexpr size_t kCrawlBytes = size_t{256} << 10;

// Of a file's begin, what its delimiter and quote are found by.
inline constexpr size_t kCrawlDialectBytes = size_t{64} << 10;
inline constexpr size_t kCrawlDialectRows = 1000;

// Files that are looked at in one crawl: what is known of each stays in memory.
inline constexpr size_t kCrawlFiles = 1'000'000;

// Different keys of the objects of one place in JSON. Whatever has more holds data in its keys.
inline constexpr size_t kCrawlKeys = 2000;

// Lists and objects within each other that become types; what lies deeper is text.
inline constexpr size_t kCrawlNesting = 16;

// Exceptions that are kept of a file, and shown of a source; the others are counted.
inline constexpr size_t kCrawlFileExceptions = 3;
inline constexpr size_t kCrawlExceptions = 20;

}  // namespace segue::limits
