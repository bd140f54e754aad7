"""Find and render the pages of PDFs, and extract the text they already have.

Import this package only if a file is a PDF (`penstock.pdf.kind`). PDFs are written by `penstock.render`.
"""
