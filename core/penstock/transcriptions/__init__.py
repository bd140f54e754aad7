"""Files with the text of pages: hOCR, ALTO, PAGE, answers of services and penstock's own JSON."""
