// What a terminal shows: widths, cuts, tables, charts, quantities, progress.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/terminal/chart.h"
#include "cli/terminal/look.h"
#include "cli/terminal/progress_line.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "cli/terminal/text.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Look plain(size_t width) { return Look{.terminal = false, .color = false, .width = width}; }
Look colored() { return Look{.terminal = true, .color = true, .width = 120}; }

TEST(Text, WidthCountsCellsNotBytes) {
  EXPECT_EQ(width("Björk"), 5u);
  EXPECT_EQ(width("坂本龍一"), 8u);
  EXPECT_EQ(width("e\u0301"), 1u) << "a letter and its accent";
  EXPECT_EQ(width("ﾊﾝｶｸ"), 4u) << "half-width katakana";
  EXPECT_EQ(width("👍🏽"), 2u) << "an emoji with a skin tone";
  EXPECT_EQ(width("👩‍👩‍👧"), 2u) << "a family is one picture";
  EXPECT_EQ(width(""), 0u);
}

TEST(Text, CutKeepsWholeCharactersAndSaysSo) {
  EXPECT_EQ(cut("Underworld", 10), "Underworld");
  EXPECT_EQ(cut("Underworld", 6), "Under…");
  EXPECT_EQ(cut("坂本龍一", 6), "坂本…") << "a wide character is not halved";
  EXPECT_EQ(cut("ne\u0301e\u0301", 2), "n…");
  EXPECT_EQ(cut("abc", 1), "…");
}

TEST(Text, PrintableTakesPowerOverTheTerminal) {
  EXPECT_EQ(printable("a\tb\nc\r"), "a\\tb\\nc\\r");
  EXPECT_EQ(printable("\033[31mred"), "\\x1B[31mred");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("abc\u202Edef"), "abc\\u{202E}def") << "text that would show backwards";
  EXPECT_EQ(printable("\u009B31m"), "\\u{9B}31m") << "a control sequence of one character";
  EXPECT_EQ(printable("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(printable("Sigur Rós"), "Sigur Rós");
}

TEST(Quantity, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(19150868), "19,150,868");
  EXPECT_EQ(count_text(1, "row"), "1 row");
  EXPECT_EQ(count_text(0, "row"), "0 rows");
}

TEST(Quantity, BytesHaveThreeDigits) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1240), "1.24 kB");
  EXPECT_EQ(bytes_text(340'000'000), "340 MB");
  EXPECT_EQ(bytes_text(2'410'000'000), "2.41 GB");
  EXPECT_EQ(bytes_text(999'999), "1.00 MB") << "not 1000 kB";
  EXPECT_EQ(bytes_text(~uint64_t{0}), "18.4 EB");
}

TEST(Quantity, DurationsAreAsExactAsTheyAreShort) {
  EXPECT_EQ(duration_text(0.0004), "0 ms");
  EXPECT_EQ(duration_text(0.34), "340 ms");
  EXPECT_EQ(duration_text(0.9999), "1.0 s");
  EXPECT_EQ(duration_text(1.24), "1.2 s");
  EXPECT_EQ(duration_text(48.2), "48 s");
  EXPECT_EQ(duration_text(59.9), "1 min 0 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
  EXPECT_EQ(duration_text(100 * 3600), "4 d 4 h");
  EXPECT_EQ(duration_text(-1), "0 ms");
}

TEST(Quantity, Rates) {
  EXPECT_EQ(rate_text(680'000'000, 2), "340 MB/s");
  EXPECT_EQ(rate_text(1, 0), "");
}

TEST(Quantity, PercentIsHundredOnlyWhenDone) {
  EXPECT_EQ(percent_text(999'999, 1'000'000), "99 %");
  EXPECT_EQ(percent_text(5, 5), "100 %");
  EXPECT_EQ(percent_text(0, 0), "100 %");
}

TEST(Quantity, Numbers) {
  EXPECT_EQ(number_text(1203.25), "1,203.25");
  EXPECT_EQ(number_text(-1203), "-1,203");
  EXPECT_EQ(number_text(-0.001), "0");
  EXPECT_EQ(number_text(0.5), "0.5");
}

TEST(Quantity, TimesBefore1970) {
  EXPECT_EQ(time_text(0), "1970-01-01 00:00:00");
  EXPECT_EQ(time_text(-1), "1969-12-31 23:59:59");
}

Table songs() {
  Table table;
  table.headings = {{"artist", "varchar", Align::kLeft, false}, {"plays", "bigint", Align::kRight, true}};
  table.rows = {{{"Björk", Tone::kPlain}, {"6", Tone::kPlain}},
                {{"坂本龍一", Tone::kPlain}, {"12", Tone::kPlain}},
                {{"NULL", Tone::kDim}, {"1", Tone::kPlain}}};
  return table;
}

TEST(Tables, BoxAlignsWideCharacters) {
  EXPECT_EQ(draw(songs(), plain(80), Frame::kBox),
            "┌──────────┬────────┐\n"
            "│ artist   │  plays │\n"
            "│ varchar  │ bigint │\n"
            "├──────────┼────────┤\n"
            "│ Björk    │      6 │\n"
            "│ 坂本龍一 │     12 │\n"
            "│ NULL     │      1 │\n"
            "└──────────┴────────┘\n");
}

TEST(Tables, OpenFrameHasNoTrailingBlanks) {
  EXPECT_EQ(draw(songs(), plain(80), Frame::kOpen),
            "artist     plays\n"
            "varchar   bigint\n"
            "Björk          6\n"
            "坂本龍一      12\n"
            "NULL           1\n");
}

TEST(Tables, NullIsDimWhereThereIsColor) {
  EXPECT_THAT(draw(songs(), colored(), Frame::kBox), HasSubstr("\033[2mNULL\033[0m"));
  EXPECT_THAT(draw(songs(), plain(80), Frame::kBox), Not(HasSubstr("\033")));
}

TEST(Tables, LongTextIsCutBeforeNumbersAre) {
  Table table = songs();
  table.rows[0][0].text = std::string(60, 'x');
  Cuts cuts;
  std::string drawn = draw(table, plain(40), Frame::kBox, &cuts);
  EXPECT_EQ(cuts.values, 1u);
  EXPECT_TRUE(cuts.hidden.empty());
  size_t first = drawn.find('\n');
  EXPECT_EQ(width(drawn.substr(0, first)), 40u) << "the table fills the width that it has";
  EXPECT_THAT(drawn, HasSubstr("…"));
  EXPECT_THAT(drawn, HasSubstr("│     12 │"));
}

TEST(Tables, ColumnsThatDoNotFitAreNamed) {
  Table table;
  std::vector<Cell> row;
  for (int i = 0; i < 12; ++i) {
    table.headings.push_back({"column_" + std::to_string(i), "varchar", Align::kLeft, true});
    row.push_back({"value", Tone::kPlain});
  }
  table.rows = {row};
  Cuts cuts;
  std::string drawn = draw(table, plain(60), Frame::kBox, &cuts);
  EXPECT_FALSE(cuts.hidden.empty());
  EXPECT_THAT(drawn, HasSubstr("column_0"));
  EXPECT_THAT(drawn, HasSubstr("column_11"));
  for (const std::string& name : cuts.hidden) EXPECT_THAT(drawn, Not(HasSubstr(name + " ")));
  for (size_t at = 0; at < drawn.size(); at = drawn.find('\n', at) + 1)
    EXPECT_LE(width(drawn.substr(at, drawn.find('\n', at) - at)), 60u);
}

TEST(Tables, EverythingIsShownWithoutABound) {
  Table table = songs();
  table.rows[0][0].text = std::string(500, 'x');
  Cuts cuts;
  EXPECT_THAT(draw(table, plain(0), Frame::kBox, &cuts), HasSubstr(std::string(500, 'x')));
  EXPECT_EQ(cuts.values, 0u);
}

TEST(Tables, WithoutRowsTheHeadIsShown) {
  Table table = songs();
  table.rows.clear();
  EXPECT_EQ(draw(table, plain(80), Frame::kBox),
            "┌─────────┬────────┐\n"
            "│ artist  │  plays │\n"
            "│ varchar │ bigint │\n"
            "├─────────┼────────┤\n"
            "└─────────┴────────┘\n");
}

TEST(Charts, BarsAreInProportion) {
  EXPECT_EQ(bar_chart({{"Marc Mac · Backspin", 6}, {"Gelka · Rasta Baby", 3}, {"none", 0}}, plain(40)),
            "Marc Mac · Backspin  6  ████████████████\n"
            "Gelka · Rasta Baby   3  ████████\n"
            "none                 0\n");
}

TEST(Charts, TheSmallestValueIsSeen) {
  EXPECT_THAT(bar_chart({{"a", 1'000'000}, {"b", 1}}, plain(60)), HasSubstr("▏\n"));
}

TEST(Charts, ManyLinesKeepToTheWidth) {
  std::string chart = bar_chart({{std::string(200, 'l'), 1234567}, {"坂本龍一", -5}}, plain(50));
  for (size_t at = 0; at < chart.size(); at = chart.find('\n', at) + 1)
    EXPECT_LE(width(chart.substr(at, chart.find('\n', at) - at)), 50u);
}

TEST(Charts, SparklineKeepsSmallValuesApartFromNone) {
  EXPECT_EQ(sparkline({0, 1, 50, 100}), " ▁▄█");
  EXPECT_EQ(sparkline({}), "");
  EXPECT_EQ(sparkline({0, 0}), "  ");
}

TEST(ProgressText, ShowsShareRateRowsAndTimeLeft) {
  ProgressSample sample{"reading plays", 2'000'000'000, 1'000'000'000, 8'000'000, 1.3, 800'000'000, true};
  EXPECT_EQ(progress_text(sample, plain(120)),
            "reading plays  ━━━━━━━━━━━━────────────  50 %  800 MB/s  8,000,000 rows  1.2 s left");
}

TEST(ProgressText, TellsNoTimeLeftBeforeTheRateIsSteady) {
  ProgressSample sample{"reading plays", 2'000'000'000, 1'000'000, 8'000, 0.6, 1'000'000, false};
  EXPECT_EQ(progress_text(sample, plain(120)),
            "reading plays  ────────────────────────  0 %  1.00 MB/s  8,000 rows  600 ms");
}

TEST(ProgressText, LeavesOutWhatDoesNotFit) {
  ProgressSample sample{"reading plays", 2'000'000'000, 1'000'000'000, 8'000'000, 1.3, 800'000'000, true};
  for (size_t cells = 20; cells < 100; ++cells) EXPECT_LT(width(progress_text(sample, plain(cells))), cells);
  EXPECT_THAT(progress_text(sample, plain(30)), HasSubstr("reading plays"));
}

TEST(ProgressText, WithoutATotalItShowsTheTime) {
  ProgressSample sample{"writing tables", 0, 0, 0, 3.2, 0, false};
  EXPECT_EQ(progress_text(sample, plain(120)), "writing tables  3.2 s");
}

TEST(Looks, ColorNeedsATerminal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  Look look = look_of(ends[1], true);
  EXPECT_FALSE(look.terminal);
  EXPECT_FALSE(look.color);
  close(ends[0]);
  close(ends[1]);
}

TEST(Looks, PaintLeavesTextAloneWithoutColor) {
  EXPECT_EQ(paint(plain(80), Tone::kRed, "text"), "text");
  EXPECT_EQ(paint(colored(), Tone::kRed, "text"), "\033[31mtext\033[0m");
  EXPECT_EQ(paint(colored(), Tone::kRed, ""), "");
}

}  // namespace
}  // namespace segue::cli
