#include "engine/formula/classic20.hpp"

#include <array>

namespace evofactor::formula {
namespace {

constexpr std::array<NamedFormula, 20> kClassic20{{
    {"ret5", "div(delay(close, 5), close)", "5-day reversal"},
    {"ret20", "div(delay(close, 20), close)", "20-day reversal"},
    {"ret120", "div(delay(close, 120), close)", "120-day reversal"},
    {"vol20", "ts_std(ts_return(close, 1), 20)", "20-day volatility"},
    {"vol60", "ts_std(ts_return(close, 1), 60)", "60-day volatility"},
    {"traded_value20", "log(ts_mean(mul(volume, close), 20))", "traded value, 20 days"},
    {"volume_5_60", "div(ts_mean(volume, 5), ts_mean(volume, 60))", "volume, 5 over 60 days"},
    {"volume_cv20", "div(ts_std(volume, 20), ts_mean(volume, 20))", "variation of volume"},
    {"corr_close_volume10", "ts_corr(close, volume, 10)", "correlation of price and volume"},
    {"corr_close_logvolume20", "ts_corr(close, log(add(volume, 1)), 20)",
     "correlation of price and log volume"},
    {"ma20", "div(ts_mean(close, 20), close)", "20-day mean over price"},
    {"amihud20", "ts_mean(div(abs(ts_return(close, 1)), mul(volume, close)), 20)",
     "illiquidity (Amihud)"},
    {"skew20", "ts_skew(ts_return(close, 1), 20)", "skewness of returns"},
    {"max_return20", "ts_max(ts_return(close, 1), 20)", "largest daily return"},
    {"overnight20", "ts_sum(log(div(open, delay(close, 1))), 20)", "overnight return, 20 days"},
    {"intraday20", "ts_sum(log(div(close, open)), 20)", "intraday return, 20 days"},
    {"day_range", "div(sub(high, low), open)", "range of the day"},
    {"upper_shadow", "div(sub(high, max(open, close)), open)", "upper shadow of the day"},
    {"weighted_volume_cv20",
     "div(ts_std(mul(abs(ts_return(close, 1)), volume), 20), "
     "ts_mean(mul(abs(ts_return(close, 1)), volume), 20))",
     "variation of volume-weighted moves"},
    {"corr_return_volume_change20",
     "ts_corr(div(close, delay(close, 1)), log(add(div(volume, delay(volume, 1)), 1)), 20)",
     "correlation of returns and volume changes"},
}};

}  // namespace

std::span<const NamedFormula> classic20() { return kClassic20; }

}  // namespace evofactor::formula
