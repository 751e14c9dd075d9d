"""How contenders are given data, run, measured, compared and reported."""
