"""Reading PDFs: their pages as pictures, and the text that stands on them already.

Imported only when a file is a PDF. What is written into PDFs is the business of `penstock.render`.
"""
