"""Write searchable PDFs and overlays from recognitions, without a pipeline: see `write_searchable_pdf`."""

from penstock.render.searchable_pdf import PdfResult, write_searchable_pdf

__all__ = ["PdfResult", "write_searchable_pdf"]
