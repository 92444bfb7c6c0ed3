"""The online payment that a payment came from."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.joins import to_many
from resolvers.compilation.resolution import Resolution, ToOne

RESOLVERS: Final[Mapping[str, Resolution]] = {"Payment.onlinePayment": ToOne(to_many("payment_id"))}
