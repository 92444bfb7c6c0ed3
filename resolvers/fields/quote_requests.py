"""Quote requests: the mailbox is a setting of the company."""

from collections.abc import Mapping
from typing import Final

from resolvers.resolution import Resolution
from resolvers.settings import setting

RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.quoteRequestMailbox": setting("quote_request_mailbox")}
