"""A recognition drawn: the searchable PDF, and the overlay. A library on the model alone.

``write_searchable_pdf(pages, path)`` needs no pipeline.
"""

from penstock.render.searchable_pdf import PdfResult, write_searchable_pdf

__all__ = ["PdfResult", "write_searchable_pdf"]
