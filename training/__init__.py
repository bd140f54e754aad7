"""Tools that build the models of the offline recognizer. They are not part of the package."""
