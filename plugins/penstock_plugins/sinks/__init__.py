"""What becomes of a document that was read: thin options over `penstock.render`."""
