"""The invoice export: domain, steps and adapters shared by every Lambda."""

import gc

# A cold function makes 50,000 objects that stay, and after every 700 Python looks among
# them for garbage. After so many is soon enough: they take 7 to 17 MB.
gc.set_threshold(100_000)
