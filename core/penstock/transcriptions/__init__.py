"""Files with the text of pages: XML of OCR programs and answers of OCR services."""
