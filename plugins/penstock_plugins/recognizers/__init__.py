"""The built-in recognizers."""
