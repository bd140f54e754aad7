"""The plugins that come with penstock, found exactly as a third party's are."""
