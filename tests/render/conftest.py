import sys
from pathlib import Path

# The generator, the readers and the scoring beside this file are shared with benchmarks/pdf.py.
sys.path.insert(0, str(Path(__file__).parent))
