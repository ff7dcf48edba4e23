"""What maintainers run: from the records, as printed, to the published tables. Needs the extra ``[curation]``."""
