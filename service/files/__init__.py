"""Files: taken apart into texts, translated, and put together again with everything else as it was."""
