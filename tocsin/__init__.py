"""The command line of Tocsin: its commands, and how what they find is shown."""

import os

# Of NumPy and SciPy, which any of our modules imports later: our matrices are small, and a second
# thread costs more than they do (a fit of detectors.mixture forty times as much).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
