"""The work unit: a formula valued on DAYS x STOCKS, with LOOKBACK days before them, and scored."""

DAYS = 250
STOCKS = 800
LOOKBACK = 60
HORIZON = 5
FIELDS = ("open", "high", "low", "close", "vwap", "volume")
