"""The page: plain files, sent as they are by ``service.api.page``."""
