#include "data/import.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <tbb/global_control.h>

#include <boost/test/unit_test.hpp>

#include "data/import_columns.hpp"
#include "data/panel_store.hpp"
#include "engine/core/error.hpp"
#include "engine/store/table.hpp"
#include "engine/store/table_file.hpp"
#include "test/data/market_files.hpp"

using namespace evofactor;
using namespace evofactor::test;

namespace {

template <class Builder, class Values>
std::shared_ptr<arrow::Array> array_of(const Values& values) {
  Builder builder;
  for (const auto& value : values)
    if (!builder.Append(value).ok()) throw std::runtime_error("building an array failed");
  return builder.Finish().ValueOrDie();
}

/// The rows as an Arrow table with typed dates, as pandas would save them.
std::shared_ptr<arrow::Table> table_of(const std::vector<Bar>& bars) {
  std::vector<std::int64_t> dates;
  std::vector<std::string> codes;
  std::map<std::string, std::vector<double>> columns;
  for (const Bar& b : bars) {
    dates.push_back(std::int64_t{86400} * days_since_epoch(b.date));
    codes.push_back(b.code);
    for (const auto& [name, value] :
         {std::pair{"open", b.open}, std::pair{"high", b.high}, std::pair{"low", b.low},
          std::pair{"close", b.close}, std::pair{"vwap", b.vwap}, std::pair{"volume", b.volume},
          std::pair{"adj_factor", b.adj_factor}})
      columns[name].push_back(value);
  }
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::SECOND),
                                  arrow::default_memory_pool());
  if (!builder.AppendValues(dates).ok()) throw std::runtime_error("building dates failed");
  std::vector<std::shared_ptr<arrow::Field>> fields{
      arrow::field("date", arrow::timestamp(arrow::TimeUnit::SECOND)),
      arrow::field("code", arrow::utf8())};
  std::vector<std::shared_ptr<arrow::Array>> arrays{builder.Finish().ValueOrDie(),
                                                    array_of<arrow::StringBuilder>(codes)};
  for (const auto& [name, values] : columns) {
    fields.push_back(arrow::field(name, arrow::float64()));
    arrays.push_back(array_of<arrow::DoubleBuilder>(values));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

void write_feather(const std::filesystem::path& file, const arrow::Table& table) {
  auto out = arrow::io::FileOutputStream::Open(file.string()).ValueOrDie();
  auto writer = arrow::ipc::MakeFileWriter(out, table.schema()).ValueOrDie();
  if (!writer->WriteTable(table).ok() || !writer->Close().ok() || !out->Close().ok())
    throw std::runtime_error("writing feather failed");
}

void check_holds(const Panel& panel, const std::vector<Bar>& bars) {
  std::size_t rows = 0;
  const auto& close = panel.field("close");
  for (std::size_t d = 0; d < close.rows(); ++d)
    for (const float value : close.row(d)) rows += std::isnan(value) ? 0 : 1;
  BOOST_TEST(rows == bars.size());
  for (const Bar& b : bars) {
    const auto d = static_cast<std::size_t>(panel.calendar.at_or_after(b.date));
    const auto s = static_cast<std::size_t>(std::ranges::lower_bound(panel.stocks, b.code) -
                                            panel.stocks.begin());
    BOOST_REQUIRE(panel.stocks[s] == b.code);
    BOOST_REQUIRE(panel.calendar[static_cast<int>(d)] == b.date);
    BOOST_TEST(panel.field("open")(d, s) == static_cast<float>(b.open));
    BOOST_TEST(panel.field("high")(d, s) == static_cast<float>(b.high));
    BOOST_TEST(panel.field("low")(d, s) == static_cast<float>(b.low));
    BOOST_TEST(close(d, s) == static_cast<float>(b.close));
    BOOST_TEST(panel.field("vwap")(d, s) == static_cast<float>(b.vwap));
    BOOST_TEST(panel.field("volume")(d, s) == static_cast<float>(b.volume));
    BOOST_TEST(panel.field("adj_factor")(d, s) == static_cast<float>(b.adj_factor));
  }
}

const std::string kHeader = "date,code,open,high,low,close,volume\n";
std::string day_row(const std::string& date, const std::string& code) {
  return date + "," + code + ",10,11,9,10.5,1000\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_format_gives_the_same_panel) {
  const auto bars = some_bars();
  const TemporaryFolder folder;
  const auto table = table_of(bars);
  folder.write("csv/rows.csv", csv_of(bars));
  std::filesystem::create_directories(folder / "feather");
  write_table(folder / "gz/rows.csv.gz", *read_table(folder / "csv/rows.csv"));
  write_table(folder / "parquet/rows.parquet", *table);
  write_feather(folder / "feather/rows.feather", *table);
  Panel first = import_of(folder / "csv");
  check_holds(first, bars);
  write_panel(folder / "panel.h5", first);
  for (const char* format : {"gz", "parquet", "feather"}) BOOST_TEST_CONTEXT(format) {
      Panel panel = import_of(folder / format);
      check_holds(panel, bars);
      write_panel(folder / "panel.h5", panel);
      BOOST_TEST(panel.fingerprint == first.fingerprint);
    }
}

BOOST_AUTO_TEST_CASE(rows_in_any_order_over_any_files_give_the_same_panel_for_any_threads) {
  auto bars = some_bars();
  const TemporaryFolder folder;
  folder.write("one/rows.csv", csv_of(bars));
  Rng rng(Seed{9});
  for (std::size_t i = bars.size(); i > 1; --i) std::swap(bars[i - 1], bars[rng.below(i)]);
  for (std::size_t part = 0; part < 7; ++part) {
    std::vector<Bar> some;
    for (std::size_t i = part; i < bars.size(); i += 7) some.push_back(bars[i]);
    folder.write(fmt::format("many/part{}.csv", part), csv_of(some));
  }
  Panel one = import_of(folder / "one");
  Panel many = import_of(folder / "many");
  const tbb::global_control single(tbb::global_control::max_allowed_parallelism, 1);
  Panel many_by_one_thread = import_of(folder / "many");
  for (Panel* panel : {&one, &many, &many_by_one_thread}) write_panel(folder / "panel.h5", *panel);
  BOOST_TEST(one.fingerprint == many.fingerprint);
  BOOST_TEST(one.fingerprint == many_by_one_thread.fingerprint);
}

BOOST_AUTO_TEST_CASE(codes_of_other_sources_are_one_stock) {
  for (const char* code : {"SH600519", "sh600519", "sh.600519", "600519.XSHG", "600519.SH",
                           "600519.sh", "600519.SS", " 600519.SH "})
    BOOST_TEST(normal_code(code) == "600519.SH");
  for (const char* code : {"SZ000001", "sz.000001", "000001.XSHE", "000001.SZ"})
    BOOST_TEST(normal_code(code) == "000001.SZ");
  BOOST_TEST(normal_code("bj430047") == "430047.BJ");
  for (const char* code : {"AAPL", "000001", "0700.HK", "SH60051", "600519.NY", "sh.60051x"})
    BOOST_TEST(normal_code(code) == code);
}

BOOST_AUTO_TEST_CASE(dates_of_other_sources_are_understood) {
  for (const char* text : {"2011-01-04", "20110104", "2011/01/04", "2011/1/4", "2011-1-4",
                           "2011-01-04 00:00:00", "2011-01-04T00:00:00.000", "2011-01-04 15:00"})
    BOOST_TEST((date_of_text(text) == Date{20110104}), text);
  for (const char* text : {"", "2011-01-04 09:31:00", "04.01.2011", "2011-13-01", "today"})
    BOOST_TEST((date_of_text(text) == std::nullopt), text);
}

BOOST_AUTO_TEST_CASE(columns_of_other_sources_are_recognised) {
  const TemporaryFolder folder;
  const auto tushare =
      folder.write("t.csv",
                   "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
                   "600519.SH,20110104,10,11,9,10.5,10,0.5,5,20,20.4\n");
  ImportReport report;
  const Panel panel = import_panel({.inputs = {tushare},
                                    .volume_unit = VolumeUnit::kLots,
                                    .amount_unit = AmountUnit::kThousandCny},
                                   report);
  BOOST_TEST(panel.field("volume")(0, 0) == 2000.0F);
  BOOST_TEST(panel.field("amount")(0, 0) == 20400.0F);
  BOOST_TEST(panel.field("vwap")(0, 0) == 10.2F);

  const auto akshare =
      folder.write("a.csv",
                   "\xEF\xBB\xBF日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,换手率\r\n"
                   "2011-01-04,sh600519,10,10.5,11,9,2000,20400,1.0,0.2\r\n");
  const Panel chinese = import_of(akshare);
  BOOST_TEST(chinese.stocks.front() == "600519.SH");
  BOOST_TEST(chinese.field("close")(0, 0) == 10.5F);
  BOOST_TEST(chinese.field("high")(0, 0) == 11.0F);
  BOOST_TEST(chinese.field("vwap")(0, 0) == 10.2F);

  const auto tabs = folder.write(
      "t.tsv", "Date\tCode\tOpen\tHigh\tLow\tClose\tVolume\n20110104\tX\t1\t1\t1\t1\t5\n");
  BOOST_TEST(import_of(tabs).field("close")(0, 0) == 1.0F);
}

BOOST_AUTO_TEST_CASE(amount_follows_from_vwap_and_volume) {
  const TemporaryFolder folder;
  const auto file = folder.write("rows.csv",
                                 "date,code,open,high,low,close,volume,vwap\n"
                                 "20110104,600519.SH,10,11,9,10,200,10.25\n");
  BOOST_TEST(import_of(file).field("amount")(0, 0) == 2050.0F);
}

BOOST_AUTO_TEST_CASE(missing_rows_and_cells_stay_missing) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("rows.csv", kHeader + day_row("2011-01-04", "A") + day_row("2011-01-04", "B") +
                                   day_row("2011-01-05", "B") + "2011-01-06,A,,11,9,NaN,\n" +
                                   day_row("2011-01-06", "B"));
  const Panel panel = import_of(file);
  BOOST_TEST(panel.n_days() == 3);
  BOOST_TEST(std::isnan(panel.field("close")(1, 0)));
  BOOST_TEST(std::isnan(panel.field("open")(2, 0)));
  BOOST_TEST(panel.field("high")(2, 0) == 11.0F);
  BOOST_TEST(std::isnan(panel.field("close")(2, 0)));
  BOOST_TEST(!panel.has("vwap"));
}

BOOST_AUTO_TEST_CASE(the_index_file_is_the_calendar) {
  const TemporaryFolder folder;
  folder.write("rows.csv", kHeader + day_row("2011-01-05", "A") + day_row("2011-01-07", "A"));
  folder.write("index_daily.csv",
               "date,code,open,high,low,close,volume\n"
               "2011-01-04,000300.SH,1,1,1,1,1\n2011-01-05,000300.SH,2,2,2,2,2\n"
               "2011-01-06,000300.SH,3,3,3,3,3\n2011-01-07,000905.SH,4,4,4,4,4\n"
               "2011-01-10,000300.SH,5,5,5,5,5\n");
  const Panel panel = import_of(folder.path());
  BOOST_TEST(panel.calendar.days() == (std::vector<Date>{20110105, 20110106, 20110107}),
             boost::test_tools::per_element());
  BOOST_TEST(panel.indices.at("000300.SH").close[1] == 3.0);
  BOOST_TEST(std::isnan(panel.indices.at("000300.SH").close[2]));
  BOOST_TEST(panel.indices.at("000905.SH").close[2] == 4.0);
}

BOOST_AUTO_TEST_CASE(members_of_a_day_are_those_of_its_intervals) {
  const TemporaryFolder folder;
  std::string rows = kHeader;
  for (const char* day : {"2011-01-04", "2011-01-05", "2011-01-06", "2011-01-07"})
    for (const char* code : {"600001.SH", "600002.SH"}) rows += day_row(day, code);
  folder.write("rows.csv", rows);
  folder.write("constituents.csv",
               "code,start,end,index\n"
               "SH600001,2011-01-01,2011-01-04,000300\n"  // begins and ends between days
               "600001.SH,2011-01-06,2011-01-06,000300.SH\n"
               "600001.SH,2011-01-06,,000905\n"            // open
               "600002.SH,2011-01-05,2011-01-06,000905\n"  // the file's last date: open
               "600003.SH,2011-01-05,2011-01-06,mine\n"    // no rows
               "600002.SH,2011-01-04,2011-01-05,mine\n");
  ImportReport report;
  const Panel panel = import_panel({.inputs = {folder.path()}}, report);
  const auto members = [&](const std::string& universe, std::size_t stock) {
    std::string days;
    for (std::size_t d = 0; d < 4; ++d)
      days += panel.universes.at(universe)(d, stock) != 0 ? '1' : '0';
    return days;
  };
  BOOST_TEST(members("csi300", 0) == "1011");  // an interval of the last date stays open
  BOOST_TEST(members("csi500", 0) == "0011");
  BOOST_TEST(members("csi500", 1) == "0111");
  BOOST_TEST(members("csi800", 0) == "1011");
  BOOST_TEST(members("csi800", 1) == "0111");
  BOOST_TEST(members("mine", 1) == "1100");
  BOOST_TEST(contains(panel.notes.front(),
                      "memberships that end on 2011-01-06, the last date of "
                      "constituents.csv, are taken as still open"));
  BOOST_TEST(
      contains(report.warnings.front(), "1 members of mine within the calendar have no row"));
}

BOOST_AUTO_TEST_CASE(shares_hold_until_the_next_change) {
  const TemporaryFolder folder;
  std::string rows = kHeader;
  for (const char* day : {"2011-01-04", "2011-01-05", "2011-01-06", "2011-01-07"})
    rows += day_row(day, "600001.SH");
  folder.write("rows.csv", rows);
  folder.write("shares.csv",
               "code,date,float_shares,total_shares\n600001.SH,2011-01-06,20,200\n"
               "600001.SH,2011-01-05,10,100\n600009.SH,2011-01-05,1,1\n");
  const Panel panel = import_of(folder.path());
  const auto& shares = panel.field("float_shares");
  BOOST_TEST(std::isnan(shares(0, 0)));
  BOOST_TEST(shares(1, 0) == 10.0F);
  BOOST_TEST(shares(2, 0) == 20.0F);
  BOOST_TEST(shares(3, 0) == 20.0F);
  BOOST_TEST(panel.field("total_shares")(3, 0) == 200.0F);
}

BOOST_AUTO_TEST_CASE(names_and_industries_give_status_and_groups) {
  const TemporaryFolder folder;
  std::string rows = kHeader;
  for (const char* day : {"2011-01-04", "2011-01-05", "2011-01-06"})
    for (const char* code : {"600001.SH", "600002.SH"}) rows += day_row(day, code);
  folder.write("rows.csv", rows);
  folder.write("names.csv",
               "code,start,name\n600001.SH,2010-01-01,甲\n600001.SH,2011-01-05,*ST甲\n"
               "600001.SH,2011-01-06,甲\n");
  folder.write(
      "industry.csv",
      "code,industry,list_date,source\n600002.SH,银行,20110104,2023-08\n600003.SH,酒,,x\n");
  const Panel panel = import_of(folder.path());
  BOOST_TEST(int{panel.st(0, 0)} == 0);
  BOOST_TEST(int{panel.st(1, 0)} == 1);
  BOOST_TEST(int{panel.st(2, 0)} == 0);
  BOOST_TEST(panel.listed_days(2, 1) == 3);
  BOOST_TEST(panel.industry[0] == -1);
  BOOST_TEST(panel.industry_names.at(static_cast<std::size_t>(panel.industry[1])) == "银行");
  bool told = false;
  for (const auto& note : panel.notes)
    told = told || contains(note, "industries are a single snapshot (2023-08), not point in time");
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(side_files_may_lie_elsewhere_and_be_of_any_format) {
  const TemporaryFolder folder;
  folder.write("rows/rows.csv", kHeader + day_row("2011-01-04", "600001.SH"));
  const auto members =
      folder.write("other/members.csv", "code,start,end,index\n600001.SH,2011-01-01,,000852\n");
  write_table(folder / "other/members.parquet", *read_table(members));
  for (const char* name : {"other/members.csv"}) {
    ImportReport report;
    const Panel panel =
        import_panel({.inputs = {folder / "rows"}, .constituents = folder / name}, report);
    BOOST_TEST(int{panel.universes.at("csi1000")(0, 0)} == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_report_counts_gaps_and_suspected_errors) {
  const TemporaryFolder folder;
  folder.write("rows.csv",
               "date,code,open,high,low,close,volume,adj_factor\n"
               "2011-01-04,600001.SH,10,11,9,10,1000,2\n"
               "2011-01-04,600002.SH,10,11,9,12,1000,1\n"  // close above high
               "2011-01-05,600001.SH,20,20,20,20,0,1\n"    // doubled, no volume, factor falls
               "2011-01-06,600002.SH,10,11,9,10,1000,1\n"
               "2011-01-06,600001.SH,10,11,9,,1000,1\n");
  folder.write("constituents.csv",
               "code,start,end,index\n600001.SH,2011-01-01,,000300\n"
               "600002.SH,2011-01-01,,000300\n");
  ImportReport report;
  (void)import_panel({.inputs = {folder.path()}}, report);
  BOOST_TEST(report.days == 3);
  BOOST_TEST(report.rows == 4);
  BOOST_TEST(report.gaps.at("csi300").member_days == 6);
  BOOST_TEST(report.gaps.at("csi300").without_row == 2);
  BOOST_TEST(report.suspected.at("open_or_close_outside_high_low").count == 1);
  BOOST_TEST(report.suspected.at("open_or_close_outside_high_low").examples.front() ==
             "600002.SH 2011-01-04");
  BOOST_TEST(report.suspected.at("no_volume").count == 1);
  BOOST_TEST(report.suspected.at("adj_factor_falls").count == 1);
  BOOST_TEST(report.suspected.at("no_close").count == 1);
  const Json json = report.to_json();
  BOOST_TEST(json["universes"]["csi300"]["mean_members"].get<double>() == 2.0);
  BOOST_TEST(json["from"].get<std::string>() == "2011-01-04");
}

BOOST_AUTO_TEST_CASE(progress_is_told_stage_by_stage) {
  const TemporaryFolder folder;
  folder.write("rows.csv", csv_of(some_bars(20)));
  std::vector<std::string> stages;
  double furthest = 0;
  ImportOptions options{.inputs = {folder.path()}};
  options.progress = [&](std::string_view stage, double fraction) {
    if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
    furthest = std::max(furthest, fraction);
  };
  ImportReport report;
  (void)import_panel(options, report);
  BOOST_TEST(stages == (std::vector<std::string>{"reading", "assembling", "side files", "status",
                                                 "checking"}),
             boost::test_tools::per_element());
  BOOST_TEST(furthest == 1.0);
}
