"""Lets workers with rapidocr recognize equal pictures only once. Python imports this module when it starts.

The blocks of all pages read the same few scans. Starting the engine and reading takes some seconds each time.
"""

import os
import sys

if "penstock.workers" in sys.orig_argv and "DOCS_RECOGNITIONS" in os.environ:
    import hashlib
    import importlib
    import json
    import types
    from pathlib import Path

    from penstock.json_form import page_to_json, recognition_from_json, recognition_to_json
    from penstock.model import Page, Recognition

    REAL = "penstock_plugins.recognizers.rapidocr.page_recognition"
    FOLDER = Path(os.environ["DOCS_RECOGNITIONS"])

    class PageRecognizer:
        """Returns what the real one returned for the same picture and options, or asks it."""

        def __init__(self, **options: object) -> None:
            self._options = options

        def recognize(self, page: Page) -> Recognition:
            kept = FOLDER / f"{self._key(page)}.json"
            if not kept.exists():
                sys.modules.pop(REAL, None)
                recognizer = importlib.import_module(REAL).PageRecognizer(**self._options)
                part = kept.with_suffix(f".{os.getpid()}")
                part.write_text(json.dumps(recognition_to_json(recognizer.recognize(page))))
                part.rename(kept)
            return recognition_from_json(json.loads(kept.read_text()))

        def _key(self, page: Page) -> str:
            form = page_to_json(page) | dict.fromkeys(("number", "origin", "path", "modified_ns", "url"))
            picture = hashlib.sha256(page.picture.path.read_bytes()).hexdigest()
            key = json.dumps([form, self._options, picture], sort_keys=True)
            return hashlib.sha256(key.encode()).hexdigest()

    module = types.ModuleType(REAL)
    module.PageRecognizer = PageRecognizer
    sys.modules[REAL] = module
